package artifact

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"sync"

	"github.com/taskhook/taskhook"
)

// disk is the Backend in the directory that Store writes into, so that a file is
// moved and never copied.
type disk struct {
	root   *os.Root
	shards sync.Map // names of folders that are durable
}

// Keep moves the finished file to its place. File and directories are synced so
// that a crash can't undo it.
func (d *disk) Keep(_ context.Context, id string, from *os.File, _ File) error {
	if err := from.Sync(); err != nil {
		return err
	}
	place := Place(id)
	shard := path.Dir(place)
	if err := d.makeShard(shard); err != nil {
		return err
	}
	if err := d.root.Rename(path.Join(incoming, id), place); err != nil {
		return err
	}
	return d.sync(shard)
}

// makeShard makes a folder for files, durably. That it is there does not say so:
// another Keep may be about to sync its name, or a process may have died before it did.
func (d *disk) makeShard(shard string) error {
	if _, durable := d.shards.Load(shard); durable {
		return nil
	}
	if err := d.root.Mkdir(shard, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.sync("."); err != nil {
		return err
	}
	d.shards.Store(shard, nil)
	return nil
}

func (d *disk) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Open is of Backend.
func (d *disk) Open(_ context.Context, id string) (io.ReadSeekCloser, error) {
	f, err := d.root.Open(Place(id))
	if err != nil {
		return nil, err // not a nil *os.File
	}
	return f, nil
}

// Remove is of Backend.
func (d *disk) Remove(_ context.Context, id string) error {
	if err := d.root.Remove(Place(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// IDs is of Backend.
func (d *disk) IDs(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := fs.WalkDir(d.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
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
			yield("", err)
		}
	}
}
