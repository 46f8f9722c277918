package store

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

func insertRun(ctx context.Context, t tx, k *taskhook.Task, r *taskhook.Run) error {
	_, err := t.exec(ctx, `INSERT INTO runs (id, task, account, number, adapter, state, submission, handle, due_at, queue, priority)
		VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10)`,
		r.ID, r.TaskID, k.AccountID, r.Number, r.Adapter, string(r.Submission), r.Handle, ms(r.DueAt), r.Queue, k.Priority)
	return err
}

// ClaimRuns makes the node the owner of up to limit due runs of an adapter, one
// of each account in turn, beginning after the account that was last served; the
// last served of now is returned. Runs that a call with an error may have claimed
// come free, uncounted, by the next.
func (s *Store) ClaimRuns(ctx context.Context, now time.Time, node, adapter, lastAccount string, limit int) ([]taskhook.ClaimedRun, string, error) {
	var runs []taskhook.ClaimedRun
	last := lastAccount
	take := func(ctx context.Context, t tx) (err error) {
		runs, last, err = claimRuns(ctx, t, now, node, adapter, lastAccount, limit)
		return err
	}
	free := func(ctx context.Context, t tx) error {
		for _, c := range runs {
			if _, err := t.exec(ctx, `UPDATE runs SET owner = NULL, claims = claims - 1 WHERE id = $1 AND owner = $2 AND state = 'open'`,
				c.Run.ID, node); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.writes.do(ctx, s.kinds.claimRuns, &claiming{take, free}); err != nil {
		return nil, lastAccount, err
	}
	return runs, last, nil
}

// claimRuns goes round the accounts until there is enough or nothing left.
func claimRuns(ctx context.Context, t tx, now time.Time, node, adapter, last string, limit int) (runs []taskhook.ClaimedRun, _ string, err error) {
	accounts, err := dueAccounts(ctx, t, now, adapter, last)
	if err != nil {
		return nil, last, err
	}
	for len(runs) < limit && len(accounts) > 0 {
		var still []string
		for _, account := range accounts {
			if len(runs) == limit {
				break
			}
			claimed, ok, err := claimRun(ctx, t, now, node, adapter, account)
			if err != nil {
				return nil, last, err
			}
			if ok {
				runs, last = append(runs, claimed), account
				still = append(still, account)
			}
		}
		accounts = still
	}
	return runs, last, nil
}

// maxTurns is how many accounts are considered in one claim.
const maxTurns = 100

// dueAccounts lists the accounts with due runs, by one search of the index for
// each account, in the order of their turns.
func dueAccounts(ctx context.Context, t tx, now time.Time, adapter, last string) (accounts []string, err error) {
	type turn struct {
		account string
		due     int64
	}
	scan := func(r scanner) (next turn, err error) {
		err = r.Scan(&next.account, &next.due)
		return next, err
	}
	after, wrapped := last, false
	for len(accounts) < maxTurns {
		next, ok, err := first(ctx, t, scan, `SELECT account, due_at FROM runs WHERE state = 'open' AND owner IS NULL
			AND adapter = $1 AND account > $2 ORDER BY account, due_at LIMIT 1`, adapter, after)
		switch {
		case err != nil:
			return nil, err
		case wrapped && (!ok || next.account > last):
			return accounts, nil
		case !ok:
			after, wrapped = "", true
			continue
		case next.due <= ms(now):
			accounts = append(accounts, next.account)
		}
		after = next.account
	}
	return accounts, nil
}

func claimRun(ctx context.Context, t tx, now time.Time, node, adapter, account string) (c taskhook.ClaimedRun, ok bool, err error) {
	c, ok, err = first(ctx, t, scanClaimedRun, `UPDATE runs SET owner = $1, claims = claims + 1 WHERE id IN (SELECT id FROM runs
		WHERE state = 'open' AND owner IS NULL AND adapter = $2 AND account = $3 AND due_at <= $4 ORDER BY due_at, id LIMIT 1)
		RETURNING id, task, number, adapter, submission, handle, due_at, claims, refused`, node, adapter, account, ms(now))
	if err != nil || !ok {
		return c, false, err
	}
	c.Task, ok, err = first(ctx, t, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = $1`, c.Run.TaskID)
	if err == nil && !ok {
		err = fmt.Errorf("run %s has no task", c.Run.ID)
	}
	return c, ok, err
}

func scanClaimedRun(r scanner) (c taskhook.ClaimedRun, err error) {
	var due int64
	err = r.Scan(&c.Run.ID, &c.Run.TaskID, &c.Run.Number, &c.Run.Adapter, &c.Run.Submission, &c.Run.Handle, &due, &c.Claims, &c.Run.Refused)
	c.Run.DueAt = at(due)
	return c, err
}

// NextRun returns when the next free run of an adapter falls due; zero: none.
func (s *Store) NextRun(ctx context.Context, adapter string) (time.Time, error) {
	due, _, err := first(ctx, s.db, scanInto[*int64],
		`SELECT min(due_at) FROM runs WHERE state = 'open' AND owner IS NULL AND adapter = $1`, adapter)
	return atOrZero(due), err
}

// StartRun notes that a run is about to be submitted to its provider and that its
// task is running there. A submission that is unknown stays so until there is a handle. Ok is false when the run is no longer the node's: it was
// cancelled, or another node has it.
func (s *Store) StartRun(ctx context.Context, now time.Time, node string, r taskhook.Run) (ok bool, err error) {
	err = s.update(ctx, s.kinds.startRun, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE runs SET submission = CASE WHEN handle <> '' THEN 'sent' WHEN submission = 'unknown' OR $1 = 'unknown' THEN 'unknown'
			ELSE 'sending' END WHERE id = $2 AND owner = $3 AND state = 'open'`, string(r.Submission), r.ID, node)
		if ok = changed == 1; err != nil || !ok {
			return err
		}
		_, err = t.exec(ctx, `UPDATE tasks SET state = 'running', started_at = coalesce(started_at, $1), adapter = $2
			WHERE id = $3 AND state IN ('pending', 'queued', 'running')`, ms(now), r.Adapter, r.TaskID)
		return err
	})
	return ok, err
}

// SentRun notes by what name the provider knows the work of a run. Ok is false when
// the run is no longer the node's.
func (s *Store) SentRun(ctx context.Context, node, run, handle string) (ok bool, err error) {
	err = s.update(ctx, s.kinds.sentRun, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE runs SET submission = 'sent', handle = $1 WHERE id = $2 AND owner = $3 AND state = 'open'`, handle, run, node)
		ok = changed == 1
		return err
	})
	return ok, err
}

// Progress notes how far running tasks of the node are, in percent by task id, and
// returns by task id all runs that are still the node's own.
func (s *Store) Progress(ctx context.Context, node string, percent map[string]int) (mine map[string]bool, err error) {
	err = s.update(ctx, s.kinds.progress, func(ctx context.Context, t tx) error {
		owned, err := collect(ctx, t, scanInto[string], `SELECT task FROM runs WHERE owner = $1 AND state = 'open' ORDER BY task`, node)
		if err != nil {
			return err
		}
		mine = make(map[string]bool, len(owned))
		for _, task := range owned {
			mine[task] = true
			p, moved := percent[task]
			if !moved {
				continue
			}
			if _, err := t.exec(ctx, `UPDATE tasks SET progress = $1 WHERE id = $2 AND state = 'running' AND progress < $3`, p, task, p); err != nil {
				return err
			}
		}
		return nil
	})
	return mine, err
}

// ReleaseRun gives a run back, to be taken on again from due on by the adapter that it
// names; work that its provider has taken on goes on. Uncounted is for a graceful stop: the try does not
// count as an interruption.
func (s *Store) ReleaseRun(ctx context.Context, node string, r taskhook.Run, due time.Time, uncounted bool) error {
	submission := taskhook.SubmissionUnsent
	switch {
	case r.Handle != "":
		submission = taskhook.SubmissionSent
	case r.Submission == taskhook.SubmissionUnknown:
		submission = taskhook.SubmissionUnknown
	}
	return s.update(ctx, s.kinds.releaseRun, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE runs SET owner = NULL, submission = $1, handle = $2, due_at = $3, claims = claims - $4,
			adapter = $5, refused = $6 WHERE id = $7 AND owner = $8 AND state = 'open'`,
			string(submission), r.Handle, ms(due), flag(uncounted), r.Adapter, r.Refused, r.ID, node)
		if err != nil || changed == 0 || r.Handle != "" {
			return err
		}
		if _, err = t.exec(ctx, `UPDATE tasks SET state = 'pending', progress = 0 WHERE id = $1 AND state IN ('queued', 'running')`, r.TaskID); err != nil {
			return err
		}
		return s.hint(ctx, t)
	})
}

// finishedRun is the item of a finish write.
type finishedRun struct {
	*taskhook.RunEnd
	publication *publication
	ended       taskhook.Task // as it is stored now; only what money and usage need
	known       bool          // it was recorded before: this repeats a write of unknown outcome
}

// FinishRun makes the outcome of a task durable in one transaction with its
// artifacts, event and deliveries. An outcome is stale, and changes nothing, when
// the run is no longer the node's, or not under the lease, or the task was cancelled
// meanwhile. After an
// error it can be repeated as it is.
func (s *Store) FinishRun(ctx context.Context, now time.Time, o *taskhook.RunEnd) error {
	return s.writes.do(ctx, s.kinds.finishRun, &finishedRun{RunEnd: o, publication: s.newPublication(now, o.Publication)})
}

// settleRuns moves the money and counts the usage of the tasks that a batch ends.
func settleRuns(ctx context.Context, t tx, items []*write) error {
	used, money := spending{}, settlement{}
	for _, w := range items {
		if f := w.item.(*finishedRun); f.announced() != nil {
			used.add(f.now(), &f.ended)
			money.add(f.now(), &f.ended)
		}
	}
	if err := money.write(ctx, t); err != nil {
		return err
	}
	return used.write(ctx, t)
}

// announced is of ending.
func (f *finishedRun) announced() *publication {
	if f.Stale || f.known {
		return nil
	}
	return f.publication
}

func (f *finishedRun) now() time.Time { return f.publication.now }

func scanEnded(r scanner) (k taskhook.Task, err error) {
	err = r.Scan(&k.ID, &k.AccountID, &k.Face, &k.Provider, &k.Model, &k.KeyID, &k.Price, &k.State)
	return k, err
}

// end moves run and task to their final states and adds the artifacts.
func (f *finishedRun) end(ctx context.Context, t tx) error {
	submission := taskhook.SubmissionSent
	if f.Run.Submission == taskhook.SubmissionUnknown {
		submission = taskhook.SubmissionUnknown
	}
	changed, err := t.exec(ctx, `UPDATE runs SET state = 'done', owner = NULL, submission = $1
		WHERE id = $2 AND coalesce(owner, '') = $3 AND lease = $4 AND state = 'open'`, string(submission), f.Run.ID, f.Node, f.Lease)
	if err != nil {
		return err
	}
	f.Stale, f.known = false, false
	if changed == 0 {
		f.known, err = f.publication.known(ctx, t)
		f.Stale = !f.known
		return err
	}
	k := &f.Task
	progress := k.Progress
	failure, err := failureText(k.Error)
	if err != nil {
		return err
	}
	if k.State == taskhook.TaskSucceeded {
		progress = 100
	}
	ended, ok, err := first(ctx, t, scanEnded, `UPDATE tasks SET state = $1, error = $2, progress = $3, finished_at = $4 WHERE id = $5 AND `+taskUnfinished+`
		RETURNING id, account, face, provider, model, key, price, state`, string(k.State), failure, progress, ms(k.FinishedAt), k.ID)
	if err != nil {
		return err
	}
	if f.Stale = !ok; f.Stale {
		return nil
	}
	f.ended = ended
	if ended.Face == taskhook.FaceWorkflow {
		if err := endStep(ctx, t, k.FinishedAt, k.ID, k.State, failure); err != nil {
			return err
		}
	}
	for i := range k.Results {
		if err := insertArtifact(ctx, t, k.AccountID, &k.Results[i]); err != nil {
			return err
		}
	}
	return nil
}
