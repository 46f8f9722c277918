package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/powerfs"
)

// TestDataDirectoryOutlivesPower makes a data directory below others: all of them
// are there after a cut, also those that a process had made that died at once.
func TestDataDirectoryOutlivesPower(t *testing.T) {
	t.Parallel()
	fs := powerfs.Need(t, nil)
	if fs == nil {
		return
	}
	made := filepath.Join(fs.Dir(), "made")
	if err := os.Mkdir(made, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{made, filepath.Join(fs.Dir(), "a", "b", "c")} {
		lock, err := store.LockDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := lock.Release(); err != nil {
			t.Fatal(err)
		}
		if _, err := fs.Cut(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("after a cut: %v", err)
		}
	}
}
