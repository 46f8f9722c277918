package delivery

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
)

// ReplayWork is what the Replayer asks of jobs. AdvanceReplay is durable on return,
// and stale when another has worked on the job since.
type ReplayWork interface {
	RunningReplays(ctx context.Context, limit int) ([]taskhook.Replay, error)
	ReplayPart(ctx context.Context, j *taskhook.Replay, limit int) (taskhook.ReplayPart, error)
	AdvanceReplay(ctx context.Context, now time.Time, step *taskhook.ReplayStep) error
	ChangeReplay(ctx context.Context, now time.Time, account, id string, change func(*taskhook.Replay) error) (taskhook.Replay, error)
}

// ReplayerOptions make a Replayer.
type ReplayerOptions struct {
	Jobs     ReplayWork
	Schedule taskhook.Schedule // of endpoints without one of their own
	Logger   *slog.Logger
	Now      func() time.Time // the time that all nodes go by; nil: time.Now
	Every    time.Duration    // it looks for jobs that it was not told of; 0: every second
}

// Replayer works on replays, all that run in turn. It makes their deliveries in
// small transactions, each of which also moves the job on: so nothing is lost or
// made twice by a crash, and to pause or cancel takes effect between two of them.
type Replayer struct {
	ReplayerOptions
	wake chan struct{}
	due  map[string]time.Time // when a job goes on, by its id
}

// NewReplayer returns a Replayer that Run sets going.
func NewReplayer(o ReplayerOptions) *Replayer {
	o.Every = cmp.Or(o.Every, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Replayer{ReplayerOptions: o, wake: make(chan struct{}, 1), due: map[string]time.Time{}}
}

// Wake says that a replay was started or changed.
func (r *Replayer) Wake() { signal(r.wake) }

// Run works on replays until ctx ends.
func (r *Replayer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		timer := time.NewTimer(time.Until(r.turn(ctx)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.wake:
		}
		timer.Stop()
	}
	return nil
}

// The bounds of a turn.
const (
	maxRunning  = 100             // jobs that are worked on at a time: the oldest
	maxPart     = 50              // deliveries of a transaction, which bounds the memory for their bodies
	partsSecond = 5               // transactions a second of a job, where that is enough for its rate
	replayPause = 5 * time.Second // after an error
)

// turn does a part of each job that is due, and returns when to look again.
func (r *Replayer) turn(ctx context.Context) (next time.Time) {
	next = time.Now().Add(r.Every)
	jobs, err := r.Jobs.RunningReplays(ctx, maxRunning)
	if err != nil {
		if ctx.Err() == nil {
			r.Logger.Error("look for replays", "error", err)
		}
		return next
	}
	due := make(map[string]time.Time, len(jobs))
	for i := range jobs {
		j := &jobs[i]
		if due[j.ID] = r.due[j.ID]; !due[j.ID].After(time.Now()) {
			begin := time.Now()
			due[j.ID] = begin.Add(r.pause(ctx, j))
		}
		if due[j.ID].Before(next) {
			next = due[j.ID]
		}
	}
	r.due = due
	return next
}

// pause does the next part of a job and returns how long that is to last.
func (r *Replayer) pause(ctx context.Context, j *taskhook.Replay) time.Duration {
	made, err := r.advance(ctx, j)
	switch {
	case err == nil:
		return time.Duration(made) * time.Second / time.Duration(j.Rate)
	case ctx.Err() != nil:
	case taskhook.ErrorCode(err) == taskhook.CodeRateLimited: // until what the account is owed has arrived
	default:
		r.Logger.Error("replay", "replay", j.ID, "error", err)
	}
	return replayPause
}

// advance does the next part of a job, and returns how many deliveries it has made.
func (r *Replayer) advance(ctx context.Context, j *taskhook.Replay) (made int, err error) {
	part, err := r.Jobs.ReplayPart(ctx, j, min(max(j.Rate/partsSecond, 1), maxPart))
	if taskhook.ErrorCode(err) == taskhook.CodeNotFound {
		return 0, r.end(ctx, j, "The webhook that it sends to was deleted.")
	}
	if err != nil {
		return 0, err
	}
	now := later(r.Now(), j.CreatedAt) // what it makes is beyond its end, whatever the clocks say
	p := &taskhook.Publication{Rouse: j.Created == 0}
	for i := range part.Items {
		if !part.Items[i].Skip {
			p.Deliveries = append(p.Deliveries, r.delivery(j, &part.Items[i], part.Target, now))
		}
	}
	step := &taskhook.ReplayStep{Replay: *j, Part: part, Publication: p}
	made = len(p.Deliveries)
	if err := r.Jobs.AdvanceReplay(ctx, now, step); err != nil || step.Stale {
		return 0, err
	}
	return made, nil
}

// delivery returns the new delivery of an item.
func (r *Replayer) delivery(j *taskhook.Replay, item *taskhook.ReplayItem, to *taskhook.Endpoint, now time.Time) taskhook.Outgoing {
	d := taskhook.Outgoing{Delivery: repeated(item.Delivery, now), Body: item.Body}
	d.ReplayID = j.ID
	if to != nil {
		d.EndpointID, d.LaneID, d.URL, d.Schedule = to.ID, to.LaneID, to.URL, to.Schedule
		if d.Schedule == nil {
			d.Schedule = r.Schedule
		}
	}
	return d
}

// end cancels a job that can't go on.
func (r *Replayer) end(ctx context.Context, j *taskhook.Replay, why string) error {
	_, err := r.Jobs.ChangeReplay(ctx, r.Now(), j.AccountID, j.ID, func(j *taskhook.Replay) error {
		if j.State.CanBecome(taskhook.ReplayCancelled) {
			j.State, j.Reason = taskhook.ReplayCancelled, why
		}
		return nil
	})
	return err
}
