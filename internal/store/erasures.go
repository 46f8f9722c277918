package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

const erasureColumns = `id, kind, subject, account, asked_by, created_at, finished_at, counts, bytes`

func scanErasure(r scanner) (e taskhook.Erasure, err error) {
	var created int64
	var finished *int64
	var counts []byte
	if err = r.Scan(&e.ID, &e.Subject.Kind, &e.Subject.Name, &e.Subject.AccountID, &e.By, &created, &finished, &counts, &e.Bytes); err != nil {
		return e, err
	}
	e.CreatedAt, e.FinishedAt = at(created), atOrZero(finished)
	return e, json.Unmarshal(counts, &e.Counts)
}

// OrderErasure stores an erasure that is to be made and returns it, or the one of the
// same subject that goes on already.
func (s *Store) OrderErasure(ctx context.Context, e taskhook.Erasure) (ordered taskhook.Erasure, err error) {
	err = s.update(ctx, s.kinds.orderErasure, func(ctx context.Context, t tx) error {
		same, ok, err := first(ctx, t, scanErasure, `SELECT `+erasureColumns+` FROM erasures
			WHERE finished_at IS NULL AND kind = $1 AND subject = $2 AND account = $3 ORDER BY id`, string(e.Subject.Kind), e.Subject.Name, e.Subject.AccountID)
		if ordered = same; err != nil || ok {
			return err
		}
		ordered = e
		_, err = t.exec(ctx, `INSERT INTO erasures (id, kind, subject, account, asked_by, created_at, counts) VALUES (`+marks(1, 7)+`)`,
			e.ID, string(e.Subject.Kind), e.Subject.Name, e.Subject.AccountID, e.By, ms(e.CreatedAt), []byte(`{}`))
		return err
	})
	return ordered, err
}

// countErased adds what a transaction removes to the receipt.
func countErased(ctx context.Context, t tx, erasure string, more taskhook.Removal) error {
	e, ok, err := first(ctx, t, scanErasure, `SELECT `+erasureColumns+` FROM erasures WHERE id = $1 AND finished_at IS NULL`, erasure)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no erasure %.80q that goes on.", erasure)
	}
	if err != nil {
		return err
	}
	total := taskhook.Removal{Counts: e.Counts, Bytes: e.Bytes}
	total.Add(taskhook.Removal{Counts: more.Counts, Bytes: more.Bytes})
	counts, err := json.Marshal(total.Counts)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE erasures SET counts = $1, bytes = $2 WHERE id = $3`, counts, total.Bytes, erasure)
	return err
}

// FinishErasure makes the order of an erasure its receipt, which calls the subject by
// a name.
func (s *Store) FinishErasure(ctx context.Context, now time.Time, erasure, subject string) error {
	return s.update(ctx, s.kinds.finishErasure, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `UPDATE erasures SET subject = $1, finished_at = $2 WHERE id = $3 AND finished_at IS NULL`, subject, ms(now), erasure)
		return err
	})
}

// Erasures returns all erasures, oldest first.
func (s *Store) Erasures(ctx context.Context) ([]taskhook.Erasure, error) {
	return collect(ctx, s.db, scanErasure, `SELECT `+erasureColumns+` FROM erasures ORDER BY id`)
}

// UnfinishedErasures returns those that go on, oldest first.
func (s *Store) UnfinishedErasures(ctx context.Context) ([]taskhook.Erasure, error) {
	return collect(ctx, s.db, scanErasure, `SELECT `+erasureColumns+` FROM erasures WHERE finished_at IS NULL ORDER BY id`)
}

// Erasure returns an erasure.
func (s *Store) Erasure(ctx context.Context, id string) (taskhook.Erasure, error) {
	e, ok, err := first(ctx, s.db, scanErasure, `SELECT `+erasureColumns+` FROM erasures WHERE id = $1`, id)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no erasure %.80q.", id)
	}
	return e, err
}

// Subjects returns the tasks or events of an account, or of all accounts when that
// is empty, in the order of their ids, with the JSON by which they may be somebody's:
// the metadata of a task, the body of an event of an account's own.
func (s *Store) Subjects(ctx context.Context, part taskhook.Part, account, after string, limit int) ([]taskhook.Labelled, error) {
	scan := func(r scanner) (l taskhook.Labelled, err error) {
		err = r.Scan(&l.ID, &l.AccountID, &l.Label)
		return l, err
	}
	var scope conditions
	scope.addIf(account != "", "account = ?", account)
	scope.add("id > ?", after)
	text := `SELECT id, account, metadata FROM tasks`
	if part == taskhook.PartEvents {
		text = `SELECT id, account, CASE subject WHEN '' THEN body END FROM events`
	}
	text += scope.text() + ` ORDER BY id LIMIT ` + next(scope.args)
	return collect(ctx, s.db, scan, text, append(scope.args, limit)...)
}

// Kin returns the tasks that share their input with one: those that it repeats and
// that repeat it, and the steps of the execution that it belongs to, which is returned
// too.
func (s *Store) Kin(ctx context.Context, task string) (tasks, executions []string, err error) {
	known, met := map[string]bool{}, map[string]bool{}
	for queue := []string{task}; len(queue) > 0; queue = queue[1:] {
		id := queue[0]
		if known[id] {
			continue
		}
		type kin struct{ account, retryOf, execution string }
		k, ok, err := first(ctx, s.db, func(r scanner) (k kin, err error) {
			err = r.Scan(&k.account, &k.retryOf, &k.execution)
			return k, err
		}, `SELECT account, retry_of, execution FROM tasks WHERE id = $1`, id)
		if err != nil {
			return nil, nil, err
		}
		known[id] = true
		if ok {
			tasks = append(tasks, id)
		}
		if k.retryOf != "" {
			queue = append(queue, k.retryOf)
		}
		more, err := collect(ctx, s.db, scanInto[string], `SELECT id FROM tasks WHERE retry_of = $1 AND retry_of <> ''`, id)
		if err != nil {
			return nil, nil, err
		}
		queue = append(queue, more...)
		if k.execution == "" || met[k.execution] {
			continue
		}
		met[k.execution] = true
		executions = append(executions, k.execution)
		if more, err = collect(ctx, s.db, scanInto[string], `SELECT id FROM tasks WHERE execution = $1 AND execution <> ''`, k.execution); err != nil {
			return nil, nil, err
		}
		queue = append(queue, more...)
	}
	return tasks, executions, nil
}

// OfAccount returns ids of what an account has of a part, from behind one on.
func (s *Store) OfAccount(ctx context.Context, part taskhook.Part, account, after string, limit int) ([]string, error) {
	switch part {
	case taskhook.PartTasks, taskhook.PartExecutions, taskhook.PartFiles:
		return collect(ctx, s.db, scanInto[string], `SELECT id FROM `+string(part)+` WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3`, account, after, limit)
	case taskhook.PartEvents:
		return collect(ctx, s.db, scanInto[string], `SELECT id FROM events WHERE account = $1 AND seq >
			coalesce((SELECT seq FROM events WHERE id = $2), 0) ORDER BY seq LIMIT $3`, account, after, limit)
	}
	return nil, nil
}
