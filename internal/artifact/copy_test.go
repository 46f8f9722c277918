package artifact_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/artifact"
)

// memory is a backend that remembers what it was sent.
type memory map[string][]byte

func (m memory) Keep(_ context.Context, id string, from *os.File, f artifact.File) error {
	data, err := io.ReadAll(io.NewSectionReader(from, 0, f.Size))
	m[id] = data
	return err
}

func (m memory) Open(_ context.Context, id string) (io.ReadSeekCloser, error) {
	data, ok := m[id]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return struct {
		io.ReadSeeker
		io.Closer
	}{bytes.NewReader(data), io.NopCloser(nil)}, nil
}

func (m memory) Remove(_ context.Context, id string) error {
	delete(m, id)
	return nil
}

func (m memory) IDs(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for id := range maps.Keys(m) {
			if !yield(id, nil) {
				return
			}
		}
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := artifact.Open(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id, data := newID(), []byte("what was made")
	about, err := s.Put(t.Context(), id, "made.bin", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	wrong := bytes.ToUpper(data)
	for name, c := range map[string]struct {
		from  *os.Root
		there []byte // nil: nothing
		want  artifact.Copied
	}{
		"not there yet":          {root, nil, artifact.CopySent},
		"there":                  {root, data, artifact.CopyThere},
		"there with other bytes": {root, wrong, artifact.CopySent},
		"there, cut short":       {root, data[:4], artifact.CopySent},
		"only there":             {nil, data, artifact.CopyThere},
		"only there, and cut":    {nil, data[:4], artifact.CopyMissing},
		"nowhere":                {nil, nil, artifact.CopyMissing},
	} {
		to := memory{}
		if c.there != nil {
			to[id] = c.there
		}
		got, err := artifact.Copy(t.Context(), c.from, to, id, about)
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", name, got, err, c.want)
		}
		if c.from != nil && !bytes.Equal(to[id], data) {
			t.Errorf("%s: %q is kept", name, to[id])
		}
	}
	if _, err := artifact.Copy(t.Context(), root, memory{}, "../../etc/passwd", about); err == nil {
		t.Error("a path is copied")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := artifact.Copy(ctx, root, memory{}, id, about); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, artifact.Place(id)), wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	to := memory{}
	if _, err := artifact.Copy(t.Context(), root, to, id, about); err == nil || !strings.Contains(err.Error(), "is damaged: it has 13 bytes") || len(to) != 0 {
		t.Errorf("a damaged file: %v, %v", err, to)
	}
}
