package storetest

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func healthTests() []test {
	return []test{
		{"the health of an endpoint follows its attempts", testEndpointHealth},
		{"a batch of attempts is counted once", testTraffic},
		{"an older failure hides no newer one", testLateFailure},
		{"the overview counts an account's own", testOverview},
		{"counters are forgotten", testForgetCounts},
		{"an account's backlog is limited", testBacklogQuota},
	}
}

func (f *fixture) health(e taskhook.Endpoint) taskhook.EndpointHealth {
	f.t.Helper()
	h, err := f.Store.EndpointHealth(f.ctx, f.now, e.AccountID, e.ID)
	f.ok(err)
	return h
}

func testEndpointHealth(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	h := f.health(e)
	equal(t, "successes yet", h.LastSuccess, time.Time{})
	equal(t, "failures yet", h.LastFailure, nil)
	f.publish(account, "a.b")
	equal(t, "pending", f.health(e).Pending, 1)
	for i, class := range []taskhook.Class{taskhook.ClassTimeout, taskhook.ClassStatus} {
		d := f.claimAll(n)[0]
		r := result(d, class, f.now)
		f.ok(f.finish(n, n.lanes[d.LaneID], r))
		h = f.health(e)
		equal(t, "failures", h.Failures, i+1)
		equal(t, "class", h.LastFailure.Class, class)
		equal(t, "status", h.LastFailure.Status, 500)
		equal(t, "error", h.LastFailure.Error, r.Attempt.Error)
		equal(t, "failed at", h.LastFailure.At, f.now.Add(time.Millisecond))
		equal(t, "oldest due", h.OldestDue, r.Delivery.DueAt)
		f.now = r.Delivery.DueAt
	}
	d := f.claimAll(n)[0]
	f.ok(f.finish(n, n.lanes[d.LaneID], succeed(d, f.now)))
	h = f.health(e)
	equal(t, "failures", h.Failures, 0)
	equal(t, "last success", h.LastSuccess, f.now.Add(time.Millisecond))
	equal(t, "last failure", h.LastFailure.Class, taskhook.ClassStatus)
	equal(t, "pending", h.Pending, 0)
	equal(t, "oldest due", h.OldestDue, time.Time{})
	hour := h.Traffic.LastHour()
	deepEqual(t, "attempts", hour.Attempts, map[taskhook.Class]int{taskhook.ClassTimeout: 1, taskhook.ClassStatus: 1, taskhook.ClassOK: 1})
	equal(t, "delivered", hour.Delivered, 1)
	equal(t, "given up", hour.GivenUp, 0)
	_, err := f.Store.EndpointHealth(f.ctx, f.now, f.account(), e.ID)
	f.code(err, taskhook.CodeNotFound)
}

// testTraffic has 70 results of two endpoints and per-job deliveries in one batch,
// of which some are stale.
func testTraffic(t *testing.T, f *fixture) {
	account, other := f.account(), f.account()
	a, b := f.endpoint(account, "a.b"), f.endpoint(account, "a.c")
	n := f.join()
	p := &taskhook.Publication{}
	for i := range 70 {
		event := newEvent(account, []string{"a.b", "a.c"}[i%2], f.now)
		p.Events = append(p.Events, event)
		if i < 10 {
			p.Deliveries = append(p.Deliveries, perJob(&event.Event, "https://job.example", f.now))
		}
	}
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	var results []*taskhook.AttemptResult
	fresh := 0
	for i, d := range f.claimAll(n) {
		class := taskhook.ClassOK
		if d.PerJob() {
			class = taskhook.ClassRefused
		}
		r := result(d, class, f.now)
		if i%7 == 0 {
			r.Epoch-- // not ours any more
		} else {
			fresh++
		}
		results = append(results, r)
	}
	equal(t, "results", len(results), 80)
	f.ok(f.Store.FinishDeliveries(f.ctx, results))
	f.ok(f.Store.FinishDeliveries(f.ctx, results)) // repeated after an error, say
	o, err := f.Store.Overview(f.ctx, f.now, account)
	f.ok(err)
	sum := o.Traffic.Sum()
	equal(t, "attempts", sum.Succeeded()+sum.Failed(), fresh)
	equal(t, "given up", sum.GivenUp, sum.Attempts[taskhook.ClassRefused])
	equal(t, "delivered", sum.Delivered, sum.Succeeded())
	own := 0
	for _, e := range []taskhook.Endpoint{a, b} {
		h := f.health(e)
		own += h.Traffic.Sum().Succeeded()
	}
	equal(t, "of the endpoints", own, sum.Succeeded())
	equal(t, "pending", o.Pending, 80-fresh)
	equal(t, "rows", f.count(`SELECT count(*) FROM attempt_counts`), 5) // two endpoints, per-job, and two classes of all
	o, err = f.Store.Overview(f.ctx, f.now, other)
	f.ok(err)
	equal(t, "another's attempts", o.Traffic.Sum().Succeeded(), 0)
	equal(t, "another's deliveries", o.Pending, 0)

	f.now = f.now.Add(90 * time.Minute)
	h := f.health(a)
	equal(t, "of the last hour", h.Traffic.LastHour().Succeeded(), 0)
	equal(t, "of the hour before", h.Traffic[22].Succeeded(), h.Traffic.Sum().Succeeded())
	f.now = f.now.Add(23 * time.Hour)
	h = f.health(a)
	equal(t, "a day later", h.Traffic.Sum().Succeeded(), 0)
}

func testLateFailure(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	f.publish(account, "a.b")
	claimed := f.claimAll(n)
	for i, class := range []taskhook.Class{taskhook.ClassTLS, taskhook.ClassDNS} {
		f.ok(f.finish(n, n.lanes[e.LaneID], result(claimed[i], class, f.now.Add(-time.Duration(i)*time.Second))))
	}
	h := f.health(e)
	equal(t, "class", h.LastFailure.Class, taskhook.ClassTLS)
	equal(t, "failed at", h.LastFailure.At, f.now.Add(time.Millisecond))
	equal(t, "failures", h.Failures, 2)
}

func testOverview(t *testing.T, f *fixture) {
	account := f.account()
	n := f.join()
	for _, state := range []taskhook.TaskState{taskhook.TaskSucceeded, taskhook.TaskFailed} {
		f.task(account)
		f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, f.claimRun(n), state, f.now)))
	}
	f.task(account)
	o, err := f.Store.Overview(f.ctx, f.now, account)
	f.ok(err)
	equal(t, "unfinished", o.Unfinished, 1)
	equal(t, "pending", o.Pending, 2)
	o, err = f.Store.Overview(f.ctx, f.now, f.account())
	f.ok(err)
	equal(t, "another's", o.Unfinished+o.Pending, 0)
}

func testForgetCounts(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	d := f.claimAll(n)[0]
	f.ok(f.finish(n, n.lanes[d.LaneID], succeed(d, f.now)))
	for _, tt := range []struct {
		before time.Time
		want   int64 // of the endpoint's and the account's, one at a time
	}{{f.now.Add(-time.Hour), 0}, {f.now.Add(time.Hour), 1}, {f.now.Add(time.Hour), 1}, {f.now.Add(time.Hour), 0}} {
		deleted, err := f.Store.ForgetCounts(f.ctx, tt.before, 1)
		f.ok(err)
		equal(t, "deleted", deleted, tt.want)
	}
}

func testBacklogQuota(t *testing.T, f *fixture) {
	account, other := f.account(), f.account()
	e := f.endpoint(account, "a.b")
	publish := func(account string, events int) error {
		p := &taskhook.Publication{}
		for range events {
			p.Events = append(p.Events, newEvent(account, "a.b", f.now))
		}
		return f.Store.Publish(f.ctx, f.now, p)
	}
	submit := func(account string) error {
		k, run := newTask(account, f.now)
		_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
		return err
	}
	n := f.join()
	f.ok(submit(account))
	run := f.claimRun(n)
	f.ok(publish(account, MaxBacklog-1))
	f.ok(publish(account, 2)) // one more than there is room for: an event is not cut in two
	f.code(publish(account, 1), taskhook.CodeRateLimited)
	f.code(submit(account), taskhook.CodeRateLimited)
	f.ok(submit(other))
	equal(t, "deliveries", f.count(`SELECT count(*) FROM deliveries`), MaxBacklog+1)

	// The outcome of a task that was accepted is owed all the same.
	f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, run, taskhook.TaskSucceeded, f.now)))

	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, e.ID))
	f.now = f.now.Add(time.Second)
	f.ok(publish(account, 1))
	f.ok(submit(account))
}
