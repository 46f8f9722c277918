package store

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

// notDue is when the runs of a batch are due that wait for others of it to end, in
// milliseconds: the end of the year 9999.
const notDue = 253_402_300_799_000

// CreateBatch makes a batch with its tasks and their first runs durable, all or none;
// the tasks are in the order of their ids. With a key that stands for a batch already,
// it returns the id of that; with another request under the same key it is a
// conflict. After an error it can be repeated. That there is no room or no money for all of them is said of the first
// that there is none for.
func (s *Store) CreateBatch(ctx context.Context, b taskhook.Batch, tasks []taskhook.Task, runs []taskhook.Run, key *taskhook.Idempotency) (id string, err error) {
	err = s.update(ctx, s.kinds.createBatch, func(ctx context.Context, t tx) error {
		if id, err = checkKey(ctx, t, b.CreatedAt, key); err != nil || id != "" {
			return err
		}
		id = b.ID
		if _, stored, err := first(ctx, t, scanInto[string], `SELECT id FROM batches WHERE id = $1`, id); err != nil || stored {
			return err
		}
		if err := s.admitBatch(ctx, t, &b, tasks); err != nil {
			return err
		}
		if err := takeKey(ctx, t, key, b.ID); err != nil {
			return err
		}
		if err := insertBatch(ctx, t, &b, tasks); err != nil {
			return err
		}
		if err := insertTasks(ctx, t, members(&b, tasks, runs)...); err != nil {
			return err
		}
		return s.hint(ctx, t)
	})
	return id, err
}

// admitBatch takes room and money for all tasks. What it has taken of room when it
// refuses is missed only until the next count.
func (s *Store) admitBatch(ctx context.Context, t tx, b *taskhook.Batch, tasks []taskhook.Task) error {
	if err := s.backlog.check(ctx, t, b.AccountID, b.CreatedAt); err != nil {
		return err
	}
	if room, err := s.quota.fits(ctx, t, b.AccountID, len(tasks), b.CreatedAt); err != nil {
		return taskhook.Below(inputName(room), err)
	}
	for i := range tasks {
		if err := hold(ctx, t, b.CreatedAt, &tasks[i]); err != nil {
			return taskhook.Below(inputName(i), err)
		}
	}
	s.quota.note(b.AccountID, len(tasks))
	return nil
}

func inputName(i int) string { return fmt.Sprintf("inputs[%d]", i) }

func insertBatch(ctx context.Context, t tx, b *taskhook.Batch, tasks []taskhook.Task) error {
	cursor := tasks[len(tasks)-1].ID
	if b.Concurrency > 0 && b.Concurrency < len(tasks) {
		cursor = tasks[b.Concurrency-1].ID
	}
	_, err := t.exec(ctx, `INSERT INTO batches (id, account, provider, capability, model, concurrency, cursor, total, open, created_at)
		VALUES (`+marks(1, 10)+`)`, b.ID, b.AccountID, b.Provider, b.Capability, b.Model, b.Concurrency, cursor, len(tasks), len(tasks), ms(b.CreatedAt))
	return err
}

// members are the tasks of a batch with their first runs, of which only as many are due
// as may go on at once.
func members(b *taskhook.Batch, tasks []taskhook.Task, runs []taskhook.Run) []*newTask {
	all := make([]*newTask, len(tasks))
	for i := range tasks {
		all[i] = &newTask{now: b.CreatedAt, task: tasks[i], run: runs[i]}
		if b.Concurrency > 0 && i >= b.Concurrency {
			all[i].run.DueAt = at(notDue)
		}
	}
	return all
}

// endInBatch belongs to the transaction that moves a task to its final state, k being
// how it is stored now: it counts that, and lets the next of the batch begin, whose
// adapter it returns; empty: none begins.
func endInBatch(ctx context.Context, t tx, now time.Time, k *taskhook.Task) (adapter string, err error) {
	if k.BatchID == "" {
		return "", nil
	}
	counter := string(k.State) // the columns are called like the states
	cursor, waits, err := first(ctx, t, scanInto[string], `UPDATE batches SET open = open - 1, `+counter+` = `+counter+` + 1 WHERE id = $1 AND open > 0
		RETURNING CASE WHEN concurrency > 0 AND stopped_at IS NULL THEN cursor ELSE '' END`, k.BatchID)
	if err != nil || !waits || cursor == "" || k.ID > cursor { // one behind it has made no room
		return "", err
	}
	next, ok, err := first(ctx, t, scanInto[string], `SELECT id FROM tasks WHERE batch = $1 AND batch <> '' AND id > $2 AND state = 'pending' ORDER BY id LIMIT 1`,
		k.BatchID, cursor)
	if err != nil || !ok {
		return "", err
	}
	if err := t.send(ctx, nil, `UPDATE batches SET cursor = $1 WHERE id = $2`, next, k.BatchID); err != nil {
		return "", err
	}
	adapter, _, err = first(ctx, t, scanInto[string], `UPDATE runs SET due_at = $1 WHERE task = $2 AND state = 'open' RETURNING adapter`, ms(now), next)
	return adapter, err
}

const batchColumns = `id, account, provider, capability, model, concurrency, total, open, succeeded, failed, cancelled, created_at, stopped_at, finished_at`

func scanBatch(r scanner) (b taskhook.Batch, err error) {
	var created int64
	var stopped, finished *int64
	err = r.Scan(&b.ID, &b.AccountID, &b.Provider, &b.Capability, &b.Model, &b.Concurrency, &b.Total, &b.Open, &b.Succeeded, &b.Failed, &b.Cancelled,
		&created, &stopped, &finished)
	b.CreatedAt, b.StoppedAt, b.FinishedAt = at(created), atOrZero(stopped), atOrZero(finished)
	return b, err
}

// Batch returns a batch of the account with its tasks that are still kept.
func (s *Store) Batch(ctx context.Context, account, id string) (taskhook.Batch, error) {
	b, ok, err := first(ctx, s.db, scanBatch, `SELECT `+batchColumns+` FROM batches WHERE id = $1 AND account = $2`, id, account)
	if err == nil && !ok {
		err = noBatch(id)
	}
	if err != nil {
		return b, err
	}
	b.Tasks, err = collect(ctx, s.db, func(r scanner) (k taskhook.BatchTask, err error) {
		err = r.Scan(&k.ID, &k.State)
		return k, err
	}, `SELECT id, state FROM tasks WHERE batch = $1 AND batch <> '' ORDER BY id`, id)
	return b, err
}

func noBatch(id string) error {
	return taskhook.Errorf(taskhook.CodeNotFound, "There is no batch %.80q in this account.", id)
}

// Batches lists batches without their tasks, newest first.
func (s *Store) Batches(ctx context.Context, f taskhook.BatchFilter) (taskhook.List[taskhook.Batch], error) {
	var scope, filter conditions
	scope.add("account = ?", f.AccountID)
	return list(ctx, s.db, listing[taskhook.Batch]{columns: batchColumns, from: ` FROM batches`, id: "id", scope: scope, filter: filter, page: f.Page,
		scan: scanBatch, cursor: func(b taskhook.Batch) string { return b.ID }})
}

// StopBatch notes that a batch of the account is cancelled; none of its tasks that
// wait for others will begin. Its tasks are cancelled by StopTasks. A finished one,
// or one that was cancelled, is a conflict.
func (s *Store) StopBatch(ctx context.Context, now time.Time, account, id string) error {
	return s.update(ctx, s.kinds.stopBatch, func(ctx context.Context, t tx) error {
		b, ok, err := first(ctx, t, scanBatch, `SELECT `+batchColumns+` FROM batches WHERE id = $1 AND account = $2`, id, account)
		switch {
		case err != nil:
			return err
		case !ok:
			return noBatch(id)
		case b.Open == 0 || !b.StoppedAt.IsZero():
			state := b.State()
			if state == taskhook.BatchRunning {
				state = taskhook.BatchCompleted // which is about to be stored
			}
			return taskhook.Errorf(taskhook.CodeConflict, "The batch is already %s and can't be cancelled.", state)
		}
		_, err = t.exec(ctx, `UPDATE batches SET stopped_at = $1 WHERE id = $2`, ms(now), id)
		return err
	})
}

// StopTasks cancels up to limit tasks of a cancelled batch and returns them; none: all
// have ended.
func (s *Store) StopTasks(ctx context.Context, now time.Time, batch string, limit int) (stopped []taskhook.Task, err error) {
	err = s.update(ctx, s.kinds.stopTasks, func(ctx context.Context, t tx) error {
		stopped, err = collect(ctx, t, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE batch = $1 AND batch <> '' AND `+taskUnfinished+`
			AND EXISTS (SELECT 1 FROM batches WHERE batches.id = tasks.batch AND stopped_at IS NOT NULL) ORDER BY id LIMIT $2`, batch, limit)
		for i := range stopped {
			if err == nil {
				err = cancelTask(ctx, t, now, &stopped[i])
			}
		}
		return err
	})
	return stopped, err
}

// DueBatches returns up to limit batches that are to be ended, or whose tasks are to
// be cancelled.
func (s *Store) DueBatches(ctx context.Context, limit int) ([]taskhook.Batch, error) {
	return collect(ctx, s.db, scanBatch, `SELECT `+batchColumns+` FROM batches
		WHERE finished_at IS NULL AND (open = 0 OR stopped_at IS NOT NULL) ORDER BY id LIMIT $1`, limit)
}

// endedBatch is the item of a finish write.
type endedBatch struct {
	*taskhook.BatchEnd
	publication *publication
}

// FinishBatch ends a batch whose tasks have all ended in one transaction with its
// event. It is stale, and changes nothing, when that was done already.
func (s *Store) FinishBatch(ctx context.Context, now time.Time, e *taskhook.BatchEnd) error {
	p := e.Publication
	if p == nil {
		p = &taskhook.Publication{}
	}
	return s.writes.do(ctx, s.kinds.finishBatch, &endedBatch{e, s.newPublication(now, p)})
}

// announced is of ending.
func (e *endedBatch) announced() *publication {
	if e.Stale {
		return nil
	}
	return e.publication
}

func (e *endedBatch) end(ctx context.Context, t tx) error {
	changed, err := t.exec(ctx, `UPDATE batches SET finished_at = $1 WHERE id = $2 AND finished_at IS NULL AND open = 0`,
		ms(e.Batch.FinishedAt), e.Batch.ID)
	e.Stale = changed == 0
	return err
}
