package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is the ownership of a data directory by one process. The kernel ends it
// with the process, however that dies.
type Lock struct{ file *os.File }

// LockDir takes the directory for this process, or says who has it.
func LockDir(dir string) (*Lock, error) {
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "taskhook.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) { // perhaps by Locked
		time.Sleep(lookTime)
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err == nil {
		return &Lock{file: file}, nil
	}
	file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, &LockedError{Dir: dir}
	}
	return nil, fmt.Errorf("lock the data directory: %w", err)
}

// lookTime is far longer than Locked has the lock.
const lookTime = 20 * time.Millisecond

// Locked reports whether a process has the data directory. To find that out it has a
// share of the lock itself for a moment.
func Locked(dir string) (bool, error) {
	file, err := os.Open(filepath.Join(dir, "taskhook.lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open the lock file: %w", err)
	}
	defer file.Close()
	err = unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if err == nil {
		return false, unix.Flock(int(file.Fd()), unix.LOCK_UN)
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, fmt.Errorf("look at the lock of the data directory: %w", err)
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

// makeDir makes a directory that survives the loss of power, and those above it
// that are missing. A name does when the directory that it stands in was synced,
// also one that is there already: who made it may have died before that.
func makeDir(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	above := filepath.Dir(dir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && above != dir {
		if err := makeDir(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(above)
}

// syncDir makes the names in a directory durable. One that this user can't read is
// not one that we made.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
