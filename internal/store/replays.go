package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

const replayColumns = `id, account, key, choice, target, rate, state, reason, cursor, bound, found, more, created, skipped, created_at, finished_at`

func scanReplay(r scanner) (j taskhook.Replay, err error) {
	var choice []byte
	var created int64
	var finished *int64
	if err := r.Scan(&j.ID, &j.AccountID, &j.KeyID, &choice, &j.TargetID, &j.Rate, &j.State, &j.Reason, &j.Cursor, &j.Bound,
		&j.Found, &j.Open, &j.Created, &j.Skipped, &created, &finished); err != nil {
		return j, err
	}
	j.CreatedAt, j.FinishedAt = at(created), atOrZero(finished)
	return j, json.Unmarshal(choice, &j.Choice)
}

// CreateReplay stores a replay that was planned, to be worked on from now on, and
// returns its id. With a key that stands for a replay already, it returns the id of
// that; with another request under the same key it is a conflict, and when the
// account has as many unfinished ones as it may. After an error it can be repeated.
func (s *Store) CreateReplay(ctx context.Context, j taskhook.Replay, key *taskhook.Idempotency) (id string, err error) {
	choice, err := json.Marshal(j.Choice)
	if err != nil {
		return "", err
	}
	err = s.update(ctx, s.kinds.createReplay, func(ctx context.Context, t tx) error {
		if id, err = checkKey(ctx, t, j.CreatedAt, key); err != nil || id != "" {
			return err
		}
		if err := takeKey(ctx, t, key, j.ID); err != nil {
			return err
		}
		id = j.ID
		open, _, err := first(ctx, t, scanInto[int], `SELECT count(*) FROM replays WHERE account = $1 AND finished_at IS NULL AND id <> $2`, j.AccountID, j.ID)
		if err != nil {
			return err
		}
		if open >= taskhook.MaxReplays {
			return taskhook.Errorf(taskhook.CodeConflict, "The account has %d replays that have not ended, which is as many as there can be; cancel one or wait.", open)
		}
		_, err = t.exec(ctx, `INSERT INTO replays (id, account, key, choice, target, rate, state, cursor, bound, found, more, created_at)
			VALUES (`+marks(1, 12)+`) ON CONFLICT (id) DO NOTHING`, j.ID, j.AccountID, j.KeyID, choice, j.TargetID, j.Rate, string(j.State), j.Cursor,
			j.Bound, j.Found, flag(j.Open), ms(j.CreatedAt))
		return err
	})
	return id, err
}

// Replay returns a replay of the account with what became of its deliveries.
func (s *Store) Replay(ctx context.Context, account, id string) (taskhook.Replay, error) {
	j, err := readReplay(ctx, s.db, account, id)
	if err != nil {
		return j, err
	}
	j.Outcomes, _, err = first(ctx, s.db, func(r scanner) (o taskhook.ReplayOutcomes, err error) {
		return o, r.Scan(&o.Pending, &o.Delivered, &o.Failed, &o.Cancelled)
	}, `SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'delivered'), count(*) FILTER (WHERE state = 'failed'),
		count(*) FILTER (WHERE state = 'cancelled') FROM (SELECT state FROM deliveries WHERE replay = $1 AND replay <> '' ORDER BY id LIMIT $2) AS counted`,
		id, taskhook.MaxTotal)
	return j, err
}

func readReplay(ctx context.Context, r reader, account, id string) (taskhook.Replay, error) {
	j, ok, err := first(ctx, r, scanReplay, `SELECT `+replayColumns+` FROM replays WHERE id = $1 AND account = $2`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no replay %.80q in this account.", id)
	}
	return j, err
}

// Replays lists replays, newest first.
func (s *Store) Replays(ctx context.Context, f taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error) {
	var scope, filter conditions
	scope.add("account = ?", f.AccountID)
	filter.addIf(f.State != "", "state = ?", string(f.State))
	return list(ctx, s.db, listing[taskhook.Replay]{
		columns: replayColumns, from: ` FROM replays`, id: "id", scope: scope, filter: filter, page: f.Page, scan: scanReplay,
		cursor: func(j taskhook.Replay) string { return j.ID },
	})
}

// RunningReplays returns up to limit replays of all accounts that are to be worked
// on, oldest first.
func (s *Store) RunningReplays(ctx context.Context, limit int) ([]taskhook.Replay, error) {
	return collect(ctx, s.db, scanReplay, `SELECT `+replayColumns+` FROM replays WHERE state = 'running' ORDER BY id LIMIT $1`, limit)
}

// ChangeReplay lets change edit state, reason and rate of a replay of the account,
// in one transaction, perhaps more than once, and returns it as it became.
func (s *Store) ChangeReplay(ctx context.Context, now time.Time, account, id string, change func(*taskhook.Replay) error) (j taskhook.Replay, err error) {
	err = s.update(ctx, s.kinds.changeReplay, func(ctx context.Context, t tx) error {
		if j, err = readReplay(ctx, t, account, id); err != nil {
			return err
		}
		was := j.State
		if err := change(&j); err != nil {
			return err
		}
		if j.State.Final() && !was.Final() {
			j.FinishedAt = now
		}
		_, err = t.exec(ctx, `UPDATE replays SET state = $1, reason = $2, rate = $3, finished_at = $4 WHERE id = $5 AND state = $6`,
			string(j.State), j.Reason, j.Rate, msOrNil(j.FinishedAt), id, string(was))
		return err
	})
	return j, err
}

// replayStep is the item of an advance.
type replayStep struct {
	*taskhook.ReplayStep
	store       *Store
	now         time.Time
	publication *publication
}

// AdvanceReplay makes the deliveries of a part and moves the replay on, in one
// transaction. It is stale, and changes nothing, when the replay is not where the
// part began any more, or is not running. An account whose backlog is full is
// CodeRateLimited.
func (s *Store) AdvanceReplay(ctx context.Context, now time.Time, step *taskhook.ReplayStep) error {
	return s.writes.do(ctx, s.kinds.advanceReplay, &replayStep{step, s, now, s.newPublication(now, step.Publication)})
}

// announced is of ending.
func (p *replayStep) announced() *publication {
	if p.Stale {
		return nil
	}
	return p.publication
}

func (p *replayStep) end(ctx context.Context, t tx) error {
	created := len(p.Publication.Deliveries)
	if created > 0 {
		if err := p.store.backlog.check(ctx, t, p.Replay.AccountID, p.now); err != nil {
			return err
		}
	}
	state, finished := taskhook.ReplayRunning, time.Time{}
	if p.Part.Done {
		state, finished = taskhook.ReplayCompleted, p.now
	}
	changed, err := t.exec(ctx, `UPDATE replays SET cursor = $1, created = created + $2, skipped = skipped + $3, state = $4, finished_at = $5
		WHERE id = $6 AND cursor = $7 AND state = 'running'`, p.Part.Cursor, created, len(p.Part.Items)-created, string(state), msOrNil(finished),
		p.Replay.ID, p.Replay.Cursor)
	p.Stale = err == nil && changed == 0
	return err
}
