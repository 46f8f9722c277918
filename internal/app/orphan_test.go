package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestOrphansAreRemoved starts the program over a result file that no task has,
// beside one that has.
func TestOrphansAreRemoved(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	r := program.NewReceiver(t)
	ask := submission(large())
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
	orphan := taskhook.NewID(taskhook.PrefixArtifact, time.Now().Add(-time.Second)) // surely before the next start
	if _, err := files.Put(t.Context(), orphan, "x.txt", strings.NewReader("left by a crash")); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	next := program.Run(t, s.Config)
	defer next.Stop(t)
	testkit.Until(t, "the file that no task has is gone", func() bool { return !exists(t, dir, orphan) })
	if got, err := next.Task(t.Context(), k.ID); err != nil {
		t.Error(err)
	} else if status, _ := fetch(t, "GET", got.Result[0].URL); status != 200 {
		t.Errorf("the task's own result answers %d", status)
	}
}

// TestFilesOfThisProcessStay puts a result file into the directory of a program that
// has opened it, as a run does that is quicker than the removal of leftovers. That
// has passed it when an old upload is gone, which it comes to later.
func TestFilesOfThisProcessStay(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.BootstrapKey = t.TempDir(), "127.0.0.1:0", config.NewSecret(program.Key)
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	put := func(dir string, made time.Time) (id string) {
		files, err := artifact.Open(filepath.Join(cfg.Data, dir), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		id = taskhook.NewID(taskhook.PrefixArtifact, made)
		if _, err := files.Put(t.Context(), id, "x.txt", strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		if err := files.Close(); err != nil {
			t.Fatal(err)
		}
		return id
	}
	fresh, old := put("artifacts", time.Now()), put("files", time.Now().Add(-time.Hour))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	testkit.Until(t, "the old one is gone", func() bool { return !exists(t, filepath.Join(cfg.Data, "files"), old) })
	if !exists(t, filepath.Join(cfg.Data, "artifacts"), fresh) {
		t.Error("a file that this process has just made was taken for one that a crash left")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestLeftoversAreTriedAgain has one that can't be removed, for a file is where its folder
// should be, until that is out of the way.
func TestLeftoversAreTriedAgain(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.BootstrapKey = t.TempDir(), "127.0.0.1:0", config.NewSecret(program.Key)
	dir := filepath.Join(cfg.Data, "artifacts")
	id := taskhook.NewID(taskhook.PrefixArtifact, time.Now().Add(-time.Hour))
	inTheWay := filepath.Join(dir, filepath.Dir(filepath.FromSlash(artifact.Place(id))))
	misplaced := filepath.Join(dir, "elsewhere", id)
	if err := os.MkdirAll(filepath.Dir(misplaced), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{inTheWay, misplaced} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	logs := &testkit.Logs{}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Logger: slog.New(logs), Pace: app.Pace{Upkeep: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	testkit.Until(t, "it can't be removed", func() bool { return logs.Count("remove leftovers") > 1 })
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "it is removed", func() bool { return logs.Count("removed a file that nothing names") > 0 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
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
