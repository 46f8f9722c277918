package poster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// Store knows the videos that wait for a poster; see store.Store for what each promises.
type Store interface {
	ClaimPoster(ctx context.Context, now, until time.Time) (video taskhook.Artifact, ok bool, err error)
	SettlePoster(ctx context.Context, video string, made *taskhook.Artifact) (stored bool, err error)
	Content(ctx context.Context, id string) ([]byte, error)
}

// Files keeps results. What Take returns without content is durable.
type Files interface {
	Get(ctx context.Context, id string) (io.ReadSeekCloser, error)
	Take(ctx context.Context, id, name string, r io.Reader, small int64) (_ artifact.File, content []byte, err error)
	Remove(ctx context.Context, id string) error
}

// Camera takes a picture of a video, in JPEG.
type Camera interface {
	Picture(ctx context.Context, video *os.File, format string, at time.Duration) ([]byte, error)
}

// Options make a Maker.
type Options struct {
	Store   Store
	Files   Files
	Camera  Camera
	Inline  int64  // bytes of the largest poster that is stored in the database, not as a file
	Scratch string // folder for copies of videos that are not files of this machine
	Logger  *slog.Logger
	Now     func() time.Time // the time that all nodes go by
	Every   time.Duration    // it looks for videos that it was not told of; 0: every 5 s
	Limit   time.Duration    // of one try, after which another node may try; 0: 2 minutes
}

// Maker makes posters, one at a time.
type Maker struct {
	Options
	wake chan struct{}
}

// New returns a Maker that Run sets going.
func New(o Options) *Maker {
	o.Every, o.Limit = cmp.Or(o.Every, 5*time.Second), cmp.Or(o.Limit, 2*time.Minute)
	return &Maker{Options: o, wake: make(chan struct{}, 1)}
}

// Wake says that there is a new video. It does not wait.
func (m *Maker) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Run makes posters until ctx ends. What it leaves undone is done when its time is over.
func (m *Maker) Run(ctx context.Context) error {
	tick := time.NewTicker(m.Every)
	defer tick.Stop()
	for {
		for m.turn(ctx) {
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-m.wake:
		}
	}
}

// giveUp is how long after the video was stored a poster is tried.
const giveUp = time.Hour

// turn works on one video, and reports whether to go on with the next at once.
func (m *Maker) turn(ctx context.Context) bool {
	now := m.Now()
	video, ok, err := m.Store.ClaimPoster(ctx, now, now.Add(m.Limit))
	if err != nil && ctx.Err() == nil {
		m.Logger.Warn("look for videos without a poster", "error", err)
	}
	if err != nil || !ok {
		return false
	}
	made, err := m.make(ctx, &video)
	if ctx.Err() != nil {
		m.drop(ctx, made)
		return false
	}
	if err != nil {
		lasting := errors.Is(err, errNoPicture) || errors.Is(err, fs.ErrNotExist) || now.Sub(video.CreatedAt) > giveUp
		m.Logger.Warn("make a poster", "task", video.TaskID, "result", video.Name, "again", !lasting, "error", err)
		if !lasting {
			return false
		}
	}
	return m.settle(ctx, &video, made)
}

// settle stores what was made. After an error it may be stored all the same, so its
// file stays; if it is not, that is found as a leftover.
func (m *Maker) settle(ctx context.Context, video, made *taskhook.Artifact) bool {
	stored, err := m.Store.SettlePoster(ctx, video.ID, made)
	if err != nil {
		m.Logger.Warn("store a poster", "task", video.TaskID, "error", err)
		return false
	}
	if !stored {
		m.drop(ctx, made)
	}
	return true
}

// drop removes the file of a poster that is not stored; nil has none.
func (m *Maker) drop(ctx context.Context, made *taskhook.Artifact) {
	if made == nil || made.Inline {
		return
	}
	if err := m.Files.Remove(context.WithoutCancel(ctx), made.ID); err != nil {
		m.Logger.Warn("remove a poster", "id", made.ID, "error", err) // found as a leftover
	}
}

// make takes the picture and stores its file.
func (m *Maker) make(ctx context.Context, video *taskhook.Artifact) (*taskhook.Artifact, error) {
	if video.Removed {
		return nil, fs.ErrNotExist
	}
	ctx, cancel := context.WithTimeout(ctx, m.Limit*3/4)
	defer cancel()
	file, err := m.open(ctx, video)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	picture, err := m.Camera.Picture(ctx, file, video.Format, moment(video.Duration))
	if err != nil {
		return nil, err
	}
	now := m.Now()
	id := taskhook.NewID(taskhook.PrefixArtifact, now)
	about, content, err := m.Files.Take(ctx, id, "poster.jpg", bytes.NewReader(picture), m.Inline)
	if err != nil {
		return nil, err
	}
	return &taskhook.Artifact{ID: id, TaskID: video.TaskID, Index: video.Index, Role: taskhook.RolePoster,
		Name: artifact.PosterName(video.TaskID, video.Index, about.Format), Format: about.Format, MediaType: about.MediaType,
		Size: about.Size, SHA256: about.SHA256, Safety: video.Safety, CreatedAt: now, Inline: content != nil, Content: content}, nil
}

// moment is when in a video of a length the picture is taken: soon, but behind what
// many videos fade in from.
func moment(length time.Duration) time.Duration { return min(length/4, time.Second) }
