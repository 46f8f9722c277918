package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func tellTests() []test {
	return []test{
		{"events of a task on its way go to who names them", testTell},
		{"a newer one takes the place of the one before", testTellNewer},
		{"the end of a task removes them, however it comes", testTellEnd},
		{"a report that is stale publishes nothing", testTellStale},
		{"a report and the end at once leave the end alone", testTellRacesFinish},
		{"a report that is too early publishes nothing", testTellEarly},
		{"workers are told of under their lease", testTellOfWorker},
		{"who follows is known by account", testFollowed},
	}
}

// running returns a run that goes on.
func (f *fixture) running(n *node, account string) taskhook.ClaimedRun {
	f.t.Helper()
	f.task(account)
	return f.claimRun(n)
}

func newReport(node string, c taskhook.ClaimedRun, kind string, sequence int, now time.Time) *taskhook.Report {
	e := newEvent(c.Task.AccountID, kind, now)
	e.Event.Subject = c.Task.ID
	return &taskhook.Report{Node: node, RunID: c.Run.ID, Sequence: sequence, Percent: 10 * sequence, Event: e}
}

// tell publishes one report and returns its event.
func (f *fixture) tell(n *node, c taskhook.ClaimedRun, kind string, sequence int) taskhook.Event {
	f.t.Helper()
	r := newReport(n.id, c, kind, sequence, f.now)
	f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{r}))
	equal(f.t, "stale", r.Stale, false)
	return r.Event.Event
}

// owed are the events that are pending for an endpoint, oldest first.
func (f *fixture) owed(e taskhook.Endpoint) (events []string) {
	f.t.Helper()
	found, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: e.AccountID, EndpointID: e.ID,
		State: taskhook.DeliveryPending, Page: taskhook.Page{Limit: 100}})
	f.ok(err)
	for _, d := range found.Items {
		events = append([]string{d.EventID}, events...)
	}
	return events
}

const startedType, progressType = taskhook.EventTaskStarted, taskhook.EventTaskProgress

func testTell(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	all, named := f.endpoint(account, "*", "task.*"), f.endpoint(account, progressType)
	paused := f.endpoint(account, progressType)
	f.setState(paused, taskhook.EndpointPaused)
	c := f.running(n, account)
	e := f.tell(n, c, progressType, 1)
	deepEqual(t, "owed to who takes all", f.owed(all), []string(nil))
	deepEqual(t, "owed to who is paused", f.owed(paused), []string(nil))
	deepEqual(t, "owed to who names it", f.owed(named), []string{e.ID})
	for _, c := range []struct {
		types []string
		want  []string
	}{{nil, nil}, {[]string{"task.*", "*"}, nil}, {[]string{"a.b", progressType}, []string{progressType}}} {
		deepEqual(t, "feed", f.feed(taskhook.FeedQuery{AccountID: account, Types: c.types, Limit: 10}), c.want)
	}
	k, err := f.Store.Task(f.ctx, account, c.Task.ID)
	f.ok(err)
	equal(t, "progress", k.Progress, 10)
	equal(t, "told", k.Told, 1)
}

func testTellNewer(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	starts, both := f.endpoint(account, startedType), f.endpoint(account, startedType, progressType)
	c := f.running(n, account)
	began := f.tell(n, c, startedType, 1)
	deepEqual(t, "owed at the start", f.owed(both), []string{began.ID})
	var last taskhook.Event
	for sequence := 2; sequence < 5; sequence++ {
		last = f.tell(n, c, progressType, sequence)
	}
	deepEqual(t, "owed of the start", f.owed(starts), []string{began.ID})
	deepEqual(t, "owed of both", f.owed(both), []string{last.ID})
	deepEqual(t, "feed", f.feed(taskhook.FeedQuery{AccountID: account, Types: []string{startedType, progressType}, Limit: 10}), []string{startedType, progressType})
	f.counted()
}

func testTellEnd(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	to := f.endpoint(account, startedType, progressType, "task.completed")
	ends := map[string]func(c taskhook.ClaimedRun){
		"finish": func(c taskhook.ClaimedRun) {
			f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, c, taskhook.TaskSucceeded, f.now)))
		},
		"cancel": func(c taskhook.ClaimedRun) {
			_, err := f.Store.CancelTask(f.ctx, f.now, account, c.Task.ID)
			f.ok(err)
		},
		"another run": func(c taskhook.ClaimedRun) {
			f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, f.now, true))
			again := f.claimRun(n)
			equal(t, "told before", again.Task.Told, 2)
			f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, again, taskhook.TaskSucceeded, f.now)))
		},
	}
	for name, end := range ends {
		c := f.running(n, account)
		f.tell(n, c, startedType, 1)
		f.tell(n, c, progressType, 2)
		end(c)
		equal(t, "events left by "+name, f.count(`SELECT count(*) FROM events WHERE type IN ('task.started', 'task.progress')`), 0)
	}
	equal(t, "deliveries left", f.count(`SELECT count(*) FROM deliveries WHERE event_type IN ('task.started', 'task.progress')`), 0)
	equal(t, "owed", len(f.owed(to)), 2)
	f.counted()
}

func testTellStale(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.endpoint(account, progressType)
	c := f.running(n, account)
	f.tell(n, c, progressType, 3)
	stale := func(what string, r *taskhook.Report) {
		t.Helper()
		fresh := newReport(n.id, f.running(n, account), progressType, 1, f.now)
		f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{r, fresh}))
		equal(t, what, r.Stale, true)
		equal(t, "one beside "+what, fresh.Stale, false)
	}
	stale("of an earlier sequence", newReport(n.id, c, progressType, 3, f.now))
	stale("another node's", newReport("node_other", c, progressType, 4, f.now))
	_, err := f.Store.CancelTask(f.ctx, f.now, account, c.Task.ID)
	f.ok(err)
	stale("after the end", newReport(n.id, c, progressType, 4, f.now))
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 3)
}

func testTellEarly(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.endpoint(account, progressType)
	c := f.running(n, account)
	f.tell(n, c, progressType, 1)
	early := newReport(n.id, c, progressType, 2, f.now.Add(499*time.Millisecond))
	early.After = f.now.Add(-time.Millisecond)
	f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{early}))
	equal(t, "too early", early.Stale, true)
	next := newReport(n.id, c, progressType, 2, f.now.Add(500*time.Millisecond))
	next.After = f.now
	f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{next}))
	equal(t, "not before its time", next.Stale, false)
}

func testTellOfWorker(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, progressType)
	f.pulled(account)
	l := f.lease(1)[0]
	report := func(lease string, sequence int) *taskhook.Report {
		r := newReport("", l.ClaimedRun, progressType, sequence, f.now)
		r.Event.Event.Subject, r.Lease = l.Task.ID, lease
		return r
	}
	mine, none, wrong := report(l.ID, 1), report("", 2), report("lease_other", 2)
	f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{mine, none, wrong}))
	equal(t, "its worker's is stale", mine.Stale, false)
	equal(t, "nobody's is stale", none.Stale, true)
	equal(t, "another worker's is stale", wrong.Stale, true)
	_, err := f.Store.EndLease(f.ctx, l.ID, f.now, false)
	f.ok(err)
	again := f.lease(1)[0]
	equal(t, "told before", again.Task.Told, 1)
	late := report(l.ID, 2)
	f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{late}))
	equal(t, "a lost worker's is stale", late.Stale, true)
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 1)
}

func testTellRacesFinish(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.endpoint(account, progressType)
	for range 20 {
		c := f.running(n, account)
		f.tell(n, c, progressType, 1)
		together(2, func(i int) {
			if i == 0 {
				f.ok(f.Store.Tell(f.ctx, f.now, []*taskhook.Report{newReport(n.id, c, progressType, 2, f.now)}))
				return
			}
			f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, c, taskhook.TaskSucceeded, f.now)))
		})
	}
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 20)
	equal(t, "owed of what has ended", f.count(`SELECT count(*) FROM deliveries WHERE event_type = 'task.progress'`), 0)
	f.counted()
}

func testFollowed(t *testing.T, f *fixture) {
	a, b, c := f.account(), f.account(), f.account()
	f.endpoint(a, "*")
	f.endpoint(b, progressType)
	f.endpoint(b, startedType, progressType)
	gone, changed := f.endpoint(c, progressType), f.endpoint(c, progressType)
	off := f.endpoint(c, progressType)
	f.setState(off, taskhook.EndpointDisabled)
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, c, gone.ID))
	_, err := f.Store.UpdateEndpoint(f.ctx, f.now, c, changed.ID, func(e *taskhook.Endpoint) error {
		e.Events = []string{"task.*"}
		return nil
	})
	f.ok(err)
	followed, err := f.Store.Followed(f.ctx, []string{a, b, c})
	f.ok(err)
	slices.Sort(followed[b])
	deepEqual(t, "followed", followed, map[string][]string{b: {progressType, startedType}})
}
