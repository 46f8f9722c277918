package powerfs

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// TestFull lets no file grow while the disk is full, and what is there be changed.
func TestFull(t *testing.T) {
	t.Parallel()
	fs := Need(t, nil)
	if fs == nil {
		return
	}
	p := place{t, fs}
	p.write("file", "some text", os.O_CREATE, true)
	f, err := os.OpenFile(p.path("file"), os.O_WRONLY, 0)
	p.must(err)
	defer f.Close()
	grow := func() error {
		_, err := f.WriteAt([]byte("more of it"), 0)
		return err
	}
	fs.Fill(true)
	if err := grow(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a file grows on a full disk: %v", err)
	}
	_, err = f.WriteAt([]byte("other"), 0)
	p.must(err)
	fs.Fill(false)
	p.must(grow())
}
