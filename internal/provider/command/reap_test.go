package command

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/providertest"
)

// TestServer is no test: TestReap starts it as a process of its own, to kill it
// in the middle of a run.
func TestServer(t *testing.T) {
	scratch, fifo := os.Getenv("TEST_SCRATCH"), os.Getenv("TEST_FIFO")
	if scratch == "" {
		return
	}
	c := Config{
		Command: []string{"/bin/sh", "-c", `exec 3> "$FIFO"; echo running >&3; while :; do sleep 1000; done`},
		Env:     map[string]string{"FIFO": fifo}, Outputs: []string{"out.txt"},
	}
	a, err := New("tool", c, Options{Scratch: scratch, Env: []string{"PATH=" + os.Getenv("PATH")}})
	if err != nil {
		t.Fatal(err)
	}
	r := provider.Request{RunID: "run_a", Input: json.RawMessage(`{}`)}
	t.Fatal(a.Run(t.Context(), r, &providertest.Recorder{}))
}

// TestReap kills a server with SIGKILL and proves that the next one ends the
// program that was left, removes its folder, and harms no other process.
func TestReap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scratch, fifo := filepath.Join(dir, "scratch"), filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(os.Args[0], "-test.run=^TestServer$")
	server.Env = append(os.Environ(), "TEST_SCRATCH="+scratch, "TEST_FIFO="+fifo)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	program, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	said := bufio.NewReader(program)
	if line, err := said.ReadString('\n'); err != nil || line != "running\n" {
		t.Fatalf("the program says %q, %v", line, err)
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	server.Wait()

	check := bystander(t, marker(filepath.Join(scratch, "run_ab")))
	if err := os.WriteFile(filepath.Join(scratch, "notes.txt"), []byte("the operator's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Reap(t.Context(), scratch); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(said); err != nil { // ends when the program has
		t.Fatal(err)
	}
	check()
	left, _ := filepath.Glob(scratch + "/*")
	if len(left) != 1 || filepath.Base(left[0]) != "notes.txt" {
		t.Errorf("left: %v", left)
	}
}

// bystander starts a process with a variable in its environment, and returns a
// check that it lives.
func bystander(t *testing.T, variable string) (check func()) {
	t.Helper()
	cmd := exec.Command("cat")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), variable}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return func() {
		t.Helper()
		io.WriteString(in, "alive\n")
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "alive\n" {
			t.Errorf("a bystander was killed: %q, %v", line, err)
		}
	}
}

func TestReapNothing(t *testing.T) {
	t.Parallel()
	if err := Reap(t.Context(), filepath.Join(t.TempDir(), "never made")); err != nil {
		t.Error(err)
	}
}
