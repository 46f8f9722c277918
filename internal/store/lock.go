package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Lock is the ownership of a data directory by one process. The kernel ends it
// with the process, however that dies.
type Lock struct{ file *os.File }

// LockDir takes the directory for this process, or says who has it.
func LockDir(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "taskhook.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return &Lock{file: file}, nil
	}
	file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, &LockedError{Dir: dir}
	}
	return nil, fmt.Errorf("lock the data directory: %w", err)
}

// LockedError says that another process works on the data directory.
type LockedError struct{ Dir string }

// Error returns a sentence for the operator.
func (e *LockedError) Error() string {
	return fmt.Sprintf("the data directory %s is in use by another taskhook process: stop that one or choose another --data directory", e.Dir)
}

// Release gives the directory back. Closing would not do: a program that is being
// started at this moment holds all files open until it runs.
func (l *Lock) Release() error {
	return errors.Join(unix.Flock(int(l.file.Fd()), unix.LOCK_UN), l.file.Close())
}
