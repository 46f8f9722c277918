package poster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/testkit"
)

// waiting is a Store with at most one video, on fake time.
type waiting struct {
	video   taskhook.Artifact
	due     time.Time // zero: it is settled
	claims  int
	made    *taskhook.Artifact
	refuse  bool  // what is made, for the video is gone
	failing error // of the next settle
}

func (w *waiting) ClaimPoster(_ context.Context, now, until time.Time) (taskhook.Artifact, bool, error) {
	if w.due.IsZero() || w.due.After(now) {
		return taskhook.Artifact{}, false, nil
	}
	w.due = until
	w.claims++
	return w.video, true, nil
}

func (w *waiting) SettlePoster(_ context.Context, video string, made *taskhook.Artifact) (bool, error) {
	if err := w.failing; err != nil {
		w.failing = nil
		return false, err
	}
	if video != w.video.ID {
		return false, fmt.Errorf("no video %s", video)
	}
	w.due, w.made = time.Time{}, made
	return made != nil && !w.refuse, nil
}

func (w *waiting) Content(context.Context, string) ([]byte, error) {
	return []byte("inline video"), nil
}

// elsewhere keeps files as a bucket does: they are not of this machine. It may be away.
type elsewhere struct {
	*artifact.Store
	away atomic.Bool
}

func (e *elsewhere) Get(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	if e.away.Load() {
		return nil, taskhook.Errorf(taskhook.CodeUnavailable, "The bucket does not answer.")
	}
	f, err := e.Store.Get(ctx, id)
	return struct{ io.ReadSeekCloser }{f}, err
}

// away has the videos in a bucket that does not answer.
func away(s *studio) *elsewhere {
	e := &elsewhere{Store: s.files}
	e.away.Store(true)
	s.Files = e
	return e
}

// camera notes what it is shown.
type camera struct {
	seen  string
	at    time.Duration
	fail  error
	large bool
}

func (c *camera) Picture(_ context.Context, video *os.File, _ string, at time.Duration) ([]byte, error) {
	b, err := io.ReadAll(video)
	c.seen, c.at = string(b), at
	picture := []byte("\xff\xd8\xff picture")
	if c.large {
		picture = append(picture, make([]byte, 100)...)
	}
	return picture, errors.Join(err, c.fail)
}

// studio is a Maker with all that it needs, and one video.
type studio struct {
	*testing.T
	*Maker
	store  *waiting
	files  *artifact.Store
	camera *camera
	logs   *testkit.Logs
}

// inStudio runs a test with a Maker that goes on for two hours, and holds that nothing is
// left of what is not stored.
func inStudio(t *testing.T, prepare, check func(s *studio)) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		files, err := artifact.Open(filepath.Join(dir, "artifacts"), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		id := taskhook.NewID(taskhook.PrefixArtifact, time.Now())
		about, err := files.Put(t.Context(), id, "v.mp4", strings.NewReader("video on disk"))
		if err != nil {
			t.Fatal(err)
		}
		s := &studio{T: t, files: files, camera: &camera{}, logs: &testkit.Logs{}, store: &waiting{due: time.Now(), video: taskhook.Artifact{ID: id,
			TaskID: "task_x", Index: 1, Format: "mp4", MediaType: "video/mp4", Size: about.Size, Duration: 2 * time.Second, Safety: taskhook.SafetyFlagged, CreatedAt: time.Now()}}}
		s.Maker = New(Options{Store: s.store, Files: files, Camera: s.camera, Inline: 50, Scratch: filepath.Join(dir, "scratch"),
			Logger: slog.New(s.logs), Now: time.Now, Every: time.Minute})
		prepare(s)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		if err := s.Maker.Run(ctx); err != nil {
			t.Error(err)
		}
		check(s)
		s.checkFiles()
		if left, _ := filepath.Glob(filepath.Join(dir, "scratch", "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func (s *studio) checkFiles() {
	s.Helper()
	want := 1
	if s.store.made != nil && !s.store.made.Inline && !s.store.refuse {
		want = 2
	}
	got := 0
	for _, err := range s.files.IDs(s.Context()) {
		if err != nil {
			s.Fatal(err)
		}
		got++
	}
	if got != want {
		s.Errorf("%d files are kept, want %d", got, want)
	}
}

func TestMaker(t *testing.T) {
	t.Parallel()
	none := func(s *studio) {
		if s.store.made != nil || !s.store.due.IsZero() {
			s.Errorf("made %+v, due %v", s.store.made, s.store.due)
		}
	}
	made := func(saw string) func(s *studio) {
		return func(s *studio) {
			p := s.store.made
			if p == nil || s.camera.seen != saw {
				s.Fatalf("made %+v of %q", p, s.camera.seen)
			}
			if p.Name != "task_x-2-poster.jpg" || p.TaskID != "task_x" || p.Index != 1 || p.Role != taskhook.RolePoster || p.MediaType != "image/jpeg" ||
				p.Safety != taskhook.SafetyFlagged || p.Inline != bytes.HasPrefix(p.Content, []byte("\xff\xd8\xff")) {
				s.Errorf("made %+v", p)
			}
			if s.camera.at != 500*time.Millisecond {
				s.Errorf("the picture is of %v", s.camera.at)
			}
		}
	}
	for name, tt := range map[string]struct{ prepare, check func(s *studio) }{
		"of a file":              {func(*studio) {}, made("video on disk")},
		"as a file":              {func(s *studio) { s.camera.large = true }, made("video on disk")},
		"of what is inline":      {func(s *studio) { s.store.video.Inline = true }, made("inline video")},
		"of what is in a bucket": {func(s *studio) { s.Files = &elsewhere{Store: s.files} }, made("video on disk")},
		"of what is too large to copy": {func(s *studio) {
			s.Files, s.store.video.Size = &elsewhere{Store: s.files}, maxCopy+1
		}, none},
		"of what is gone":       {func(s *studio) { s.store.video.Removed = true }, none},
		"of what has no file":   {func(s *studio) { s.store.video.ID = taskhook.NewID(taskhook.PrefixArtifact, time.Now()) }, none},
		"of what is unreadable": {func(s *studio) { s.camera.fail = errNoPicture }, none},
		"that nobody wants any more": {func(s *studio) { s.camera.large, s.store.refuse = true, true }, func(s *studio) {
			if s.store.made == nil {
				s.Error("nothing was made")
			}
		}},
		"after the bucket was away": {func(s *studio) {
			bucket := away(s)
			time.AfterFunc(5*time.Minute, func() { bucket.away.Store(false) })
		}, func(s *studio) {
			made("video on disk")(s)
			if s.store.claims != 4 {
				s.Errorf("it was tried %d times", s.store.claims)
			}
		}},
		"not for ever":                {func(s *studio) { away(s) }, none},
		"after the database was away": {func(s *studio) { s.store.failing = errors.New("away") }, made("video on disk")},
	} {
		t.Run(name, func(t *testing.T) { inStudio(t, tt.prepare, tt.check) })
	}
}

// TestWake: a video that it is told of is looked at without waiting.
func TestWake(t *testing.T) {
	var at time.Time
	inStudio(t, func(s *studio) {
		s.Every, s.store.due = 30*time.Minute, time.Now().Add(time.Minute)
		at = s.store.due
		time.AfterFunc(time.Minute, s.Wake)
	}, func(s *studio) {
		if s.store.made == nil || !s.store.made.CreatedAt.Equal(at) {
			s.Errorf("made %+v, want it at %v", s.store.made, at)
		}
	})
}
