package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// waiting is the guard of runs that a worker may fetch, as the index says it.
const waiting = `state = 'open' AND queue <> '' AND lease = ''`

// maxQueues is how many queues are looked through for one worker.
const maxQueues = 5000

// Queues lists what waits for workers: by one step of the index for each queue of
// each account, however much is in it.
func (s *Store) Queues(ctx context.Context) ([]taskhook.Queue, error) {
	return collect(ctx, s.db, func(r scanner) (q taskhook.Queue, err error) {
		err = r.Scan(&q.AccountID, &q.Name)
		return q, err
	}, `WITH RECURSIVE queues (id, account, queue) AS (
			SELECT * FROM (SELECT id, account, queue FROM runs WHERE `+waiting+` AND account > '' ORDER BY account, queue LIMIT 1) AS one
			UNION ALL
			SELECT r.id, r.account, r.queue FROM queues q JOIN runs r ON r.id = (SELECT id FROM runs WHERE `+waiting+`
				AND (account, queue) > (q.account, q.queue) ORDER BY account, queue LIMIT 1))
		SELECT account, queue FROM queues LIMIT $1`, maxQueues)
}

// LeaseRuns gives a worker up to limit runs that are due in the queues, of accounts in
// turn: of that which workers have the fewest tasks of, and then of that which was
// served longest ago; of an account the one of the highest priority, and then the
// oldest. Terms say for how long a worker gets a task before it must be heard of again,
// and for how long it may have it at all. The tasks are running from then on. Leases that a call with an error may
// have given are taken back, uncounted, by the next.
func (s *Store) LeaseRuns(ctx context.Context, now time.Time, worker string, queues []taskhook.Queue, limit int,
	terms func(*taskhook.Task) (lease, timeout time.Duration)) ([]taskhook.RunLease, error) {
	var leases []taskhook.RunLease
	take := func(ctx context.Context, t tx) (err error) {
		l := leasing{tx: t, now: now, worker: worker, terms: terms}
		leases, err = l.lease(ctx, queues, limit)
		return err
	}
	free := func(ctx context.Context, t tx) error {
		for _, l := range leases {
			if _, err := endLease(ctx, t, l.ID, now, true); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.writes.do(ctx, s.kinds.leaseRuns, &claiming{take, free}); err != nil {
		return nil, err
	}
	return leases, nil
}

// leasing is one LeaseRuns.
type leasing struct {
	tx
	now    time.Time
	worker string
	terms  func(*taskhook.Task) (lease, timeout time.Duration)
}

// share is what of an account waits, and what it has had.
type share struct {
	account string
	queues  []string
	leases  int   // workers have now
	turn    int64 // when it was last served
}

func (l *leasing) lease(ctx context.Context, queues []taskhook.Queue, limit int) (leases []taskhook.RunLease, err error) {
	shares, turn, err := l.shares(ctx, queues)
	if err != nil {
		return nil, err
	}
	for len(leases) < limit && len(shares) > 0 {
		next := slices.MinFunc(shares, func(a, b *share) int {
			return cmp.Or(cmp.Compare(a.leases, b.leases), cmp.Compare(a.turn, b.turn), cmp.Compare(a.account, b.account))
		})
		one, ok, err := l.one(ctx, next)
		if err != nil {
			return nil, err
		}
		if !ok {
			shares = slices.DeleteFunc(shares, func(s *share) bool { return s == next })
			continue
		}
		leases = append(leases, one)
		turn++
		next.leases, next.turn = next.leases+1, turn
		if _, err := l.exec(ctx, `INSERT INTO worker_turns (account, turn) VALUES ($1, $2)
			ON CONFLICT (account) DO UPDATE SET turn = excluded.turn`, next.account, turn); err != nil {
			return nil, err
		}
	}
	return leases, nil
}

// shares groups the queues by account, and returns the number of the last turn.
func (l *leasing) shares(ctx context.Context, queues []taskhook.Queue) (shares []*share, last int64, err error) {
	byAccount := map[string]*share{}
	var args []any
	for _, q := range queues {
		if byAccount[q.AccountID] == nil {
			byAccount[q.AccountID] = &share{account: q.AccountID}
			shares = append(shares, byAccount[q.AccountID])
			args = append(args, q.AccountID)
		}
		byAccount[q.AccountID].queues = append(byAccount[q.AccountID].queues, q.Name)
	}
	busy, err := collect(ctx, l, scanInto[string], `SELECT account FROM runs WHERE state = 'open' AND lease_until > 0`)
	if err != nil {
		return nil, 0, err
	}
	for _, account := range busy {
		if s := byAccount[account]; s != nil {
			s.leases++
		}
	}
	err = inBites(args, func(some []any) error {
		_, err := collect(ctx, l, func(r scanner) (struct{}, error) {
			var account string
			var turn int64
			err := r.Scan(&account, &turn)
			if err == nil {
				byAccount[account].turn = turn
			}
			return struct{}{}, err
		}, `SELECT account, turn FROM worker_turns WHERE account IN (`+marks(1, len(some))+`)`, some...)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	last, _, err = first(ctx, l, scanInto[int64], `SELECT coalesce(max(turn), 0) FROM worker_turns`)
	return shares, last, err
}

// candidate is the first run of a queue.
type candidate struct {
	id       string
	priority int
	due      int64
}

func scanCandidate(r scanner) (c candidate, err error) {
	err = r.Scan(&c.id, &c.priority, &c.due)
	return c, err
}

// one leases the run of an account whose turn it is; ok is false when none is due.
func (l *leasing) one(ctx context.Context, s *share) (lease taskhook.RunLease, ok bool, err error) {
	for {
		var firsts []candidate // of the queues, which share one trip
		for _, queue := range s.queues {
			if err := l.send(ctx, into(&firsts, scanCandidate), `SELECT id, priority, due_at FROM runs WHERE `+waiting+`
				AND account = $1 AND queue = $2 AND due_at <= $3 ORDER BY priority DESC, due_at, id LIMIT 1`, s.account, queue, ms(l.now)); err != nil {
				return lease, false, err
			}
		}
		if err := l.flush(ctx); err != nil || len(firsts) == 0 {
			return lease, false, err
		}
		best := slices.MinFunc(firsts, func(a, b candidate) int {
			return cmp.Or(-cmp.Compare(a.priority, b.priority), cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id))
		})
		if lease, ok, err = l.take(ctx, best.id); err != nil || ok {
			return lease, ok, err
		} // another node was faster
	}
}

// take makes a run the worker's, unless it is no longer free.
func (l *leasing) take(ctx context.Context, run string) (lease taskhook.RunLease, ok bool, err error) {
	k, ok, err := first(ctx, l, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = (SELECT task FROM runs WHERE id = $1)`, run)
	if err != nil || !ok {
		return lease, false, cmp.Or(err, errors.New("run "+run+" has no task"))
	}
	length, timeout := l.terms(&k)
	lease = taskhook.RunLease{ID: taskhook.NewID(taskhook.PrefixLease, l.now), Deadline: l.now.Add(timeout), Open: true}
	lease.Until = l.now.Add(min(length, timeout))
	lease.ClaimedRun, ok, err = first(ctx, l, scanLeasedRun, `UPDATE runs SET lease = $1, lease_until = $2, deadline = $3, claims = claims + 1, submission = 'sent'
		WHERE id = $4 AND `+waiting+` RETURNING id, task, number, adapter, submission, handle, due_at, claims, refused, epoch, sent_at`,
		lease.ID, ms(lease.Until), ms(lease.Deadline), run)
	if err != nil || !ok {
		return lease, false, err
	}
	changed, err := l.exec(ctx, `UPDATE tasks SET state = 'running', worker = $1, adapter = $2, started_at = coalesce(started_at, $3)
		WHERE id = $4 AND `+taskUnfinished, l.worker, lease.Run.Adapter, ms(l.now), k.ID)
	if err == nil && changed == 0 {
		err = fmt.Errorf("the task %s of an open run has ended", k.ID)
	}
	k.State, k.Worker, k.Adapter = taskhook.TaskRunning, l.worker, lease.Run.Adapter
	if k.StartedAt.IsZero() {
		k.StartedAt = l.now
	}
	lease.Task = k
	return lease, true, err
}

// leased reads leases with their runs and tasks, of those runs that the condition names.
func leased(where string) string {
	return `SELECT ` + taskColumns + `, lease, lease_until, deadline, run_state, run, number, run_adapter, submission, handle, due_at, claims FROM
		(SELECT lease, lease_until, deadline, state AS run_state, id AS run, task, number, adapter AS run_adapter, submission, handle, due_at, claims
			FROM runs WHERE ` + where + `) AS held JOIN tasks ON tasks.id = held.task`
}

// RunLease returns a lease with its run and task as they are now; ok is false when the
// run was given to another, or is gone.
func (s *Store) RunLease(ctx context.Context, id string) (l taskhook.RunLease, ok bool, err error) {
	return first(ctx, s.db, scanRunLease, leased(`lease = $1 AND lease <> ''`), id)
}

func scanRunLease(r scanner) (l taskhook.RunLease, err error) {
	var until, deadline, due int64
	var state string
	l.Task, err = scanTask(longer{r, []any{&l.ID, &until, &deadline, &state, &l.Run.ID, &l.Run.Number, &l.Run.Adapter, &l.Run.Submission,
		&l.Run.Handle, &due, &l.Claims}})
	l.Run.TaskID = l.Task.ID
	l.Until, l.Deadline, l.Open, l.Run.DueAt = at(until), at(deadline), state == "open", at(due)
	return l, err
}

func scanLeasedRun(r scanner) (c taskhook.ClaimedRun, err error) {
	var due int64
	var sent *int64
	err = r.Scan(&c.Run.ID, &c.Run.TaskID, &c.Run.Number, &c.Run.Adapter, &c.Run.Submission, &c.Run.Handle, &due, &c.Claims, &c.Run.Refused,
		&c.Run.Epoch, &sent)
	c.Run.DueAt, c.Run.SentAt = at(due), atOrZero(sent)
	return c, err
}

// LapsedLeases lists leases of open runs that are over, with their tasks.
func (s *Store) LapsedLeases(ctx context.Context, now time.Time) ([]taskhook.RunLease, error) {
	return collect(ctx, s.db, scanRunLease, leased(`state = 'open' AND lease_until > 0 AND lease_until <= $1`), ms(now))
}

// RenewLease notes that a worker was heard of, and how far it is. Ok is false when the
// run is no longer its own; draining says that it is to get no other.
func (s *Store) RenewLease(ctx context.Context, now time.Time, l *taskhook.RunLease, until time.Time, percent int) (ok, draining bool, err error) {
	err = s.update(ctx, s.kinds.renewLease, func(ctx context.Context, t tx) error {
		var renewed []string
		var drains []bool
		if err := t.send(ctx, into(&renewed, scanInto[string]), `UPDATE runs SET lease_until = $1 WHERE id = $2 AND lease = $3 AND state = 'open' RETURNING id`,
			ms(until), l.Run.ID, l.ID); err != nil {
			return err
		}
		if err := t.send(ctx, into(&drains, scanInto[bool]), `UPDATE workers SET seen_at = $1 WHERE name = $2 RETURNING draining`, ms(now), l.Task.Worker); err != nil {
			return err
		}
		if err := t.send(ctx, nil, `UPDATE tasks SET progress = $1 WHERE id = $2 AND state = 'running' AND progress < $3
			AND EXISTS (SELECT 1 FROM runs WHERE runs.id = $4 AND runs.lease = $5 AND runs.state = 'open')`, percent, l.Run.TaskID, percent, l.Run.ID, l.ID); err != nil {
			return err
		}
		return t.then(func() error {
			ok, draining = len(renewed) == 1, slices.Contains(drains, true)
			return nil
		})
	})
	return ok, draining, err
}

// EndLease gives the run of a lease back, for another to take from due on. Uncounted
// is of a worker that did nothing wrong. Ok is false when the run is not under the
// lease any more.
func (s *Store) EndLease(ctx context.Context, lease string, due time.Time, uncounted bool) (ok bool, err error) {
	err = s.update(ctx, s.kinds.endLease, func(ctx context.Context, t tx) (err error) {
		ok, err = endLease(ctx, t, lease, due, uncounted)
		return err
	})
	return ok, err
}

func endLease(ctx context.Context, t tx, lease string, due time.Time, uncounted bool) (ok bool, err error) {
	task, ok, err := first(ctx, t, scanInto[string], `UPDATE runs SET lease = '', lease_until = 0, deadline = 0, submission = 'unsent', due_at = $1, claims = claims - $2
		WHERE lease = $3 AND lease <> '' AND state = 'open' RETURNING task`, ms(due), flag(uncounted), lease)
	if err != nil || !ok {
		return false, err
	}
	_, err = t.exec(ctx, `UPDATE tasks SET state = 'pending', progress = 0, worker = '' WHERE id = $1 AND state IN ('queued', 'running')`, task)
	return true, err
}
