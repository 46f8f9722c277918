package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// quota bounds how many unfinished tasks an account has. Counting many is slow, so
// it remembers how much room there was at least: that grows without it, as tasks
// end, and shrinks only by what it admits. A full account is counted again after
// recount. Only what runs commits uses it.
type quota struct {
	limit int             // 0: none
	rooms map[string]room // by account
}

// room is what an account may still submit, at least.
type room struct {
	left    int
	counted time.Time
}

// recount is how long an account that was full is taken to be so.
const recount = time.Second

// take admits one more task, or answers with CodeRateLimited. What is admitted and
// then rolled back is missed only until the next count.
func (q *quota) take(ctx context.Context, t tx, account string, now time.Time) error {
	if q.limit == 0 {
		return nil
	}
	r := q.rooms[account]
	if age := now.Sub(r.counted); r.left == 0 && age.Abs() >= recount {
		taken, _, err := first(ctx, t, scanInto[int], `SELECT count(*) FROM (SELECT 1 FROM runs WHERE account = $1 AND state = 'open' LIMIT $2) AS counted`,
			account, q.limit)
		if err != nil {
			return err
		}
		r = room{left: q.limit - taken, counted: now}
	}
	full := r.left == 0
	if !full {
		r.left--
	}
	q.rooms[account] = r
	if full {
		return taskhook.Errorf(taskhook.CodeRateLimited,
			"The account has %d unfinished tasks, which is as many as it may have. Wait until some have ended, or cancel some.", q.limit)
	}
	return nil
}

// giveBack undoes a take whose task was refused for another reason.
func (q *quota) giveBack(account string) {
	if q.limit == 0 {
		return
	}
	r := q.rooms[account]
	r.left++
	q.rooms[account] = r
}
