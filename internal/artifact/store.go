package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook"
)

// incoming is the folder of files that are still being written.
const incoming = "incoming"

// Backend keeps finished files, each under its artifact's id, which Store has
// checked. A failure that is not the caller's fault and may pass is a taskhook.Error
// with CodeUnavailable. All methods may be called concurrently.
type Backend interface {
	// Keep makes the bytes of from, of which f tells, those of the id. They are
	// durable when it returns, and on an error nobody sees a part of them. It may
	// move the file away.
	Keep(ctx context.Context, id string, from *os.File, f File) error
	// Open opens a file to be read, from anywhere in it, until ctx ends. The error
	// is fs.ErrNotExist when there is none.
	Open(ctx context.Context, id string) (io.ReadSeekCloser, error)
	// Remove deletes a file. One that is already gone is no error.
	Remove(ctx context.Context, id string) error
	// IDs yields the ids of all files, oldest first, and the error that ends the
	// walk early.
	IDs(ctx context.Context) iter.Seq2[string, error]
}

// Store takes in files, which it writes into a local directory first to learn what
// they are, and keeps them in a Backend. A file that Put returned for survives a
// crash of the machine; one that it did not return for is never seen. All methods
// may be called concurrently, and by several processes on one directory.
type Store struct {
	root    *os.Root
	backend Backend
	limit   int64
}

// Open opens the store that keeps its files in dir, which it makes when it is not
// there. Files larger than limit bytes are refused.
func Open(dir string, limit int64) (*Store, error) {
	s, err := OpenWith(nil, dir, limit)
	if err != nil {
		return nil, err
	}
	s.backend = &disk{root: s.root}
	return s, nil
}

// OpenWith is Open for files that are kept elsewhere: in dir are only those that
// are on their way there.
func OpenWith(b Backend, dir string, limit int64) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make artifact directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open artifact directory: %w", err)
	}
	if err := root.MkdirAll(incoming, 0o700); err != nil {
		root.Close()
		return nil, fmt.Errorf("make artifact directory: %w", err)
	}
	if err := syncAbove(dir); err != nil {
		root.Close()
		return nil, fmt.Errorf("make artifact directory durable: %w", err)
	}
	return &Store{root: root, backend: b, limit: limit}, nil
}

// syncAbove makes the name of dir durable, also if another process made it: it may
// have died at once. A directory that this user can't read is not one that we made
// names in.
func syncAbove(dir string) error {
	f, err := os.Open(filepath.Dir(filepath.Clean(dir)))
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil
	case err != nil:
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Close lets go of the directory.
func (s *Store) Close() error { return s.root.Close() }

// Get opens the file of the artifact with the id, for reading from anywhere in it
// until ctx ends. The error is fs.ErrNotExist when there is none. The caller
// closes it.
func (s *Store) Get(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	if err := check(id); err != nil {
		return nil, err
	}
	f, err := s.backend.Open(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("open artifact: %w", err)
	}
	return f, nil
}

// Remove deletes the file of the artifact with the id. A file that is already
// gone is no error, so that a removal can be repeated.
func (s *Store) Remove(ctx context.Context, id string) error {
	if err := check(id); err != nil {
		return err
	}
	if err := s.backend.Remove(ctx, id); err != nil {
		return fmt.Errorf("remove artifact: %w", err)
	}
	return nil
}

// IDs yields the ids of all files kept, oldest first, and the error that ends
// the walk early. Files that no artifact claims are what interrupted runs left.
func (s *Store) IDs(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for id, err := range s.backend.IDs(ctx) {
			if err != nil {
				err = fmt.Errorf("list artifacts: %w", err)
			}
			if !yield(id, err) {
				return
			}
		}
	}
}

// Sweep removes what Put left unfinished and nobody wrote to since before. It
// belongs at the start of the process.
func (s *Store) Sweep(ctx context.Context, before time.Time) error {
	entries, err := fs.ReadDir(s.root.FS(), incoming)
	if err != nil {
		return fmt.Errorf("list unfinished artifacts: %w", err)
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue // gone, or in use
		}
		if err := s.root.RemoveAll(path.Join(incoming, entry.Name())); err != nil {
			return fmt.Errorf("remove unfinished artifact: %w", err)
		}
	}
	return nil
}

// shardLength is how much of an id names its folder. Ids begin with their time;
// five characters of it are two hours and twenty minutes.
const shardLength = 5

// check refuses ids that could lead elsewhere.
func check(id string) error {
	if !taskhook.HasIDForm(taskhook.PrefixArtifact, id) || len(id) < len(taskhook.PrefixArtifact)+shardLength {
		return fmt.Errorf("place artifact: %q is not an artifact id", id)
	}
	return nil
}

// Place is the path, with slashes, of the file with the id within its backend. It
// is the same in all of them, so that files can be copied from one to another.
func Place(id string) string {
	const prefix = len(taskhook.PrefixArtifact)
	return path.Join(id[prefix:prefix+shardLength], id)
}
