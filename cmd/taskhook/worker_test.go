//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestWorkerCommand has a real worker run a program for a task, and end by SIGTERM.
func TestWorkerCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	models, script := filepath.Join(dir, "models.yaml"), filepath.Join(dir, "make.sh")
	for file, text := range map[string]string{
		models: "models: {vidu: {viduq3-pro: {adapter: worker}}}\n",
		script: "echo progress 50; read input; echo \"$input\" > out.txt\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := program.Start(t, func(c *config.Config) {
		loaded, err := config.Load(&config.Config{Catalogue: []string{models}}, []string{"catalogue"}, func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		loaded.Data, loaded.Listen, loaded.Dev, loaded.BootstrapKey = c.Data, c.Listen, c.Dev, c.BootstrapKey
		*c = *loaded
	})
	key := s.NewKey(t, "", taskhook.NewKey{Limits: taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeWorker}}})
	worker := process(t, "worker", "--server", s.URL, "--name", "gpu-1", "--models", "vidu/viduq3-pro", "--scratch", filepath.Join(dir, "scratch"),
		"--command", "sh '"+script+"'")
	worker.Env = []string{keyVariable + "=" + key, "PATH=" + os.Getenv("PATH")}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	k, err := s.Submit(ctx, "vidu", "text-to-video", client.Submission{Model: "viduq3-pro", Input: json.RawMessage(`{"prompt":"a cat"}`)})
	if err != nil {
		t.Fatal(err)
	}
	task, err := s.Task(ctx, k.ID)
	testkit.Until(t, "the task has ended", func() bool {
		if err == nil {
			task, err = s.Task(ctx, k.ID)
		}
		return err != nil || !task.CompletedAt.IsZero()
	})
	if err != nil || task.Status != "succeeded" || task.Worker != "gpu-1" || task.Result[0].SizeBytes != int64(len(`{"prompt":"a cat"}`)+1) {
		t.Errorf("task %+v: %v", task, err)
	}
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker ends with %v", err)
	}
	bad := process(t, "worker", "--server", s.URL, "--command", "sh", "--scratch", filepath.Join(dir, "other"))
	bad.Env = []string{keyVariable + "=" + program.Key}
	out, err := bad.CombinedOutput()
	if err == nil {
		t.Error("a key that is not a worker's is taken")
	}
	expect(t, string(out), "taskhook key create --scope worker")
}
