package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Copied says what Copy had to do.
type Copied int

// Copy sent the file, found it there already, or found it on neither side.
const (
	CopySent Copied = iota + 1
	CopyThere
	CopyMissing
)

// Copy brings the file of the artifact with the id from a folder that Open made to
// another backend, unless it is there already. The folder stays as it is; without
// one from is nil. Size and SHA-256 of about are those that both files must have.
func Copy(ctx context.Context, from *os.Root, to Backend, id string, about File) (Copied, error) {
	if err := check(id); err != nil {
		return 0, err
	}
	f, err := openBelow(from, id)
	if errors.Is(err, fs.ErrNotExist) {
		there, err := isThere(ctx, to, id, about, false)
		if err != nil || there {
			return CopyThere, err
		}
		return CopyMissing, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open artifact: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("look at artifact: %w", err)
	}
	sum, err := sumOf(ctx, f)
	switch {
	case err != nil:
		return 0, fmt.Errorf("read artifact: %w", err)
	case info.Size() != about.Size || sum != about.SHA256:
		return 0, fmt.Errorf("the file %s is damaged: it has %d bytes (SHA-256 %s), and had %d (%s) when it was stored. Bring it back from a "+
			"backup, or remove it, and begin again", f.Name(), info.Size(), sum, about.Size, about.SHA256)
	}
	there, err := isThere(ctx, to, id, about, true)
	if err != nil || there {
		return CopyThere, err
	}
	if err := to.Keep(ctx, id, f, about); err != nil {
		return 0, fmt.Errorf("send artifact: %w", err)
	}
	return CopySent, nil
}

func openBelow(root *os.Root, id string) (*os.File, error) {
	if root == nil {
		return nil, fs.ErrNotExist
	}
	return root.Open(Place(id))
}

// isThere reports whether a backend has the file: of the size and, when it can be
// sent instead, with the hash, which takes reading it.
func isThere(ctx context.Context, b Backend, id string, about File, read bool) (bool, error) {
	f, err := b.Open(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for artifact: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size != about.Size || !read {
		return size == about.Size, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	sum, err := sumOf(ctx, f)
	if err != nil {
		return false, fmt.Errorf("read artifact there: %w", err)
	}
	return sum == about.SHA256, nil
}

func sumOf(ctx context.Context, r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, &reader{ctx, r}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
