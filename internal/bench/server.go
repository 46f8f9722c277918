package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/client"
)

// key is the API key of the servers, which listen on loopback and live for one
// round.
const key = "thk_live_bench_0123456789abcdefghijkl"

// server is a taskhook that is being measured.
type server struct {
	cmd     *exec.Cmd
	api     *client.Client
	url     string
	started time.Time
	ready   time.Duration // from its start to its first answer that it is ready
	output  *output
	ended   chan struct{} // closed when the process has ended,
	err     error         // with this
}

// secretKey is the master key of all servers, so that several can share a database.
const secretKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// serve starts a server at a place and waits until it is ready.
func (r *run) serve(ctx context.Context, at *place, more ...string) (*server, error) {
	line := append(r.command(), "serve", "--dev", "--listen", "127.0.0.1:0", "--log-level", "warn", "--data", at.dir)
	line = append(line, more...)
	s := &server{cmd: exec.CommandContext(ctx, line[0], line[1:]...), output: newOutput(), ended: make(chan struct{})}
	s.cmd.Env = append(cleanEnvironment(), "TASKHOOK_BOOTSTRAP_KEY="+key, "TASKHOOK_SECRET_KEY="+secretKey)
	if at.url != "" { // which several may share
		s.cmd.Env = append(s.cmd.Env, "TASKHOOK_DATABASE_URL="+at.url, "TASKHOOK_FILES="+filepath.Join(r.dir, "files"))
	}
	s.cmd.Stderr = s.output
	s.cmd.WaitDelay = time.Second
	s.started = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start taskhook: %w", err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	r.undo = append(r.undo, func() { <-s.ended })
	select {
	case s.url = <-s.output.url:
	case <-s.ended:
		return nil, &startError{s.err, s.output.String()}
	}
	if err := waitReady(ctx, s.url); err != nil {
		return nil, err
	}
	s.ready = time.Since(s.started)
	s.api = client.New(s.url, key)
	return s, nil
}

// startError is why a server did not start.
type startError struct {
	err    error
	output string
}

func (e *startError) Error() string {
	return fmt.Sprintf("taskhook does not start: %v\n%s", e.err, e.output)
}

// last is its last line.
func (e *startError) last() string {
	lines := strings.Split(strings.TrimSpace(e.output), "\n")
	return lines[len(lines)-1]
}

// command is what the server is started with, around which a profile may be made.
func (r *run) command() []string {
	if r.Profile == "" {
		return r.Program[:len(r.Program):len(r.Program)]
	}
	name := r.name + "-" + r.database.name + "-" + strconv.Itoa(r.number)
	if r.servers++; r.servers > 1 {
		name += "-" + strconv.Itoa(r.servers)
	}
	return append(r.self(RoleProfiled), filepath.Join(r.Profile, name))
}

// cleanEnvironment leaves out the settings of another server.
func cleanEnvironment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TASKHOOK_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

func waitReady(ctx context.Context, url string) error {
	for ctx.Err() == nil {
		answer, err := http.Get(url + "/readyz")
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		pause(ctx, time.Millisecond)
	}
	return fmt.Errorf("wait until taskhook is ready: %w", ctx.Err())
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// stop asks the server to stop, which answers and sends what is under way.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop taskhook: %w", err)
	}
	<-s.ended
	if s.err != nil {
		return fmt.Errorf("stop taskhook: %w\n%s", s.err, s.output)
	}
	return nil
}

// kill ends the server as a crash would.
func (s *server) kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill taskhook: %w", err)
	}
	<-s.ended
	return nil
}

// output is what a server prints: its URL is taken out, the end is kept for errors.
type output struct {
	url chan string

	mu    sync.Mutex
	found bool
	text  []byte
}

const keptOutput = 16 << 10

func newOutput() *output { return &output{url: make(chan string, 1)} }

// Write takes a part of what is printed.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	if url, ok := readyURL(o.text); ok && !o.found {
		o.found = true
		o.url <- url
	}
	if o.found && len(o.text) > keptOutput {
		o.text = append(o.text[:0], o.text[len(o.text)-keptOutput:]...)
	}
	return len(p), nil
}

// String returns the end of what was printed.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// readyURL finds the line in which serve says that it is ready.
func readyURL(text []byte) (url string, ok bool) {
	_, rest, ok := bytes.Cut(text, []byte("taskhook is ready on "))
	if !ok {
		return "", false
	}
	address, _, ok := bytes.Cut(rest, []byte(" "))
	return string(address), ok
}
