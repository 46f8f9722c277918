package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// everyEndpoint stands for all of an account's endpoints in attempt_counts.
const everyEndpoint = "*"

// tally is a row of attempt_counts.
type tally struct {
	tallyKey
	attempts, ended int
}

type tallyKey struct {
	account, endpoint string
	minute            int64
	class             taskhook.Class
}

func (k tallyKey) compare(o tallyKey) int {
	return cmp.Or(cmp.Compare(k.account, o.account), cmp.Compare(k.endpoint, o.endpoint), cmp.Compare(k.minute, o.minute),
		cmp.Compare(k.class, o.class))
}

// minuteOf is the beginning of a time's minute, in Unix milliseconds.
func minuteOf(t time.Time) int64 { return ms(t.Truncate(time.Minute)) }

// endOf is when an attempt ended.
func endOf(a *taskhook.Attempt) time.Time { return a.StartedAt.Add(a.Duration) }

// countAttempts adds a batch of attempts to the counters: one row for each
// endpoint, minute and class, however many attempts there are.
func countAttempts(ctx context.Context, t tx, made []*taskhook.AttemptResult) error {
	var args []any
	for _, c := range tallies(made) {
		args = append(args, c.account, c.endpoint, c.minute, string(c.class), c.attempts, c.ended)
	}
	return t.many(ctx, nil, countRows, args)
}

// tallies counts the attempts by endpoint, and for their accounts.
func tallies(made []*taskhook.AttemptResult) []tally {
	found := map[tallyKey]tally{}
	add := func(k tallyKey, attempts, ended int) {
		c := found[k]
		found[k] = tally{k, c.attempts + attempts, c.ended + ended}
	}
	for _, r := range made {
		add(tallyKey{r.Delivery.AccountID, r.Delivery.EndpointID, minuteOf(endOf(&r.Attempt)), r.Attempt.Class}, 1, flag(r.Delivery.State.Final()))
	}
	list := sortedTallies(found)
	clear(found)
	for _, c := range list {
		c.endpoint = everyEndpoint
		add(c.tallyKey, c.attempts, c.ended)
	}
	return append(list, sortedTallies(found)...)
}

func sortedTallies(found map[tallyKey]tally) []tally {
	list := make([]tally, 0, len(found))
	for _, c := range found {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b tally) int { return a.compare(b.tallyKey) })
	return list
}

// standing is what a batch of attempts says of one endpoint.
type standing struct {
	endpoint string
	success  time.Time         // of the last one; zero: none
	failure  *taskhook.Attempt // the last one; nil: none
	failures int               // since the last success
	since    time.Time         // when the first of them ended; zero: there is none
}

// noteHealth notes how the endpoints of a batch stand after it.
func noteHealth(ctx context.Context, t tx, made []*taskhook.AttemptResult) error {
	var args []any
	for _, s := range standings(made) {
		failure := taskhook.Attempt{}
		var failed any
		if s.failure != nil {
			failure, failed = *s.failure, ms(endOf(s.failure))
		}
		args = append(args, s.endpoint, msOrNil(s.success), failed, string(failure.Class), failure.Status, failure.Error, s.failures,
			msOrNil(s.since))
	}
	return t.many(ctx, nil, healthRows, args)
}

// standings goes through the attempts in the order in which they ended.
func standings(made []*taskhook.AttemptResult) []*standing {
	var configured []*taskhook.AttemptResult
	for _, r := range made {
		if !r.Delivery.PerJob() {
			configured = append(configured, r)
		}
	}
	slices.SortStableFunc(configured, func(a, b *taskhook.AttemptResult) int {
		return cmp.Or(cmp.Compare(a.Delivery.EndpointID, b.Delivery.EndpointID), endOf(&a.Attempt).Compare(endOf(&b.Attempt)))
	})
	var list []*standing
	for _, r := range configured {
		if len(list) == 0 || list[len(list)-1].endpoint != r.Delivery.EndpointID {
			list = append(list, &standing{endpoint: r.Delivery.EndpointID})
		}
		s := list[len(list)-1]
		if r.Attempt.Delivered() {
			s.success, s.failures, s.since = endOf(&r.Attempt), 0, time.Time{}
			continue
		}
		if s.failures++; s.failures == 1 {
			s.since = endOf(&r.Attempt)
		}
		s.failure = &r.Attempt
	}
	return list
}

// ForgetCounts deletes up to limit counters that are from before a time.
func (s *Store) ForgetCounts(ctx context.Context, before time.Time, limit int) (deleted int64, err error) {
	err = s.update(ctx, s.kinds.forgetCounts, func(ctx context.Context, t tx) error {
		deleted, err = t.exec(ctx, `DELETE FROM attempt_counts WHERE (account, endpoint, minute, class) IN
			(SELECT account, endpoint, minute, class FROM attempt_counts WHERE minute < $1 LIMIT $2)`, ms(before), limit)
		return err
	})
	return deleted, err
}
