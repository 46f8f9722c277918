package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
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

// Put streams r into the store as the file of the artifact with the id. name is
// what the maker called the file, or empty: its extension decides where the bytes do
// not tell the format. On an error nothing is seen of it; it is ErrTooLarge,
// ErrEmpty, a taskhook.Error with CodeStorageFull (whose cause is the ENOSPC or
// EDQUOT met) or of the backend, or what reading, writing or ctx gave.
func (s *Store) Put(ctx context.Context, id, name string, r io.Reader) (File, error) {
	if err := check(id); err != nil {
		return File{}, err
	}
	temporary := path.Join(incoming, id)
	f, err := s.root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, fmt.Errorf("store artifact: %w", storageFull(err))
	}
	defer s.root.Remove(temporary) // if it is still there; Sweep finds what this can't remove
	defer f.Close()
	file, err := s.fill(f, name, &reader{ctx, r})
	if err == nil {
		err = s.backend.Keep(ctx, id, f, file)
	}
	if err != nil {
		return File{}, fmt.Errorf("store artifact: %w", storageFull(err))
	}
	return file, nil
}

// Take is Put for a caller that keeps small files itself: one of at most small bytes
// is described, and its content returned. What is longer is kept as it comes in, and
// has none.
func (s *Store) Take(ctx context.Context, id, name string, r io.Reader, small int64) (_ File, content []byte, err error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, &reader{ctx, r}, small+1)
	switch {
	case err == nil:
		file, err := s.Put(ctx, id, name, io.MultiReader(&head, r))
		return file, nil, err
	case !errors.Is(err, io.EOF):
		return File{}, nil, fmt.Errorf("take in artifact: %w", err)
	case n == 0:
		return File{}, nil, fmt.Errorf("take in artifact: %w", ErrEmpty)
	}
	content = head.Bytes()
	sum := sha256.Sum256(content)
	return describe(name, content[:min(n, media.HeadSize)], bytes.NewReader(content), n, sum[:]), content, nil
}

// describe says what a file is whose first bytes are head.
func describe(name string, head []byte, all io.ReaderAt, size int64, sum []byte) File {
	t := media.Detect(head, name)
	return File{Format: t.Format, MediaType: t.Media, Size: size, SHA256: hex.EncodeToString(sum), Duration: media.Duration(t, all, size)}
}

// fill writes r to f and describes it.
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
	return describe(name, digest.head, f, size, digest.hash.Sum(nil)), nil
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

// PosterName is the file name in the links to the poster of a task's result:
// task_x-poster.jpg, and task_x-2-poster.jpg of the second one.
func PosterName(taskID string, index int, format string) string {
	if index > 0 {
		taskID = fmt.Sprintf("%s-%d", taskID, index+1)
	}
	return taskID + "-poster." + format
}
