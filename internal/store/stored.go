package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// What a row takes in its table and in the indexes about, besides what it holds of
// bodies. A migration has these numbers too, for what was there before it.
const (
	eventCost     = 400
	deliveryCost  = 800
	attemptCost   = 120
	taskCost      = 800 // with its run
	executionCost = 800 // with its steps
)

// stock is how a transaction changes what there is of each kind. It is written with
// the commit, in one statement, so that limits need no sums of history.
type stock struct {
	changes map[taskhook.Kind]taskhook.Amount
}

func (t *stock) note(kind taskhook.Kind, change taskhook.Amount) {
	if t.changes == nil {
		t.changes = map[taskhook.Kind]taskhook.Amount{}
	}
	t.changes[kind] = t.changes[kind].Add(change)
}

// noted returns the changes until now, and renote puts them back, for a savepoint.
func (t *stock) noted() map[taskhook.Kind]taskhook.Amount         { return maps.Clone(t.changes) }
func (t *stock) renote(changes map[taskhook.Kind]taskhook.Amount) { t.changes = changes }

// writeStored writes what a transaction has noted.
func writeStored(ctx context.Context, t tx) error {
	var args []any
	changes := t.noted()
	for _, kind := range slices.Sorted(maps.Keys(changes)) {
		if c := changes[kind]; c != (taskhook.Amount{}) {
			args = append(args, string(kind), c.Rows, c.Bytes)
		}
	}
	return t.many(ctx, nil, stockRows, args)
}

// less is what a removal takes away.
func less(rows, bytes int64) taskhook.Amount { return taskhook.Amount{Rows: -rows, Bytes: -bytes} }

// Stored returns how much there is of each kind.
func (s *Store) Stored(ctx context.Context) (map[taskhook.Kind]taskhook.Amount, error) {
	all := map[taskhook.Kind]taskhook.Amount{}
	_, err := collect(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var kind taskhook.Kind
		var a taskhook.Amount
		err = r.Scan(&kind, &a.Rows, &a.Bytes)
		all[kind] = a
		return struct{}{}, err
	}, `SELECT kind, amount, bytes FROM stored ORDER BY kind`)
	return all, err
}

// Oldest returns from when the oldest is of each kind that has something which may be
// removed one day.
func (s *Store) Oldest(ctx context.Context, now time.Time) (map[taskhook.Kind]time.Time, error) {
	oldest := map[taskhook.Kind]time.Time{}
	for _, part := range taskhook.Parts() {
		found, err := s.Old(ctx, part, "", now, 1)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			prefix, _, _ := strings.Cut(a.ID, "_")
			made := taskhook.IDTime(prefix+"_", a.ID)
			if other, met := oldest[part.Kind()]; !met || made.Before(other) {
				oldest[part.Kind()] = made
			}
		}
	}
	return oldest, nil
}
