package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact/media"
)

// File is what Put learned about a file.
type File struct {
	Format    string // "mp4"
	MediaType string // "video/mp4"
	Size      int64  // bytes
	SHA256    string // hex
	Duration  time.Duration
}

// What Put refuses, whatever the provider says.
var (
	ErrTooLarge = errors.New("the result file is larger than this server keeps")
	ErrEmpty    = errors.New("the result file is empty")
)

// Put streams r to disk as the file of the artifact with the id. name is what
// the maker called the file, or empty: its extension decides where the bytes do
// not tell the format. On an error nothing is kept; it is ErrTooLarge, ErrEmpty,
// a taskhook.Error with CodeStorageFull (whose cause is the ENOSPC or EDQUOT met),
// or what reading, writing or ctx gave.
func (s *Store) Put(ctx context.Context, id, name string, r io.Reader) (File, error) {
	place, err := place(id)
	if err != nil {
		return File{}, err
	}
	temporary := path.Join(incoming, id)
	f, err := s.root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, fmt.Errorf("store artifact: %w", storageFull(err))
	}
	defer f.Close()
	file, err := s.fill(f, name, &reader{ctx, r})
	if err == nil {
		err = s.publish(temporary, place)
	}
	if err != nil {
		s.root.Remove(temporary) // Sweep finds what this can't remove
		return File{}, fmt.Errorf("store artifact: %w", storageFull(err))
	}
	return file, nil
}

// fill writes r to f, durably, and describes it.
func (s *Store) fill(f *os.File, name string, r io.Reader) (File, error) {
	digest := &digest{hash: sha256.New()}
	size, err := io.Copy(io.MultiWriter(f, digest), io.LimitReader(r, s.limit+1))
	switch {
	case err != nil:
		return File{}, err
	case size > s.limit:
		return File{}, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, s.limit)
	case size == 0:
		return File{}, ErrEmpty
	}
	if err := f.Sync(); err != nil {
		return File{}, err
	}
	t := media.Detect(digest.head, name)
	return File{
		Format: t.Format, MediaType: t.Media, Size: size,
		SHA256: hex.EncodeToString(digest.hash.Sum(nil)), Duration: media.Duration(t, f, size),
	}, nil
}

// publish moves the finished file to its place. The directories are synced so
// that a crash can't undo the move.
func (s *Store) publish(temporary, place string) error {
	shard := path.Dir(place)
	if err := s.makeShard(shard); err != nil {
		return err
	}
	if err := s.root.Rename(temporary, place); err != nil {
		return err
	}
	return s.sync(shard)
}

// makeShard makes a folder for files, durably. That it is there does not say so:
// another Put may be about to sync its name, or a process may have died before it did.
func (s *Store) makeShard(shard string) error {
	if _, durable := s.shards.Load(shard); durable {
		return nil
	}
	if err := s.root.Mkdir(shard, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.sync("."); err != nil {
		return err
	}
	s.shards.Store(shard, nil)
	return nil
}

func (s *Store) sync(dir string) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// storageFull makes an error that says what to do of a full disk.
func storageFull(err error) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	e := taskhook.Errorf(taskhook.CodeStorageFull,
		"The disk for result files is full. Free some space, shorten the retention or move the data directory.")
	e.Err = err
	return e
}

// reader stops reading when its context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// digest hashes what is written to it and keeps the head.
type digest struct {
	hash hash.Hash
	head []byte
}

func (d *digest) Write(p []byte) (int, error) {
	missing := media.HeadSize - len(d.head)
	d.head = append(d.head, p[:min(missing, len(p))]...)
	return d.hash.Write(p)
}

// Name is the file name in the links to a task's result: task_x.mp4, and
// task_x-2.mp4 for the second one.
func Name(taskID string, index int, format string) string {
	if index == 0 {
		return taskID + "." + format
	}
	return fmt.Sprintf("%s-%d.%s", taskID, index+1, format)
}
