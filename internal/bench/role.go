package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// The parts that are played by processes of their own.
const (
	roleReceiver  = "receiver"
	roleGenerator = "generator"
	roleSender    = "sender"
	roleUpstream  = "upstream"
)

// RoleProfiled is the part of a server that is profiled. The name is followed by
// the path that the profiles' names begin with, and the server's own arguments. It
// is not played by Role, since this package can't start a server in its process.
const RoleProfiled = "profiled"

// self returns the command line with which this program plays a part.
func (o *Options) self(name string) []string {
	return append(o.Self[:len(o.Self):len(o.Self)], "bench", "role", name)
}

// Role plays a part. It speaks JSON with the process that measures: first it reads
// its task, if it has one, and it ends when in does.
func Role(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	switch name {
	case roleReceiver:
		return receive(ctx, from, to)
	case roleGenerator:
		return load(ctx, from, to, generate)
	case roleUpstream:
		return playUpstream(ctx, from, to)
	case roleSender:
		return load(ctx, from, to, post)
	}
	return fmt.Errorf("there is no part %q", name)
}

// part is a process that plays a part.
type part struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	from *json.Decoder
}

// start starts a part and gives it its task; nil: it has none.
func (r *run) start(ctx context.Context, name string, task any) (*part, error) {
	line := r.self(name)
	p := &part{name: name, cmd: exec.CommandContext(ctx, line[0], line[1:]...)}
	p.cmd.Stderr = os.Stderr
	p.cmd.WaitDelay = time.Second
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	p.from = json.NewDecoder(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	r.undo = append(r.undo, func() { p.cmd.Wait() })
	if task == nil {
		return p, nil
	}
	return p, p.tell(task)
}

func (p *part) tell(v any) error {
	if err := json.NewEncoder(p.in).Encode(v); err != nil {
		return fmt.Errorf("tell the %s: %w", p.name, err)
	}
	return nil
}

func (p *part) hear(v any) error {
	err := p.from.Decode(v)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the %s ended before its time", p.name)
	}
	if err != nil {
		return fmt.Errorf("hear the %s: %w", p.name, err)
	}
	return nil
}

// stop ends the part and returns the CPU time that it has used.
func (p *part) stop() (time.Duration, error) {
	p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("stop the %s: %w", p.name, err)
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), nil
}
