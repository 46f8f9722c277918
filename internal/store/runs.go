package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// ClaimRuns makes the node the owner of up to limit due runs of an adapter, one
// of each account in turn, beginning after the account that was last served; the
// last served of now is returned, or none when all were. It notes that their tasks
// are running. Runs that a call with an error may have claimed come free, uncounted,
// by the next.
func (s *Store) ClaimRuns(ctx context.Context, now time.Time, node, adapter, lastAccount string, limit int) ([]taskhook.ClaimedRun, string, error) {
	var runs []taskhook.ClaimedRun
	last := lastAccount
	take := func(ctx context.Context, t tx) (err error) {
		runs, last, err = claimRuns(ctx, t, now, node, adapter, lastAccount, limit)
		return err
	}
	free := func(ctx context.Context, t tx) error {
		for _, c := range runs {
			freed, err := t.exec(ctx, `UPDATE runs SET owner = NULL, claims = claims - 1 WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'open'`,
				c.Run.ID, node, c.Run.Epoch)
			if err != nil {
				return err
			}
			if freed == 0 || c.Run.Handle != "" {
				continue
			}
			if _, err := t.exec(ctx, `UPDATE tasks SET state = 'pending' WHERE id = $1 AND state = 'running'`, c.Task.ID); err != nil {
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
	all := len(accounts) < maxTurns
	for skip := 0; len(runs) < limit && len(accounts) > 0; {
		share := (limit - len(runs) + len(accounts) - 1) / len(accounts)
		turns, still := make([][]taskhook.ClaimedRun, len(accounts)), accounts[:0:0]
		for i, account := range accounts {
			if turns[i], err = dueRuns(ctx, t, now, adapter, account, share, skip); err != nil {
				return nil, last, err
			}
			if len(turns[i]) == share {
				still = append(still, account)
			}
		}
		for place := range share {
			for i := range turns {
				if place < len(turns[i]) && len(runs) < limit {
					runs, last = append(runs, turns[i][place]), accounts[i]
				}
			}
		}
		accounts, skip = still, skip+share
	}
	if all && len(runs) < limit {
		last = "" // there is one question less to ask when nobody is to come first
	}
	return runs, last, takeRuns(ctx, t, now, node, runs)
}

// dueRuns lists free runs of an account with their tasks, the longest due first. The
// CAST is for SQLite, which plans a statement anew for each limit that is a plain
// parameter.
func dueRuns(ctx context.Context, t tx, now time.Time, adapter, account string, limit, skip int) ([]taskhook.ClaimedRun, error) {
	found, err := collect(ctx, t, scanClaimedRun, `SELECT `+taskColumns+`, run, number, run_adapter, submission, handle, due_at, claims, refused, epoch, sent_at FROM
		(SELECT id AS run, task, number, adapter AS run_adapter, submission, handle, due_at, claims, refused, epoch, sent_at FROM runs WHERE state = 'open' AND owner IS NULL
			AND adapter = $1 AND account = $2 AND due_at <= $3 ORDER BY due_at, id LIMIT CAST($4 AS BIGINT) OFFSET $5) AS due
		JOIN tasks ON tasks.id = due.task`, adapter, account, ms(now), limit, skip)
	slices.SortFunc(found, func(a, b taskhook.ClaimedRun) int {
		return cmp.Or(a.Run.DueAt.Compare(b.Run.DueAt), cmp.Compare(a.Run.ID, b.Run.ID))
	})
	return found, err
}

// takeRuns makes the runs the node's and has their tasks run.
func takeRuns(ctx context.Context, t tx, now time.Time, node string, runs []taskhook.ClaimedRun) error {
	taken, started := make([]any, 0, 2*len(runs)), make([]any, 0, 3*len(runs))
	for i := range runs {
		r := &runs[i]
		r.Claims++
		r.Run.Epoch++
		taken = append(taken, r.Run.ID, node)
		if r.Task.State.Final() {
			continue // only its work elsewhere is to be called off
		}
		r.Task.State = taskhook.TaskRunning
		if r.Task.StartedAt.IsZero() {
			r.Task.StartedAt = at(ms(now))
		}
		started = append(started, r.Task.ID, ms(now), r.Run.Adapter)
	}
	if err := t.many(ctx, nil, takenRows, taken); err != nil {
		return err
	}
	return t.many(ctx, nil, startedRows, started)
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
		case !ok && last == "", wrapped && (!ok || next.account > last):
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

func scanClaimedRun(r scanner) (c taskhook.ClaimedRun, err error) {
	var due int64
	var sent *int64
	c.Task, err = scanTask(longer{r, []any{&c.Run.ID, &c.Run.Number, &c.Run.Adapter, &c.Run.Submission, &c.Run.Handle, &due, &c.Claims, &c.Run.Refused,
		&c.Run.Epoch, &sent}})
	c.Run.TaskID, c.Run.DueAt, c.Run.SentAt = c.Task.ID, at(due), atOrZero(sent)
	return c, err
}

// longer is a row that has more columns than who scans it knows of.
type longer struct {
	scanner
	more []any
}

// Scan is of scanner.
func (l longer) Scan(dest ...any) error { return l.scanner.Scan(append(dest, l.more...)...) }

// NextRun returns when the next free run of an adapter falls due; zero: none.
func (s *Store) NextRun(ctx context.Context, adapter string) (time.Time, error) {
	due, _, err := first(ctx, s.db, scanInto[*int64],
		`SELECT min(due_at) FROM runs WHERE state = 'open' AND owner IS NULL AND adapter = $1`, adapter)
	return atOrZero(due), err
}

// WaitingAdapters lists the adapters that there are free runs of, by one search of the
// index for each.
func (s *Store) WaitingAdapters(ctx context.Context) (adapters []string, err error) {
	for after := ""; ; {
		next, ok, err := first(ctx, s.db, scanInto[string], `SELECT adapter FROM runs WHERE state = 'open' AND owner IS NULL AND adapter > $1
			ORDER BY adapter LIMIT 1`, after)
		if err != nil || !ok {
			return adapters, err
		}
		adapters, after = append(adapters, next), next
	}
}

// Progress notes how far running tasks of the node are, in percent by task id.
func (s *Store) Progress(ctx context.Context, node string, percent map[string]int) error {
	return s.update(ctx, s.kinds.progress, func(ctx context.Context, t tx) error {
		for _, task := range slices.Sorted(maps.Keys(percent)) {
			// With || the run is found by its task, not among all that the node has.
			if err := t.send(ctx, nil, `UPDATE tasks SET progress = $1 WHERE id = $2 AND state = 'running' AND progress < $3
				AND EXISTS (SELECT 1 FROM runs WHERE task = $4 AND owner || '' = $5)`, percent[task], task, percent[task], task, node); err != nil {
				return err
			}
		}
		return nil
	})
}

// OwnedRuns lists, in order, the runs that are the node's of those after one id and up
// to another.
func (s *Store) OwnedRuns(ctx context.Context, node, after, upTo string) ([]string, error) {
	return collect(ctx, s.db, scanInto[string], `SELECT id FROM runs WHERE owner = $1 AND id > $2 AND id <= $3 ORDER BY id`, node, after, upTo)
}

// ReleaseRun ends the node's claim of a run, which is to be taken on again from due on
// by the adapter that it names; work that its provider has taken on goes on. Uncounted
// is for a graceful stop: the try does not count as an interruption. After an error it
// can be repeated, though the node may have claimed the run again.
func (s *Store) ReleaseRun(ctx context.Context, node string, r taskhook.Run, due time.Time, uncounted bool) error {
	submission := taskhook.SubmissionUnsent
	switch {
	case r.Handle != "":
		submission = taskhook.SubmissionSent
	case r.Submission == taskhook.SubmissionUnknown:
		submission = taskhook.SubmissionUnknown
	}
	return s.update(ctx, s.kinds.releaseRun, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE runs SET owner = NULL, submission = $1, handle = $2, sent_at = $3, due_at = $4, claims = claims - $5,
			adapter = $6, refused = $7 WHERE id = $8 AND owner = $9 AND epoch = $10 AND state = 'open'`,
			string(submission), r.Handle, msOrNil(r.SentAt), ms(due), flag(uncounted), r.Adapter, r.Refused, r.ID, node, r.Epoch)
		if err != nil || changed == 0 || r.Handle != "" {
			return err
		}
		if err = t.send(ctx, nil, `UPDATE tasks SET state = 'pending', progress = 0 WHERE id = $1 AND state IN ('queued', 'running')`, r.TaskID); err != nil {
			return err
		}
		return s.hint(ctx, t)
	})
}

// finishedRun is the item of a finish write.
type finishedRun struct {
	*taskhook.RunEnd
	publication *publication
	failure     any       // as it is stored
	ended       endedTask // as it is stored now; only what money and usage need
	known       bool      // it was recorded before: this repeats a write of unknown outcome
}

// FinishRun makes the outcome of a task durable in one transaction with its
// artifacts, event and deliveries. An outcome is stale, and changes nothing, when
// the run is no longer the node's, or not under the lease, or the task was cancelled
// meanwhile. After an
// error it can be repeated as it is.
func (s *Store) FinishRun(ctx context.Context, now time.Time, o *taskhook.RunEnd) error {
	return s.writes.do(ctx, s.kinds.finishRun, &finishedRun{RunEnd: o, publication: s.newPublication(now, o.Publication)})
}

// announced is of ending.
func (f *finishedRun) announced() *publication {
	if f.Stale || f.known {
		return nil
	}
	return f.publication
}

func (f *finishedRun) now() time.Time { return f.publication.now }
