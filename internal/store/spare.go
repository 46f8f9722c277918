package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// Remove deletes what Old has found, and returns what that was and which files are
// to be deleted after it. What is in flight is spared: events and results that a
// delivery still waits for, what has not ended before the time, what a workflow
// goes on with, and inputs of such tasks.
func (s *Store) Remove(ctx context.Context, part taskhook.Part, ids []string, before time.Time) (removed taskhook.Removal, err error) {
	err = s.update(ctx, s.kinds.remove, func(ctx context.Context, t tx) error {
		r := &remover{tx: t}
		defer func() { removed = r.Removal }()
		switch part {
		case taskhook.PartAttempts:
			return r.oldAttempts(ctx, ids, before)
		case taskhook.PartEvents:
			return r.oldEvents(ctx, ids)
		case taskhook.PartArtifacts:
			return r.oldArtifacts(ctx, ids)
		case taskhook.PartFiles:
			return r.oldFiles(ctx, ids, before)
		case taskhook.PartExecutions:
			return r.unless(ctx, ids, before, r.executions, func(in, before string) string {
				return `SELECT id FROM executions AS x WHERE id IN ` + in + ` AND (finished_at IS NULL OR finished_at >= ` + before + ` OR ` + owed("x.id") + `)`
			})
		case taskhook.PartTasks:
			return r.unless(ctx, ids, before, r.tasks, func(in, before string) string {
				return `SELECT k.id FROM tasks AS k LEFT JOIN executions AS x ON x.id = k.execution
					WHERE k.id IN ` + in + ` AND (k.finished_at IS NULL OR k.finished_at >= ` + before + ` OR ` + needed + `)`
			})
		}
		return fmt.Errorf("there is no part %q", part)
	})
	return removed, err
}

// owed is true when an event about something is not delivered.
func owed(subject string) string {
	return `EXISTS (SELECT 1 FROM events AS e JOIN deliveries AS d ON d.event = e.id WHERE e.subject = ` + subject + ` AND e.subject <> '' AND d.state = 'pending')`
}

// needed is true when somebody waits for the results of task k, of execution x if it
// is a step.
var needed = owed("k.id") + ` OR x.id IS NOT NULL AND (x.finished_at IS NULL OR ` + owed("x.id") + `)`

// unless removes those that a query, which is given a list and the time, does not
// find.
func (r *remover) unless(ctx context.Context, ids []string, before time.Time, remove func(context.Context, []string) error,
	query func(in, before string) string) error {
	spared := map[string]bool{}
	if err := each(ids, func(in string, args []any) error {
		some, err := collect(ctx, r.tx, scanInto[string], query(in, next(args)), append(args, ms(before))...)
		for _, id := range some {
			spared[id] = true
		}
		return err
	}); err != nil {
		return err
	}
	return remove(ctx, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return spared[id] }))
}

// next is the placeholder after those of args.
func next(args []any) string { return "$" + strconv.Itoa(len(args)+1) }

// oldAttempts spares those of deliveries that go on.
func (r *remover) oldAttempts(ctx context.Context, ids []string, before time.Time) error {
	return each(ids, func(in string, args []any) error {
		return r.attempts(ctx, `(SELECT id FROM deliveries WHERE id IN `+in+` AND state <> 'pending') AND started_at < `+next(args), append(args, ms(before))...)
	})
}

// oldEvents spares those that a delivery waits for, and notes where the feed begins
// now.
func (r *remover) oldEvents(ctx context.Context, ids []string) error {
	pending := map[string]bool{}
	if err := each(ids, func(in string, args []any) error {
		some, err := collect(ctx, r.tx, scanInto[string], `SELECT event FROM deliveries WHERE event IN `+in+` AND state = 'pending'`, args...)
		for _, id := range some {
			pending[id] = true
		}
		return err
	}); err != nil {
		return err
	}
	last, err := r.events(ctx, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return pending[id] }))
	if err != nil {
		return err
	}
	for _, account := range slices.Sorted(maps.Keys(last)) {
		if _, err := r.exec(ctx, `INSERT INTO feed_horizons AS h (account, seq) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE
			SET seq = CASE WHEN excluded.seq > h.seq THEN excluded.seq ELSE h.seq END`, account, last[account]); err != nil {
			return err
		}
	}
	return nil
}

// oldArtifacts marks results as removed; their rows go with the task.
func (r *remover) oldArtifacts(ctx context.Context, ids []string) error {
	return each(ids, func(in string, args []any) error {
		gone, err := collect(ctx, r.tx, scanArtifact, `UPDATE artifacts SET removed = 1 WHERE removed = 0 AND id IN `+in+`
			AND NOT EXISTS (SELECT 1 FROM tasks AS k LEFT JOIN executions AS x ON x.id = k.execution WHERE k.id = artifacts.task AND (`+needed+`))
			RETURNING `+artifactColumns, args...)
		for i := range gone {
			gone[i].Removed = false // until now
		}
		if err != nil {
			return err
		}
		return r.results(ctx, gone)
	})
}

// oldFiles spares those that were used later, and those that what has not ended
// may name: a use is noted but once in a while.
func (r *remover) oldFiles(ctx context.Context, ids []string, before time.Time) error {
	later := fmt.Sprintf("created_at <= files.used_at + %d", useAgain.Milliseconds())
	return each(ids, func(in string, args []any) error {
		return r.files(ctx, in, append(args, ms(before)), ` AND completed_at IS NOT NULL AND used_at < `+next(args)+`
			AND NOT EXISTS (SELECT 1 FROM runs AS r JOIN tasks AS k ON k.id = r.task WHERE r.account = files.account AND r.state = 'open' AND k.`+later+`)
			AND NOT EXISTS (SELECT 1 FROM executions AS x WHERE x.account = files.account AND x.finished_at IS NULL AND x.`+later+`)`)
	})
}

// ForgetUsage deletes up to limit sums of usage that are from before a time.
func (s *Store) ForgetUsage(ctx context.Context, before time.Time, limit int) (deleted int64, err error) {
	err = s.update(ctx, s.kinds.forgetUsage, func(ctx context.Context, t tx) (err error) {
		deleted, err = t.exec(ctx, `DELETE FROM usage WHERE (account, hour, provider, model, key) IN
			(SELECT account, hour, provider, model, key FROM usage WHERE hour < $1 LIMIT $2)`, ms(before)/hourMS, limit)
		return err
	})
	return deleted, err
}
