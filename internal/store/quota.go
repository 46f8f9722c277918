package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// quota bounds how much of a kind an account has: unfinished tasks, or deliveries
// that it is owed. Counting many is slow, so it remembers how much room there was
// at least: that grows without it, as things end, and shrinks only by what it is
// told of. When that is used up it counts again, and an account that is then found
// full after recount. Only what runs commits uses it.
type quota struct {
	limit int             // 0: none
	rooms map[string]room // by account
	count countFunc
	full  string // the sentence for a full account, with the limit
	tasks bool   // it is of tasks, whose limit some clients want to know
}

// countFunc counts what an account has, up to limit.
type countFunc func(ctx context.Context, r reader, account string, limit int) (int, error)

// room is how much more an account may have, at least.
type room struct {
	left int
	full time.Time // when it was counted and found to have none; zero: it had some
}

// recount is how long an account that was found full is taken to be so.
const recount = time.Second

func newTaskQuota(limit int) quota {
	return quota{limit, map[string]room{}, openRuns,
		"The account has %d unfinished tasks, which is as many as it may have. Wait until some have ended, or cancel some.", true}
}

func newBacklogQuota(limit int) quota {
	return quota{limit, map[string]room{}, pendingDeliveries,
		"The account has %d deliveries that have not arrived, which is as many as it may have. " +
			"Wait until some have, or see to the webhooks that do not answer or are paused.", false}
}

// check answers with CodeRateLimited when the account has no room.
func (q *quota) check(ctx context.Context, t tx, account string, now time.Time) error {
	if q.limit == 0 {
		return nil
	}
	r := q.rooms[account]
	if age := now.Sub(r.full); r.left == 0 && age.Abs() >= recount {
		taken, err := q.count(ctx, t, account, q.limit)
		if err != nil {
			return err
		}
		r = newRoom(q.limit-taken, now)
		q.rooms[account] = r
	}
	if r.left == 0 {
		return q.refusal()
	}
	return nil
}

// used reports whether no room is known of, so that check may count.
func (q *quota) used(account string) bool { return q.limit > 0 && q.rooms[account].left == 0 }

// fits is check for n at once, of which there must be room for all; what is written of
// them is not to be counted yet. Room is for how many there is.
func (q *quota) fits(ctx context.Context, t tx, account string, n int, now time.Time) (room int, err error) {
	if q.limit == 0 || q.rooms[account].left >= n {
		return n, nil
	}
	taken, err := q.count(ctx, t, account, q.limit)
	if err != nil {
		return 0, err
	}
	if q.rooms[account] = newRoom(q.limit-taken, now); q.limit-taken < n {
		return q.limit - taken, q.refusal()
	}
	return n, nil
}

func newRoom(left int, now time.Time) room {
	if left == 0 {
		return room{full: now}
	}
	return room{left: left}
}

// refusal is the error for a full account.
func (q *quota) refusal() error {
	e := taskhook.Errorf(taskhook.CodeRateLimited, q.full, q.limit)
	if q.tasks {
		e.Limit = q.limit
	}
	return e
}

// note takes room away. What is noted and then rolled back is missed only until
// the next count.
func (q *quota) note(account string, n int) {
	if r := q.rooms[account]; r.left > 0 {
		r.left = max(r.left-n, 0)
		q.rooms[account] = r
	}
}

// openRuns counts the unfinished tasks of an account.
func openRuns(ctx context.Context, r reader, account string, limit int) (int, error) {
	n, _, err := first(ctx, r, scanInto[int], `SELECT count(*) FROM (SELECT 1 FROM runs WHERE account = $1 AND state = 'open' LIMIT $2) AS counted`,
		account, limit)
	return n, err
}

// pendingDeliveries counts what an account is owed, by way of its lanes: an idle
// one has none.
func pendingDeliveries(ctx context.Context, r reader, account string, limit int) (int, error) {
	n, _, err := first(ctx, r, scanInto[int], `SELECT count(*) FROM (SELECT 1 FROM lanes l JOIN deliveries d ON d.lane = l.id
		WHERE l.account = $1 AND l.next_due IS NOT NULL AND d.state = 'pending' LIMIT $2) AS counted`, account, limit)
	return n, err
}
