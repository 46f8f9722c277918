package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// eraser removes what is a subject's, in flight or not.
type eraser struct {
	remover
	now   time.Time
	lanes map[string]bool // from which pending deliveries are removed
}

// erasing runs a part of an erasure in a transaction, which counts it for the receipt.
// Without the id of an erasure it is only tried, and undone. What is in the memory of
// this process is freed after it.
func (s *Store) erasing(ctx context.Context, k *kind, now time.Time, erasure string, do func(context.Context, *eraser) error) (taskhook.Removal, error) {
	var r taskhook.Removal
	var lanes map[string]bool
	tried := false
	err := s.update(ctx, k, func(ctx context.Context, t tx) error {
		e := &eraser{remover: remover{tx: t}, now: now, lanes: map[string]bool{}}
		err := do(ctx, e)
		r, lanes = e.Removal, e.lanes
		for _, lane := range slices.Sorted(maps.Keys(lanes)) {
			if err == nil {
				err = s.markChanged(ctx, t, lane) // where another node may have them in memory
			}
		}
		if err == nil && erasure != "" {
			err = countErased(ctx, t, erasure, r)
		}
		if tried = err == nil && erasure == ""; tried {
			err = taskhook.Errorf(taskhook.CodeConflict, "This was only tried.") // undoes it
		}
		return err
	})
	if tried && taskhook.ErrorCode(err) == taskhook.CodeConflict {
		return r, nil
	}
	for lane := range lanes { // after an error too, for it may have been done
		s.member.get().inbox.Refresh(lane, true)
	}
	return r, err
}

// Erase removes what has the ids, with all that goes together with it: of tasks and
// executions their events and the files that their inputs name, of events their
// deliveries. What goes on is cancelled first. It is counted for the receipt of the
// erasure; without one nothing is changed, and it only says what there is. It can be
// repeated.
func (s *Store) Erase(ctx context.Context, now time.Time, erasure string, part taskhook.Part, ids []string) (taskhook.Removal, error) {
	return s.erasing(ctx, s.kinds.erase, now, erasure, func(ctx context.Context, e *eraser) error {
		switch part {
		case taskhook.PartEvents:
			return e.events(ctx, ids)
		case taskhook.PartExecutions:
			return e.executions(ctx, ids)
		case taskhook.PartTasks:
			return e.tasks(ctx, ids)
		case taskhook.PartFiles:
			return each(ids, func(in string, args []any) error { return e.files(ctx, in, args, "") })
		}
		return fmt.Errorf("there is no part %q to erase", part)
	})
}

func (e *eraser) events(ctx context.Context, ids []string) error {
	if err := each(ids, func(in string, args []any) error {
		lanes, err := collect(ctx, e.tx, scanInto[string], `SELECT lane FROM deliveries WHERE event IN `+in+` AND state = 'pending'`, args...)
		for _, lane := range lanes {
			e.lanes[lane] = true
		}
		return err
	}); err != nil {
		return err
	}
	_, err := e.remover.events(ctx, ids)
	return err
}

// about removes the events about something, and the files that its input names.
func (e *eraser) about(ctx context.Context, account, id string, input []byte) error {
	events, err := collect(ctx, e.tx, scanInto[string], `SELECT id FROM events WHERE subject = $1 AND subject <> ''`, id)
	if err != nil {
		return err
	}
	if err := e.events(ctx, events); err != nil {
		return err
	}
	return each(fileIDs.FindAllString(string(input), -1), func(in string, args []any) error {
		return e.files(ctx, in, append(args, account), ` AND account = `+next(args))
	})
}

// owned is what has an input.
type owned struct {
	account string
	input   []byte
}

func scanOwned(r scanner) (o owned, err error) {
	err = r.Scan(&o.account, &o.input)
	return o, err
}

func (e *eraser) tasks(ctx context.Context, ids []string) error {
	for _, id := range slices.Sorted(slices.Values(ids)) {
		k, ok, err := first(ctx, e.tx, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if !k.State.Final() {
			e.Stopped = append(e.Stopped, id)
			if err := cancelTask(ctx, e.tx, e.now, &k); err != nil {
				return err
			}
		}
		if err := e.about(ctx, k.AccountID, id, k.Input); err != nil {
			return err
		}
	}
	return e.remover.tasks(ctx, ids)
}

func (e *eraser) executions(ctx context.Context, ids []string) error {
	for _, id := range slices.Sorted(slices.Values(ids)) {
		if _, err := e.exec(ctx, `UPDATE executions SET state = 'cancelled', finished_at = $1, due_at = NULL WHERE id = $2 AND `+executionOpen,
			ms(e.now), id); err != nil {
			return err
		}
		stopped, err := stopSteps(ctx, e.tx, e.now, id)
		if err != nil {
			return err
		}
		e.Stopped = append(e.Stopped, stopped...)
		x, ok, err := first(ctx, e.tx, scanOwned, `SELECT account, input FROM executions WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := e.about(ctx, x.account, id, x.input); err != nil {
			return err
		}
	}
	return e.remover.executions(ctx, ids)
}

// CloseAccount takes an account's name and keys away, and stops its endpoints, so that
// nothing more is accepted for it or sent. It can be repeated. The erasure is as for
// Erase.
func (s *Store) CloseAccount(ctx context.Context, now time.Time, erasure, account string) (taskhook.Removal, error) {
	return s.erasing(ctx, s.kinds.closeAccount, now, erasure, func(ctx context.Context, e *eraser) error {
		if _, err := balance(ctx, e.tx, account); err != nil {
			return err // there is none
		}
		if _, err := e.exec(ctx, `UPDATE accounts SET name = '', erased_at = coalesce(erased_at, $1) WHERE id = $2`, ms(now), account); err != nil {
			return err
		}
		if _, _, err := e.delete(ctx, "keys", `DELETE FROM keys WHERE account = $1 RETURNING 0`, account); err != nil {
			return err
		}
		lanes, err := collect(ctx, e.tx, scanInto[string], `UPDATE endpoints SET deleted_at = $1 WHERE account = $2 AND deleted_at IS NULL RETURNING lane`,
			ms(now), account)
		for _, lane := range lanes {
			e.lanes[lane] = true
		}
		if err != nil || len(lanes) == 0 {
			return err
		}
		return changeSubscribers(ctx, e.tx)
	})
}

// EraseAccount removes what an account has besides tasks, executions, events and
// files, up to limit rows of a table at a time; none: all is gone. Of the account its
// number and its ledger are left, which closes with a balance of 0 under the id of
// the erasure, which is as for Erase.
func (s *Store) EraseAccount(ctx context.Context, now time.Time, erasure, account string, limit int) (taskhook.Removal, error) {
	return s.erasing(ctx, s.kinds.erase, now, erasure, func(ctx context.Context, e *eraser) error {
		if _, _, err := e.delete(ctx, "attempt_counts", `DELETE FROM attempt_counts WHERE (account, endpoint, minute, class) IN
			(SELECT account, endpoint, minute, class FROM attempt_counts WHERE account = $1 LIMIT $2) RETURNING 0`, account, limit); err != nil {
			return err
		}
		if _, _, err := e.delete(ctx, "usage", `DELETE FROM usage WHERE (account, hour, provider, model, key) IN
			(SELECT account, hour, provider, model, key FROM usage WHERE account = $1 LIMIT $2) RETURNING 0`, account, limit); err != nil {
			return err
		}
		if erasure == "" { // their executions, which refer to them, are still there
			n, _, err := first(ctx, e.tx, scanInto[int64], `SELECT count(*) FROM workflows WHERE account = $1`, account)
			e.Count("workflows", n)
			return err
		}
		for _, d := range []struct{ table, where string }{
			{"endpoint_health", `endpoint IN (SELECT id FROM endpoints WHERE account = $1)`},
			{"endpoints", `account = $1`},
			{"lanes", `account = $1`},
			{"workflow_versions", `workflow IN (SELECT id FROM workflows WHERE account = $1)`},
			{"workflows", `account = $1`},
			{"feed_horizons", `account = $1`},
			{"batches", `account = $1`},
			{"buckets", `account = $1`},
			{"worker_turns", `account = $1`},
		} {
			if _, _, err := e.delete(ctx, d.table, `DELETE FROM `+d.table+` WHERE `+d.where+` RETURNING 0`, account); err != nil {
				return err
			}
		}
		return e.closeLedger(ctx, account, erasure)
	})
}

// closeLedger brings the balance to 0 by an entry, so that its sum is still right.
func (e *eraser) closeLedger(ctx context.Context, account, erasure string) error {
	b, err := balance(ctx, e.tx, account)
	if err != nil || b.Available == 0 {
		return err
	}
	closing := entry{account, taskhook.EntryCredit, erasure, "", -b.Available, e.now}
	if b.Available < 0 {
		closing.kind = taskhook.EntryInvoice
	}
	if err := addEntry(ctx, e.tx, closing); err != nil {
		return err
	}
	_, err = e.exec(ctx, `UPDATE accounts SET balance = 0 WHERE id = $1`, account)
	return err
}
