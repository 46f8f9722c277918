package retention

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
)

// Store is what a Sweeper asks of storage. Old returns what is from before a time in
// its order, from behind a place on; Remove deletes it but for what is in use, and
// returns the files that are to go after it; Stored is how much there is.
type Store interface {
	Old(ctx context.Context, part taskhook.Part, after string, before time.Time, limit int) ([]taskhook.Aged, error)
	Remove(ctx context.Context, part taskhook.Part, ids []string, before time.Time) (taskhook.Removal, error)
	Stored(ctx context.Context) (map[taskhook.Kind]taskhook.Amount, error)
	Shrink(ctx context.Context) (pages int64, err error)
}

// Files keeps bytes. Removing what is gone is no error.
type Files interface {
	Remove(ctx context.Context, id string) error
}

// Limit is how long and how much of a kind is kept. 0: for ever, and any amount.
type Limit struct {
	Age   time.Duration
	Bytes int64
}

// Options make a Sweeper. All fields must be set but where 0 has a meaning.
type Options struct {
	Store   Store
	Results Files // of tasks
	Uploads Files // that clients sent as inputs
	Limits  map[taskhook.Kind]Limit
	Every   time.Duration // between two looks; 0: a minute
	Logger  *slog.Logger
}

const (
	bite      = 500       // rows that one transaction removes, about
	idleShare = 4         // how much longer it rests than a bite takes
	again     = time.Hour // until it looks anew at what was spared
	lookEvery = time.Minute
)

// Sweeper removes what is too old or too much, a bite at a time, and rests after each
// so that the present is not slowed.
type Sweeper struct {
	Options
	places map[taskhook.Part]string // how far it is
	began  time.Time                // when it last began with the oldest
}

// NewSweeper returns a Sweeper.
func NewSweeper(o Options) *Sweeper {
	o.Every = cmp.Or(o.Every, lookEvery)
	return &Sweeper{Options: o, places: map[taskhook.Part]string{}}
}

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	for {
		if err := s.sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.Logger.Warn("remove what is old", "error", err)
		}
		if !rest(ctx, s.Every) {
			return nil
		}
	}
}

// sweep goes through all parts once. What it has passed it passes by, until it looks
// at everything anew.
func (s *Sweeper) sweep(ctx context.Context, now time.Time) error {
	if now.Sub(s.began) >= again {
		clear(s.places)
		s.began = now
	}
	for _, part := range taskhook.Parts() {
		limit := s.Limits[part.Kind()]
		if limit.Age > 0 {
			if err := s.sweepPart(ctx, part, now.Add(-limit.Age), nil); err != nil {
				return err
			}
		}
		if limit.Bytes > 0 {
			if err := s.sweepPart(ctx, part, now, s.excess); err != nil {
				return err
			}
		}
	}
	return s.shrink(ctx)
}

// excess is by how many bytes there is too much of a kind.
func (s *Sweeper) excess(ctx context.Context, kind taskhook.Kind) (int64, error) {
	stored, err := s.Store.Stored(ctx)
	return stored[kind].Bytes - s.Limits[kind].Bytes, err
}

// sweepPart removes what is from before a time, the oldest first; with excess only as
// long as there is too much.
func (s *Sweeper) sweepPart(ctx context.Context, part taskhook.Part, before time.Time, excess func(context.Context, taskhook.Kind) (int64, error)) error {
	var total taskhook.Removal
	defer func() {
		if n := total.Rows(); n > 0 {
			s.Logger.Info("removed what is no longer kept", "what", part, "rows", n, "files", len(total.Results)+len(total.Uploads))
		}
	}()
	place := s.places[part]
	if excess != nil {
		place = "" // more than its age has passed is of interest
	}
	for {
		began := time.Now()
		most := int64(-1)
		if excess != nil {
			over, err := excess(ctx, part.Kind())
			if err != nil || over <= 0 {
				return err
			}
			most = over
		}
		old, err := s.Store.Old(ctx, part, place, before, bite)
		if err != nil || len(old) == 0 {
			return err
		}
		old = cut(old, most)
		removed, err := s.remove(ctx, part, old, before)
		if err != nil {
			return err
		}
		total.Add(removed)
		if place = old[len(old)-1].Place; excess == nil {
			s.places[part] = place
		}
		if !rest(ctx, idleShare*time.Since(began)) {
			return ctx.Err()
		}
	}
}

// cut leaves as many as make a bite, and not more than needed to be rid of most bytes,
// unless that is negative.
func cut(old []taskhook.Aged, most int64) []taskhook.Aged {
	var sum taskhook.Amount
	for i, a := range old {
		sum = sum.Add(a.Amount)
		if sum.Rows >= bite || most >= 0 && sum.Bytes >= most {
			return old[:i+1]
		}
	}
	return old
}

func (s *Sweeper) remove(ctx context.Context, part taskhook.Part, old []taskhook.Aged, before time.Time) (taskhook.Removal, error) {
	ids := make([]string, len(old))
	for i, a := range old {
		ids[i] = a.ID
	}
	removed, err := s.Store.Remove(ctx, part, ids, before)
	if err != nil {
		return removed, err
	}
	removeFiles(ctx, s.Results, s.Uploads, removed, s.Logger)
	return removed, nil
}

// removeFiles deletes files whose rows are gone. Those that it can't delete are found
// as leftovers.
func removeFiles(ctx context.Context, results, uploads Files, removed taskhook.Removal, log *slog.Logger) (failed int) {
	remove := func(files Files, ids []string) {
		for _, id := range ids {
			if err := files.Remove(ctx, id); err != nil {
				failed++
				log.Warn("remove file; it is tried again as a leftover", "id", id, "error", err)
			}
		}
	}
	remove(results, removed.Results)
	remove(uploads, removed.Uploads)
	return failed
}

// shrink gives space back, in steps.
func (s *Sweeper) shrink(ctx context.Context) error {
	for {
		began := time.Now()
		pages, err := s.Store.Shrink(ctx)
		if err != nil || pages == 0 || !rest(ctx, idleShare*time.Since(began)) {
			return err
		}
	}
}

// rest waits, and reports whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
