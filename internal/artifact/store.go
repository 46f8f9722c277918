package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// incoming is the folder of files that are still being written.
const incoming = "incoming"

// Store keeps result files below one directory, each under its artifact's id. A
// file that Put returned for survives a crash of the machine; one that it did
// not return for is never seen. All methods may be called concurrently, but only
// one process at a time may use the directory.
type Store struct {
	root   *os.Root
	limit  int64
	shards sync.Map // names of folders that are durable
}

// Open opens the store in dir, which it makes when it is not there, durably if the
// directory above is. Files larger than limit bytes are refused.
func Open(dir string, limit int64) (*Store, error) {
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
	return &Store{root: root, limit: limit}, nil
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

// Get opens the file of the artifact with the id, for reading from anywhere in
// it. The error is fs.ErrNotExist when there is none. The caller closes it.
func (s *Store) Get(id string) (*os.File, error) {
	name, err := place(id)
	if err != nil {
		return nil, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open artifact: %w", err)
	}
	return f, nil
}

// Remove deletes the file of the artifact with the id. A file that is already
// gone is no error, so that a removal can be repeated.
func (s *Store) Remove(id string) error {
	name, err := place(id)
	if err != nil {
		return err
	}
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove artifact: %w", err)
	}
	return nil
}

// IDs yields the ids of all files kept, oldest first, and the error that ends
// the walk early. Files that no artifact claims are what interrupted runs left.
func (s *Store) IDs(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := fs.WalkDir(s.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case name == incoming:
				return fs.SkipDir
			case entry.IsDir() || !taskhook.HasIDForm(taskhook.PrefixArtifact, entry.Name()):
				return nil
			case !yield(entry.Name(), nil):
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", fmt.Errorf("list artifacts: %w", err))
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

// place is the path of the file with the id, which can't lead elsewhere.
func place(id string) (string, error) {
	const prefix = len(taskhook.PrefixArtifact)
	if !taskhook.HasIDForm(taskhook.PrefixArtifact, id) || len(id) < prefix+shardLength {
		return "", fmt.Errorf("place artifact: %q is not an artifact id", id)
	}
	return path.Join(id[prefix:prefix+shardLength], id), nil
}
