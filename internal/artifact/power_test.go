package artifact

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/testkit/powerfs"
)

// TestFilesOutlivePower cuts the power as soon as Put has returned: in a new
// directory, in one that is there, and where the folder of the file was made by a
// process that died before it was durable.
func TestFilesOutlivePower(t *testing.T) {
	t.Parallel()
	fs := powerfs.Need(t, nil)
	if fs == nil {
		return
	}
	dir := filepath.Join(fs.Dir(), "artifacts")
	var ids []string
	for i := range 3 {
		s, err := Open(dir, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		id := taskhook.NewID(taskhook.PrefixArtifact, time.UnixMilli(0).AddDate(i, 0, 0))
		if i == 2 {
			shard := strings.TrimPrefix(id, taskhook.PrefixArtifact)[:5]
			if err := os.Mkdir(filepath.Join(dir, shard), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Put(t.Context(), id, "a.png", strings.NewReader(id)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		if _, err := fs.Cut(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, id := range ids {
		f, err := s.Get(t.Context(), id)
		if err != nil {
			t.Errorf("file %d after a cut: %v", i, err)
			continue
		}
		f.Close()
	}
}
