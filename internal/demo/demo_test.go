//go:build unix

package demo

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
)

// program writes a shell script that stands in for taskhook.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "taskhook")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServerThatEnds(t *testing.T) {
	var out bytes.Buffer
	t.Setenv("TMPDIR", t.TempDir())
	err := Run(t.Context(), Options{Out: &out, Once: true, Executable: program(t, "echo no luck >&2; exit 1")})
	if err == nil || !strings.Contains(err.Error(), `failed at "Start a server and a receiver"`) {
		t.Errorf("the demo returns %v", err)
	}
	_, kept, ok := strings.Cut(out.String(), "are kept in ")
	if !ok {
		t.Fatalf("it does not say where the data are:\n%s", out.String())
	}
	log, err := os.ReadFile(filepath.Join(strings.TrimSpace(kept), "server.log"))
	if err != nil || string(log) != "no luck\n" {
		t.Errorf("the log is %q, %v", log, err)
	}
	for _, part := range []string{"✗ the server ended by itself", "last lines:\n   no luck\n"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in\n%s", part, out.String())
		}
	}
}

// A server that hangs is stopped when the demo is, and leaves nothing.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	err := Run(ctx, Options{Out: &bytes.Buffer{}, Executable: program(t, "exec sleep 1000"), Env: []string{"PATH=/usr/bin:/bin"}})
	if !errors.Is(err, errInterrupted) {
		t.Errorf("the demo returns %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestServerStart(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &server{program: program(t, `echo "key: thk_live_x"; echo "taskhook is ready on http://127.0.0.1:4711 (data in x)" >&2; exec sleep 1000`),
		env: []string{"PATH=/usr/bin:/bin"}, log: &log, listen: "127.0.0.1:0"}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.key != "thk_live_x" || s.url != "http://127.0.0.1:4711" || s.listen != "127.0.0.1:4711" || !s.running() {
		t.Errorf("the server is %+v", s)
	}
	if err := errors.Join(s.kill(), s.kill()); err != nil || s.running() {
		t.Errorf("killed: %v, running %t", err, s.running())
	}
	if strings.Contains(log.String(), "thk_live") {
		t.Error("the key stands in the log")
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	tests := map[string]hook{
		"webhook task.completed  signature valid  video  MP4, 2 KB, 2.0 s": {kind: "task.completed", task: client.Task{
			Type: "video", Result: []client.Result{{Format: "mp4", SizeBytes: 1025, Duration: 2}}}},
		"webhook task.failed     signature valid  image  No luck.": {kind: "task.failed", task: client.Task{
			Type: "image", Error: &client.TaskError{Message: "No luck."}}},
	}
	for want, h := range tests {
		if got := describe(h); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
