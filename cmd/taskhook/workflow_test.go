//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

func TestWorkflowCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "workflow.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	definition := strings.ReplaceAll(string(text), "input: {", "input: {sandbox: {seconds: 0}, ")
	file := filepath.Join(t.TempDir(), "poster.yaml")
	if err := os.WriteFile(file, []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _ := ask(t, s.URL, 0, "workflow", "create", file, "--json")
	w := one[client.Workflow](t, stdout)
	stdout, _ = ask(t, s.URL, 0, "workflow", "get", w.ID)
	expect(t, stdout, "workflow  "+w.ID, "version   1", "\n\n"+definition)
	stdout, _ = ask(t, s.URL, 0, "workflow", "run", w.ID, "--inputs", `{"prompt":"a boat"}`, "--watch", "--json")
	x := one[client.Execution](t, stdout)
	if x.Status != "completed" || len(x.Steps) != 3 {
		t.Fatalf("ran %+v", x)
	}
	stdout, _ = ask(t, s.URL, 0, "workflow", "status", x.ID)
	expect(t, stdout, "status     completed\n", "progress   100 %\n", "succeeded  task_", `"picture":"http`)
	stdout, _ = ask(t, s.URL, 0, "workflow", "runs", "--workflow", w.ID)
	expect(t, stdout, x.ID, "completed", "100 %")
	_, stderr := ask(t, s.URL, 1, "workflow", "cancel", x.ID)
	expect(t, stderr, "already completed")
	_, stderr = ask(t, s.URL, 1, "workflow", "run", w.ID)
	expect(t, stderr, "The input prompt is required")

	if err := os.WriteFile(file, []byte(strings.Replace(definition, "draw.outputs", "drwa.outputs", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr = ask(t, s.URL, 1, "workflow", "update", w.ID, file)
	expect(t, stderr, "line ", `there is no step "drwa"`)
	if err := os.WriteFile(file, []byte(strings.Replace(definition, "name: ", "name: Next ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _ = ask(t, s.URL, 0, "workflow", "update", w.ID, file)
	expect(t, stdout, "version   2")
	stdout, _ = ask(t, s.URL, 0, "workflow", "list")
	expect(t, stdout, w.ID, "Next ")
	ask(t, s.URL, 0, "workflow", "delete", w.ID)
	_, stderr = ask(t, s.URL, 1, "workflow", "get", w.ID)
	expect(t, stderr, "There is no workflow")
	ask(t, s.URL, 2, "workflow", "create", file+".none")
}
