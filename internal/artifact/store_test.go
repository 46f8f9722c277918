package artifact_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// noon is when the tests take place.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newID() string { return taskhook.NewID(taskhook.PrefixArtifact, noon) }

func TestPut(t *testing.T) { onEachBackend(t, testPut) }

func testPut(t *testing.T, open opener) {
	s, _ := open(t, 1<<20)
	wav, err := os.ReadFile("media/testdata/tone.wav")
	if err != nil {
		t.Fatal(err)
	}
	id := newID()
	// One byte at a time: the head must be gathered from many writes.
	got, err := s.Put(t.Context(), id, "", iotest.OneByteReader(bytes.NewReader(wav)))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(wav)
	want := artifact.File{"wav", "audio/wav", int64(len(wav)), hex.EncodeToString(sum[:]), 1500 * time.Millisecond}
	if got != want {
		t.Errorf("Put = %+v, want %+v", got, want)
	}
	f, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if kept, err := io.ReadAll(f); err != nil || !bytes.Equal(kept, wav) {
		t.Errorf("Get differs from what was put: %v", err)
	}
}

func TestTake(t *testing.T) { onEachBackend(t, testTake) }

func testTake(t *testing.T, open opener) {
	s, dir := open(t, 1<<20)
	wav, err := os.ReadFile("media/testdata/tone.wav")
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(wav))
	for _, small := range []int64{0, 1, size - 1, size, size + 1} {
		kept, taken := newID(), newID()
		want, err := s.Put(t.Context(), kept, "", bytes.NewReader(wav))
		if err != nil {
			t.Fatal(err)
		}
		got, content, err := s.Take(t.Context(), taken, "", iotest.OneByteReader(bytes.NewReader(wav)), small)
		if err != nil || got != want {
			t.Errorf("up to %d bytes: %+v (%v), want %+v", small, got, err, want)
		}
		f, err := s.Get(t.Context(), taken)
		if small >= size {
			if !bytes.Equal(content, wav) || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("up to %d bytes: %d bytes are handed on, and in the store is %v", small, len(content), err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		there, err := io.ReadAll(f)
		if content != nil || err != nil || !bytes.Equal(there, wav) {
			t.Errorf("up to %d bytes: %d bytes are handed on, %d are kept: %v", small, len(content), len(there), err)
		}
		f.Close()
	}
	broken := errors.New("the provider hung up")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want error
	}{
		{"empty", t.Context(), strings.NewReader(""), artifact.ErrEmpty},
		{"source fails early", t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), broken},
		{"source fails late", t.Context(), io.MultiReader(strings.NewReader("more than ten"), iotest.ErrReader(broken)), broken},
		{"too large", t.Context(), strings.NewReader(strings.Repeat("x", 1<<20+1)), artifact.ErrTooLarge},
		{"cancelled", cancelled, strings.NewReader("x"), context.Canceled},
	} {
		id := newID()
		if _, content, err := s.Take(tt.ctx, id, "", tt.r, 10); !errors.Is(err, tt.want) || content != nil {
			t.Errorf("%s: %d bytes, %v", tt.name, len(content), err)
		}
		if _, err := s.Get(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: it is kept: %v", tt.name, err)
		}
	}
	if left, _ := filepath.Glob(dir + "/incoming/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPutRefuses(t *testing.T) { onEachBackend(t, testPutRefuses) }

func testPutRefuses(t *testing.T, open opener) {
	broken := errors.New("the provider hung up")
	full := &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want error
	}{
		{"too large", t.Context(), strings.NewReader(strings.Repeat("x", 101)), artifact.ErrTooLarge},
		{"empty", t.Context(), strings.NewReader(""), artifact.ErrEmpty},
		{"source fails", t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), broken},
		{"disk full", t.Context(), iotest.ErrReader(full), syscall.ENOSPC},
		{"quota", t.Context(), iotest.ErrReader(syscall.EDQUOT), syscall.EDQUOT},
		{"cancelled", cancelled, strings.NewReader("x"), context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, dir := open(t, 100)
			id := newID()
			_, err := s.Put(tt.ctx, id, "", tt.r)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Put: %v, want %v", err, tt.want)
			}
			isFull := tt.want == syscall.ENOSPC || tt.want == syscall.EDQUOT
			if code := taskhook.ErrorCode(err); (code == taskhook.CodeStorageFull) != isFull {
				t.Errorf("code %q", code)
			}
			if _, err := s.Get(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Get after a refused Put: %v", err)
			}
			if left, _ := filepath.Glob(dir + "/incoming/*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	s, _ := open(t, 100)
	if _, err := s.Put(t.Context(), newID(), "", strings.NewReader(strings.Repeat("x", 100))); err != nil {
		t.Errorf("exactly the limit: %v", err)
	}
}

func TestHostileIDs(t *testing.T) { onEachBackend(t, testHostileIDs) }

func testHostileIDs(t *testing.T, open opener) {
	s, _ := open(t, 100)
	for _, id := range []string{"", "art_", "art_ab", "../secret", "art_../../x", "art_aaaaa/..", "task_aaaaaaaaaa", "art_ABCDEFGH", "art_aaaaaaa\x00"} {
		if _, err := s.Put(t.Context(), id, "", strings.NewReader("x")); err == nil {
			t.Errorf("Put(%q) succeeded", id)
		}
		if _, err := s.Get(t.Context(), id); err == nil {
			t.Errorf("Get(%q) succeeded", id)
		}
		if err := s.Remove(t.Context(), id); err == nil {
			t.Errorf("Remove(%q) succeeded", id)
		}
	}
}

func TestRemove(t *testing.T) { onEachBackend(t, testRemove) }

func testRemove(t *testing.T, open opener) {
	s, _ := open(t, 100)
	id := newID()
	if _, err := s.Put(t.Context(), id, "", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Remove(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Get(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get after Remove: %v", err)
	}
}

func TestSweep(t *testing.T) { onEachBackend(t, testSweep) }

func testSweep(t *testing.T, open opener) {
	s, dir := open(t, 100)
	id := newID()
	if _, err := s.Put(t.Context(), id, "", strings.NewReader("kept")); err != nil {
		t.Fatal(err)
	}
	for name, written := range map[string]time.Time{"old": noon.Add(-time.Hour), "new": noon.Add(time.Hour)} {
		path := filepath.Join(dir, "incoming", name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(dir + "/incoming/*")
	if len(left) != 1 || filepath.Base(left[0]) != "new" {
		t.Errorf("left: %v", left)
	}
	if f, err := s.Get(t.Context(), id); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}

func TestConcurrentPutAndIDs(t *testing.T) { onEachBackend(t, testConcurrentPutAndIDs) }

func testConcurrentPutAndIDs(t *testing.T, open opener) {
	s, _ := open(t, 100)
	want := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 30 {
		id := taskhook.NewID(taskhook.PrefixArtifact, noon.Add(time.Duration(i)*time.Hour))
		want[id] = true
		wg.Go(func() {
			if _, err := s.Put(t.Context(), id, "", strings.NewReader(id)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	last := ""
	for id, err := range s.IDs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !want[id] || id <= last {
			t.Errorf("id %s after %s", id, last)
		}
		delete(want, id)
		last = id
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
	for range s.IDs(t.Context()) {
		break
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	got := fmt.Sprint(artifact.Name("task_x", 0, "mp4"), " ", artifact.Name("task_x", 1, "mp4"))
	if got != "task_x.mp4 task_x-2.mp4" {
		t.Error(got)
	}
}
