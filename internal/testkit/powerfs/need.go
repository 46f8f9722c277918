package powerfs

import (
	"testing"

	"github.com/taskhook/taskhook/internal/testkit"
)

// Need mounts a file system on a new directory for the time of a test, as Mount
// does, or returns nil where that can't be done: then the test is to return, as
// testkit.Need has it.
func Need(t testing.TB, honest func(name string) bool) *FS {
	t.Helper()
	return NeedAt(t, t.TempDir(), honest)
}

// NeedAt is Need for a directory that is there, such as one that programs of other
// users can reach.
func NeedAt(t testing.TB, dir string, honest func(name string) bool) *FS {
	t.Helper()
	f, err := Mount(dir, honest)
	if err != nil {
		t.Log(err)
	}
	if !testkit.NeedThat(t, err == nil, "FUSE") {
		return nil
	}
	t.Cleanup(func() {
		if err := f.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// Dir is the directory that the file system is mounted on.
func (f *FS) Dir() string { return f.dir }
