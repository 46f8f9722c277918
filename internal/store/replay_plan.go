package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
)

// PlanReplay says what a replay would do, by the very search that it would make,
// and sets where it begins and ends. Chosen deliveries of another account are
// CodeNotFound.
func (s *Store) PlanReplay(ctx context.Context, j *taskhook.Replay) (p taskhook.ReplayPreview, err error) {
	if err := s.setBounds(ctx, j); err != nil {
		return p, err
	}
	part, err := s.findPart(ctx, j, searchLimits{wanted: taskhook.MaxTotal, items: taskhook.MaxTotal, rows: maxSearch})
	if err != nil {
		return p, err
	}
	for i, id := range j.Choice.Deliveries {
		if i == len(part.Items) || part.Items[i].ID != id {
			return p, taskhook.Errorf(taskhook.CodeNotFound, "There is no delivery %s in this account.", id)
		}
	}
	var subjects []string
	for i := range part.Items {
		if item := &part.Items[i]; item.Skip {
			p.Skipped++
		} else {
			p.Expected++
			subjects = append(subjects, item.Subject)
			if len(p.Sample) < sampleSize {
				p.Sample = append(p.Sample, *item)
			}
		}
	}
	p.Open, p.Held = !part.Done, part.Target != nil && part.Target.State != taskhook.EndpointActive
	j.Found, j.Open = len(part.Items), p.Open
	p.Purged, err = s.countPurged(ctx, subjects)
	return p, err
}

// sampleSize is how many items a preview shows.
const sampleSize = 10

// setBounds sets where the search of a replay begins and ends.
func (s *Store) setBounds(ctx context.Context, j *taskhook.Replay) error {
	c := &j.Choice
	end := j.CreatedAt
	if !c.Filter.To.IsZero() && c.Filter.To.Before(end) {
		end = c.Filter.To
	}
	if c.Since.IsZero() {
		j.Cursor, j.Bound = taskhook.FloorID(taskhook.PrefixDelivery, c.Filter.From), taskhook.FloorID(taskhook.PrefixDelivery, end)
		return nil
	}
	// An event has its place within commitLimit after its id was made, so what comes
	// before the last that is older by as much is older too.
	before, _, err := first(ctx, s.db, scanInto[int64], `SELECT seq FROM events WHERE id < $1 ORDER BY id DESC LIMIT 1`,
		taskhook.FloorID(taskhook.PrefixEvent, c.Since.Add(-commitLimit)))
	if err != nil {
		return err
	}
	head, err := s.FeedHead(ctx)
	j.Cursor, j.Bound = strconv.FormatInt(before, 10), strconv.FormatInt(int64(head), 10)
	return err
}

// countPurged counts the subjects of which a result is no longer kept: tasks, and
// executions by their tasks.
func (s *Store) countPurged(ctx context.Context, subjects []string) (n int, err error) {
	purged := map[string]bool{}
	once := slices.Compact(slices.Sorted(slices.Values(subjects)))
	for _, kind := range []struct{ prefix, query string }{
		{taskhook.PrefixTask, `SELECT task FROM artifacts WHERE removed = 1 AND task`},
		{taskhook.PrefixExecution, `SELECT s.execution FROM execution_steps s JOIN artifacts a ON a.task = s.task WHERE a.removed = 1 AND s.execution`},
	} {
		some := slices.DeleteFunc(slices.Clone(once), func(id string) bool { return !strings.HasPrefix(id, kind.prefix) })
		err := inBites(some, func(ids []string) error {
			found, err := known(ctx, s.db, kind.query, ids)
			for id := range found {
				purged[id] = true
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	for _, subject := range subjects {
		if purged[subject] {
			n++
		}
	}
	return n, nil
}
