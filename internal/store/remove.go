package store

import (
	"context"
	"slices"

	"github.com/taskhook/taskhook"
)

// remover deletes rows by the ids of what they belong to, with all that goes
// together with them. Retention and erasure differ only in what they give it.
type remover struct {
	tx
	taskhook.Removal
}

// delete runs a DELETE that returns the bytes of each row, and counts them.
func (r *remover) delete(ctx context.Context, table, query string, args ...any) (rows, bytes int64, err error) {
	sizes, err := collect(ctx, r.tx, scanInto[int64], query, args...)
	for _, size := range sizes {
		bytes += size
	}
	rows = int64(len(sizes))
	r.Count(table, rows)
	return rows, bytes, err
}

// less takes from what is stored.
func (r *remover) less(kind taskhook.Kind, rows, bytes int64) {
	r.Bytes += bytes
	r.note(kind, taskhook.Amount{Rows: -rows, Bytes: -bytes})
}

// each calls do with lists of ids, of few different lengths.
func each(ids []string, do func(in string, args []any) error) error {
	return inBites(ids, func(some []string) error {
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		return do("("+marks(1, len(some))+")", args)
	})
}

// attempts deletes the attempts of deliveries.
func (r *remover) attempts(ctx context.Context, in string, args ...any) error {
	rows, bytes, err := r.delete(ctx, "attempts", `DELETE FROM attempts WHERE delivery IN `+in+` RETURNING coalesce(length(response), 0)`, args...)
	r.less(taskhook.KindAttempts, rows, bytes+rows*attemptCost)
	return err
}

// places are those of removed events in the feed of their account, the last ones.
type places map[string]int64

// events deletes events with their deliveries and attempts.
func (r *remover) events(ctx context.Context, ids []string) (last places, err error) {
	last = places{}
	err = each(ids, func(in string, args []any) error {
		if err := r.attempts(ctx, `(SELECT id FROM deliveries WHERE event IN `+in+`)`, args...); err != nil {
			return err
		}
		n, bytes, err := r.delete(ctx, "deliveries", `DELETE FROM deliveries WHERE event IN `+in+` RETURNING coalesce(length(body), 0)`, args...)
		if err != nil {
			return err
		}
		r.less(taskhook.KindEvents, 0, bytes+n*deliveryCost)
		type row struct {
			taskhook.Event
			size int64
		}
		gone, err := collect(ctx, r.tx, func(s scanner) (e row, err error) {
			err = s.Scan(&e.AccountID, &e.Seq, &e.Test, &e.size)
			return e, err
		}, `DELETE FROM events WHERE id IN `+in+` RETURNING account, seq, test, length(body)`, args...)
		for _, e := range gone {
			r.less(taskhook.KindEvents, 1, e.size+eventCost)
			if !e.Test { // those the feed never showed
				last[e.AccountID] = max(last[e.AccountID], e.Seq)
			}
		}
		r.Count("events", int64(len(gone)))
		return err
	})
	return last, err
}

// executions deletes executions and their steps, not the tasks of these.
func (r *remover) executions(ctx context.Context, ids []string) error {
	return each(ids, func(in string, args []any) error {
		if _, err := r.exec(ctx, `DELETE FROM execution_steps WHERE execution IN `+in, args...); err != nil {
			return err
		}
		if _, err := r.exec(ctx, `DELETE FROM idempotency WHERE task IN `+in, args...); err != nil {
			return err
		}
		rows, bytes, err := r.delete(ctx, "executions", `DELETE FROM executions WHERE id IN `+in+` RETURNING length(input)`, args...)
		r.less(taskhook.KindTasks, rows, bytes+rows*executionCost)
		return err
	})
}

// tasks deletes tasks that have ended, with their runs and results.
func (r *remover) tasks(ctx context.Context, ids []string) error {
	return each(ids, func(in string, args []any) error {
		gone, err := collect(ctx, r.tx, scanArtifact, `DELETE FROM artifacts WHERE task IN `+in+` RETURNING `+artifactColumns, args...)
		if err != nil {
			return err
		}
		if err := r.results(ctx, gone); err != nil {
			return err
		}
		batches, err := collect(ctx, r.tx, scanInto[string], `SELECT batch FROM tasks WHERE id IN `+in+` AND batch <> ''`, args...)
		if err != nil {
			return err
		}
		for _, table := range []string{"runs", "idempotency"} {
			if _, err := r.exec(ctx, `DELETE FROM `+table+` WHERE task IN `+in, args...); err != nil {
				return err
			}
		}
		rows, bytes, err := r.delete(ctx, "tasks", `DELETE FROM tasks WHERE id IN `+in+`
			RETURNING length(input) + coalesce(length(metadata), 0)`, args...)
		r.less(taskhook.KindTasks, rows, bytes+rows*taskCost)
		if err != nil {
			return err
		}
		slices.Sort(batches)
		return r.batches(ctx, slices.Compact(batches))
	})
}

// batches deletes those of which no task is left.
func (r *remover) batches(ctx context.Context, ids []string) error {
	for _, id := range ids {
		gone, err := r.exec(ctx, `DELETE FROM batches WHERE id = $1 AND open = 0
			AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.batch = batches.id AND tasks.batch <> '')`, id)
		if err != nil {
			return err
		}
		if gone == 1 {
			if _, err := r.exec(ctx, `DELETE FROM idempotency WHERE task = $1`, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// results removes the bytes of artifacts, where they are still kept: those in the
// database now, and of the others it notes that their files are to go.
func (r *remover) results(ctx context.Context, gone []taskhook.Artifact) error {
	var inline []string
	for _, a := range gone {
		if a.Removed {
			continue
		}
		r.less(taskhook.KindArtifacts, 1, a.Size)
		r.Count("artifacts", 1)
		if a.Inline {
			inline = append(inline, a.ID)
		} else {
			r.Results = append(r.Results, a.ID)
		}
	}
	return each(inline, func(in string, args []any) error {
		_, err := r.exec(ctx, `DELETE FROM contents WHERE artifact IN `+in, args...)
		return err
	})
}

// files deletes uploaded files of a list where what is said more holds too.
func (r *remover) files(ctx context.Context, in string, args []any, more string) error {
	gone, err := collect(ctx, r.tx, scanFile, `DELETE FROM files WHERE id IN `+in+more+` RETURNING `+fileColumns, args...)
	for _, f := range gone {
		if f.Complete() {
			r.less(taskhook.KindFiles, 1, f.Size)
		}
		if f.Content != "" {
			r.Uploads = append(r.Uploads, f.Content)
		}
	}
	r.Count("files", int64(len(gone)))
	return err
}
