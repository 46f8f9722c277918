package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestOrphansAreRemoved starts the program over a result file that no task has,
// beside one that has.
func TestOrphansAreRemoved(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	r := program.NewReceiver(t)
	ask := submission(quick(""))
	ask.WebhookURL = r.URL
	k, err := s.Submit(t.Context(), "seedream", "text-to-image", ask)
	if err != nil {
		t.Fatal(err)
	}
	r.Wait(t, 1)
	s.Stop(t)
	dir := filepath.Join(s.Config.Data, "artifacts")
	files, err := artifact.Open(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	orphan := taskhook.NewID(taskhook.PrefixArtifact, time.Now())
	if _, err := files.Put(t.Context(), orphan, "x.txt", strings.NewReader("left by a crash")); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	next := program.Run(t, s.Config)
	defer next.Stop(t)
	for exists(t, dir, orphan) {
		if _, err := next.Tasks(t.Context(), client.TaskQuery{}); err != nil { // the server is there, and works on it
			t.Fatal(err)
		}
	}
	if got, err := next.Task(t.Context(), k.ID); err != nil {
		t.Error(err)
	} else if status, _ := fetch(t, "GET", got.Result[0].URL); status != 200 {
		t.Errorf("the task's own result answers %d", status)
	}
}

// exists reports whether a file of the name is anywhere below dir.
func exists(t *testing.T, dir, name string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		found = found || filepath.Base(path) == name
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
