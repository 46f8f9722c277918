//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestSignals(t *testing.T) {
	t.Parallel()
	signals, exited := make(chan os.Signal), make(chan int)
	ctx, stop := untilSignal(t.Context(), signals, io.Discard, func(code int) { exited <- code })
	if err := ctx.Err(); err != nil {
		t.Fatal(err)
	}
	signals <- syscall.SIGTERM
	<-ctx.Done()
	signals <- syscall.SIGINT
	if code := <-exited; code != 1 {
		t.Errorf("the second signal exits with %d", code)
	}
	stop()
}

func TestSignalsAreNotWatchedAfterTheEnd(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	ctx, stop := untilSignal(t.Context(), signals, io.Discard, func(int) { t.Error("exited") })
	stop()
	<-ctx.Done()
}

// server is taskhook serve in a process of its own.
type server struct {
	*exec.Cmd
	url    string
	stdout bytes.Buffer
	stderr *bufio.Reader
}

// serve starts a server and waits until it is ready.
func serve(t *testing.T, dir string, more ...string) *server {
	t.Helper()
	return serveIn(t, nil, dir, more...)
}

// serveIn is serve with settings in the environment.
func serveIn(t *testing.T, env []string, dir string, more ...string) *server {
	t.Helper()
	s := &server{Cmd: process(t, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, more...)...)}
	s.Cmd.Env = append(s.Cmd.Env, env...)
	s.Cmd.Stdout = &s.stdout
	pipe, err := s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.stderr = bufio.NewReader(pipe)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for {
		line, err := s.stderr.ReadString('\n')
		seen.WriteString(line)
		if rest, ok := strings.CutPrefix(line, "taskhook is ready on "); ok {
			s.url, _, _ = strings.Cut(rest, " ")
			return s
		}
		if err != nil {
			t.Fatalf("the server did not become ready:\n%s", seen.String())
		}
	}
}

// stop ends the server with a signal and returns what it printed to stdout.
func (s *server) stop(t *testing.T) string {
	t.Helper()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(s.stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatalf("the server ended with %v:\n%s", err, rest)
	}
	return s.stdout.String()
}

func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := serve(t, dir)
	answer, err := http.Get(first.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()

	second := process(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	out, err := second.CombinedOutput()
	if second.ProcessState.ExitCode() != 1 {
		t.Errorf("a second server on the directory: %v\n%s", err, out)
	}
	expect(t, string(out), "is in use by another taskhook process")

	invoke(t, 0, "key", "create", "--data", dir, "--name", "beside")
	printed := first.stop(t)
	if strings.Count(printed, "key: thk_live_") != 1 {
		t.Errorf("the first start prints\n%s", printed)
	}
	if printed = serve(t, dir).stop(t); printed != "" {
		t.Errorf("the next start prints\n%s", printed)
	}
}
