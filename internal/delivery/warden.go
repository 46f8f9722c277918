package delivery

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/taskhook/taskhook"
)

// WardenStore is what the Warden asks of endpoints.
type WardenStore interface {
	FailingEndpoints(ctx context.Context, long time.Duration, limit int) ([]taskhook.FailingEndpoint, error)
	NoteEndpoint(ctx context.Context, now time.Time, n *taskhook.EndpointNotice) error
}

// WardenOptions make a Warden.
type WardenOptions struct {
	Endpoints WardenStore
	Schedule  taskhook.Schedule // of the notices to endpoints without one of their own
	Body      func(*taskhook.EndpointNotice) []byte
	Alert     func(ctx context.Context, body []byte) error // tells the operator; may be nil
	Logger    *slog.Logger

	After    time.Duration    // of nothing but failure an endpoint is disabled; 0: never
	KeepGone bool             // answers of 410 end their deliveries only
	Every    time.Duration    // it looks; 0: every minute
	Now      func() time.Time // the time that all nodes go by; nil: time.Now
}

// Warden disables endpoints that accept nothing any more, and tells their accounts
// before. What they are owed is held.
type Warden struct {
	WardenOptions
	wake chan struct{}
}

// NewWarden returns a Warden that Run sets going.
func NewWarden(o WardenOptions) *Warden {
	o.Every = cmp.Or(o.Every, time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Warden{WardenOptions: o, wake: make(chan struct{}, 1)}
}

// Gone says that a receiver has answered 410.
func (w *Warden) Gone() { signal(w.wake) }

// Run looks after the endpoints until ctx ends.
func (w *Warden) Run(ctx context.Context) error {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		if err := w.look(ctx, w.Now()); err != nil && ctx.Err() == nil {
			w.Logger.Error("look after failing endpoints", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-w.wake:
		}
	}
}

// wardenBite is how many endpoints are looked at a time: more are next time's.
const wardenBite = 1000

// warning is for how long an endpoint has failed when its account is told.
func (w *Warden) warning() time.Duration {
	if w.After == 0 {
		return math.MaxInt64
	}
	return w.After - w.After/5
}

func (w *Warden) look(ctx context.Context, now time.Time) error {
	failing, err := w.Endpoints.FailingEndpoints(ctx, w.warning(), wardenBite)
	if err != nil {
		return err
	}
	for _, f := range failing {
		if n := w.notice(f, now); n != nil {
			if err := w.tell(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// notice says what to do about a failing endpoint; nil: nothing now.
func (w *Warden) notice(f taskhook.FailingEndpoint, now time.Time) *taskhook.EndpointNotice {
	n := &taskhook.EndpointNotice{FailingEndpoint: f, At: now, EventID: taskhook.NewID(taskhook.PrefixEvent, now),
		EventType: taskhook.EventEndpointDisabled}
	failed := f.Last.At.Sub(f.Since)
	switch {
	case f.Last.Class == taskhook.ClassGone && !w.KeepGone:
	case failed < w.warning():
		return nil // it is gone, which does not count
	case failed >= w.After && !f.Warned.IsZero():
	case f.Warned.IsZero():
		n.EventType = taskhook.EventEndpointDisabling
		n.DisablesAt = later(f.Since.Add(w.After), now)
	default:
		return nil
	}
	n.Publication = &taskhook.Publication{Events: []taskhook.NewEvent{{FanOut: true, Schedule: w.Schedule, Event: taskhook.Event{
		ID: n.EventID, AccountID: f.AccountID, Type: n.EventType, Subject: f.ID, Body: w.Body(n), CreatedAt: now}}}}
	return n
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tell stores the notice, and then tells the operator, once.
func (w *Warden) tell(ctx context.Context, n *taskhook.EndpointNotice) error {
	if err := w.Endpoints.NoteEndpoint(ctx, n.At, n); err != nil || n.Stale {
		return err
	}
	w.Logger.Warn(n.EventType, "webhook", n.ID, "account", n.AccountID, "reason", n.Reason(), "last", n.Last.Error)
	if w.Alert == nil {
		return nil
	}
	if err := w.Alert(ctx, n.Publication.Events[0].Event.Body); err != nil && ctx.Err() == nil {
		w.Logger.Error("alert the operator", "error", err, "webhook", n.ID)
	}
	return nil
}
