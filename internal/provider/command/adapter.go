package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
)

// Options are what all commands of a server share.
type Options struct {
	// Scratch is the directory of the working folders, an absolute path that
	// belongs to this process alone.
	Scratch string
	// Env is the environment of every program, such as PATH, HOME and LANG.
	// Nothing else of the server's environment reaches a program, for secrets
	// may stand there.
	Env []string
	// Grace is how long a program has to end after SIGTERM, before SIGKILL;
	// without it, 5 s.
	Grace time.Duration
}

// Adapter runs one command. It may be used concurrently.
type Adapter struct {
	name    string
	program *program
	options Options
	turns   chan struct{} // holds one element for each run
}

// New returns the adapter "command:NAME". Its error says what of the
// configuration can't be used.
func New(name string, c Config, o Options) (*Adapter, error) {
	program, err := c.withDefaults().compile()
	if err != nil {
		return nil, fmt.Errorf("command %s: %w", name, err)
	}
	if !filepath.IsAbs(o.Scratch) {
		return nil, fmt.Errorf("command %s: the scratch directory %q is not an absolute path", name, o.Scratch)
	}
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	return &Adapter{name: name, program: program, options: o, turns: make(chan struct{}, program.Concurrency)}, nil
}

// Name implements provider.Adapter.
func (a *Adapter) Name() string { return "command:" + a.name }

// Concurrency implements provider.Limited.
func (a *Adapter) Concurrency() int { return cap(a.turns) }

// Run implements provider.Adapter. A program that ends with an exit code other
// than 0 fails the task, with its last line on stderr as the message.
func (a *Adapter) Run(ctx context.Context, r provider.Request, sink provider.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	folder, err := makeFolder(a.options.Scratch, r.RunID)
	if err != nil {
		return err
	}
	defer folder.remove()
	found := &findings{}
	if err := a.execute(ctx, r, folder, sink, found); err != nil {
		return err
	}
	return a.collect(ctx, folder, sink, found)
}

// call is a command with everything filled in.
type call struct {
	arguments []string
	stdin     string
}

// prepare fills the templates and writes the files.
func (a *Adapter) prepare(r provider.Request, f *folder) (call, error) {
	v := values{request: r, out: f.work}
	decoder := json.NewDecoder(bytes.NewReader(r.Input))
	decoder.UseNumber()
	if err := decoder.Decode(&v.input); err != nil {
		return call{}, fmt.Errorf("read input: %w", err)
	}
	arguments, err := renderArguments(a.program.arguments, v)
	if err != nil {
		return call{}, err
	}
	stdin, _, err := a.program.stdin.render(v)
	if err != nil {
		return call{}, err
	}
	for name, t := range a.program.files {
		text, _, err := t.render(v)
		if err != nil {
			return call{}, err
		}
		if err := f.write(name, text); err != nil {
			return call{}, err
		}
	}
	return call{arguments, stdin}, nil
}
