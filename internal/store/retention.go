package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// Old returns what of a part is from before a time, in the order of its places, from
// behind a place on (empty: the first). It looks at up to limit rows, so that less
// than that may mean there is no more. It may be in use: Remove knows.
func (s *Store) Old(ctx context.Context, part taskhook.Part, after string, before time.Time, limit int) ([]taskhook.Aged, error) {
	byID := func(prefix, query string) ([]taskhook.Aged, error) {
		return collect(ctx, s.db, scanAged, query+` AND id > $1 AND id < $2 ORDER BY id LIMIT $3`, after, taskhook.FloorID(prefix, before), limit)
	}
	switch part {
	case taskhook.PartAttempts:
		return s.oldAttempts(ctx, after, before, limit)
	case taskhook.PartEvents:
		return s.oldEvents(ctx, after, before, limit)
	case taskhook.PartArtifacts:
		return byID(taskhook.PrefixArtifact, `SELECT id, id, 1, size FROM artifacts WHERE removed = 0`)
	case taskhook.PartExecutions:
		return byID(taskhook.PrefixExecution, `SELECT id, id, 1, length(input) FROM executions WHERE finished_at IS NOT NULL`)
	case taskhook.PartTasks:
		return byID(taskhook.PrefixTask, `SELECT id, id, 1, length(input) FROM tasks WHERE finished_at IS NOT NULL`)
	case taskhook.PartFiles:
		return byID(taskhook.PrefixFile, `SELECT id, id, 1, size FROM files WHERE completed_at IS NOT NULL`)
	}
	return nil, fmt.Errorf("look for what is old: there is no part %q", part)
}

func scanAged(r scanner) (a taskhook.Aged, err error) {
	err = r.Scan(&a.ID, &a.Place, &a.Amount.Rows, &a.Amount.Bytes)
	return a, err
}

// oldAttempts returns the attempts of a delivery as one.
func (s *Store) oldAttempts(ctx context.Context, after string, before time.Time, limit int) (old []taskhook.Aged, err error) {
	rows, err := collect(ctx, s.db, scanAged, `SELECT delivery, delivery, 1, coalesce(length(response), 0) FROM attempts
		WHERE delivery > $1 AND delivery < $2 ORDER BY delivery, number LIMIT $3`, after, taskhook.FloorID(taskhook.PrefixDelivery, before), limit)
	for _, a := range rows {
		if n := len(old); n > 0 && old[n-1].ID == a.ID {
			old[n-1].Amount = old[n-1].Amount.Add(a.Amount)
			continue
		}
		old = append(old, a)
	}
	return old, err
}

// oldEvents counts the deliveries of each event as its rows.
func (s *Store) oldEvents(ctx context.Context, after string, before time.Time, limit int) ([]taskhook.Aged, error) {
	var from int64
	if after != "" {
		var err error
		if from, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, fmt.Errorf("look for old events: %w", err)
		}
	}
	type aged struct {
		taskhook.Aged
		seq, created int64
	}
	found, err := collect(ctx, s.db, func(r scanner) (e aged, err error) {
		err = r.Scan(&e.ID, &e.seq, &e.created, &e.Amount.Rows, &e.Amount.Bytes)
		e.Place = strconv.FormatInt(e.seq, 10)
		return e, err
	}, `SELECT id, seq, created_at, 1 + (SELECT count(*) FROM deliveries WHERE event = events.id), length(body) FROM events
		WHERE seq > $1 ORDER BY seq LIMIT $2`, from, limit)
	var old []taskhook.Aged
	for _, e := range found {
		if e.created >= ms(before) {
			break
		}
		e.Amount.Bytes += eventCost + (e.Amount.Rows-1)*deliveryCost
		old = append(old, e.Aged)
	}
	return old, err
}
