//go:build unix

package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// server is a taskhook server in a child process, which may be killed and started
// again with the same data.
type server struct {
	*process
	program string // the executable
	args    []string
	env     []string
	log     io.Writer // gets what all its processes print, but for the key

	listen string // the address, with its port once that is known
	url    string
	key    string // which the first start prints
}

// stopLimit is how long the server may take to stop in order: more than it allows
// itself.
const stopLimit = 20 * time.Second

var errServerEnded = errors.New("the server ended by itself")

// start runs the server until it is ready, and sets url and key.
func (s *server) start(ctx context.Context) error {
	ready := make(chan string, 1)
	// One writer for both makes exec use one pipe: lines come in order.
	printed := &lines{each: func(line string) {
		if key, ok := strings.CutPrefix(line, "key: "); ok {
			s.key = key
			return
		}
		fmt.Fprintln(s.log, line)
		if rest, ok := strings.CutPrefix(line, "taskhook is ready on "); ok {
			address, _, _ := strings.Cut(rest, " ")
			ready <- address
		}
	}}
	cmd := exec.Command(s.program, append([]string{"serve", "--listen", s.listen}, s.args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, printed, printed
	process, err := start(cmd)
	if err != nil {
		return err
	}
	s.process = process
	select {
	case s.url = <-ready:
	case <-s.exited:
		return errServerEnded
	case <-ctx.Done():
		return fmt.Errorf("wait until the server is ready: %w", context.Cause(ctx))
	}
	address, err := url.Parse(s.url)
	if err != nil {
		return fmt.Errorf("read the server's address: %w", err)
	}
	s.listen = address.Host
	return nil
}

// lines is a writer that hands on whole lines.
type lines struct {
	each func(line string)
	rest []byte
}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.each(string(line))
		l.rest = rest
	}
}

// lastLines returns the end of a file, of at most n lines.
func lastLines(name string, n int) []string {
	text, err := os.ReadFile(name)
	if err != nil {
		return []string{err.Error()}
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return all[max(0, len(all)-n):]
}
