package interop

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit"
)

// folder holds the scripts and, once installed, their packages.
const folder = "../../test/node"

// needNode is testkit.Need for Node itself.
func needNode(t *testing.T) bool {
	t.Helper()
	return testkit.Need(t, "node")
}

// needPackages is testkit.Need for Node and the packages pinned for it.
func needPackages(t *testing.T) bool {
	t.Helper()
	return needNode(t) &&
		testkit.NeedFile(t, filepath.Join(folder, "node_modules", ".package-lock.json"), "npm packages")
}

// script is a program of test/node that runs as long as the test and speaks in
// lines of JSON.
type script struct {
	t      *testing.T
	input  io.Writer
	output *json.Decoder
}

func start(t *testing.T, name string) *script {
	t.Helper()
	cmd := exec.Command("node", name)
	cmd.Dir = folder
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close() // which ends it
		if err := cmd.Wait(); err != nil {
			t.Errorf("node %s: %v\n%s", name, err, complaints.Bytes())
		}
	})
	return &script{t: t, input: input, output: json.NewDecoder(output)}
}

// say writes a line.
func (s *script) say(line []byte) {
	s.t.Helper()
	if _, err := s.input.Write(append(line, '\n')); err != nil {
		s.t.Fatalf("write to node: %v", err)
	}
}

// hear reads the next line into v.
func (s *script) hear(v any) {
	s.t.Helper()
	if err := s.output.Decode(v); err != nil {
		s.t.Fatalf("read from node: %v", err)
	}
}
