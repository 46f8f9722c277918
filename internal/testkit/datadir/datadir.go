// Package datadir gives tests data directories, with an empty database where that is
// wanted: to make its tables takes longer than many a test. It knows of the store no
// more than how it is opened. No other code than tests may import it.
package datadir

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit"
)

// TB is what is needed of a test; those of rapid have it too.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// New makes an empty directory, which goes when the test ends. It is in memory where
// that is possible: what a test makes durable is not looked for after it.
func New(t TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(testkit.Memory(), "taskhook-data-")
	if err != nil {
		t.Fatalf("make a data directory: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Migrated is New with a database as `taskhook migrate` leaves one.
func Migrated(t TB) string {
	t.Helper()
	dir := New(t)
	Migrate(t, dir)
	return dir
}

const fileName = "taskhook.db"

// Migrate does to a directory without a database what `taskhook migrate` does.
func Migrate(t TB, dir string) {
	t.Helper()
	file, err := File()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fileName), file, 0o600)
	}
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
}

// File returns what is in the file of an empty database.
func File() ([]byte, error) { return migrated() }

// migrated makes it once for each test binary.
var migrated = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp(testkit.Memory(), "taskhook-data-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(context.Background(), store.Options{Dir: dir, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, fileName))
})
