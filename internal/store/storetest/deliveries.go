package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/taskhook/taskhook"
)

func deliveryTests() []test {
	return []test{
		{"attempts are recorded until the end", testAttempts},
		{"an attempt is recorded once", testAttemptOnce},
		{"a stale result changes nothing", testStaleResult},
		{"many results are recorded together", testManyResults},
		{"a replay is a new delivery of the same bytes", testReplay},
		{"a configured delivery goes where its endpoint is now", testMovedEndpoint},
		{"a delivery is another account's secret", testDeliveryForeign},
	}
}

func testAttempts(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	n := f.join()
	id := f.publish(account, "a.b").Deliveries[0].ID
	var want []taskhook.Attempt
	for i, class := range []taskhook.Class{taskhook.ClassStatus, taskhook.ClassTimeout, taskhook.ClassOK} {
		d := f.claimAll(n)[0]
		equal(t, "attempts so far", d.Attempts, i)
		r := result(d, class, f.now)
		f.ok(f.finish(n, n.lanes[d.LaneID], r))
		equal(t, "stale", r.Stale, false)
		want = append(want, r.Attempt)
		f.now = r.Delivery.DueAt
		f.check(n)
	}
	got, err := f.Store.Delivery(f.ctx, account, id)
	f.ok(err)
	equal(t, "state", got.State, taskhook.DeliveryDelivered)
	equal(t, "attempts", got.Attempts, 3)
	equal(t, "last error", got.LastError, "")
	equal(t, "finished at", got.FinishedAt, f.now)
	attempts, err := f.Store.Attempts(f.ctx, account, id)
	f.ok(err)
	if diff := cmp.Diff(want, attempts); diff != "" {
		t.Fatal(diff)
	}
}

func testAttemptOnce(t *testing.T, f *fixture) {
	account := f.account()
	e := newEndpoint(account, f.now, "a.b")
	e.Schedule = taskhook.Schedule{0, 0}
	f.ok(f.Store.CreateEndpoint(f.ctx, e))
	n := f.join()
	f.publish(account, "a.b")
	d := f.claimAll(n)[0]
	r := result(d, taskhook.ClassTimeout, f.now.Add(-time.Hour))
	r.Delivery.DueAt, r.Attempt.RetryAfter = f.now, 0
	f.ok(f.finish(n, n.lanes[e.LaneID], r))
	equal(t, "claimed again under the same epoch", len(f.claimAll(n)), 1)
	f.ok(f.Store.FinishDeliveries(f.ctx, []*taskhook.AttemptResult{r}))
	equal(t, "stale when it is repeated", r.Stale, true)
	equal(t, "attempts", f.count(`SELECT count(*) FROM attempts`), 1)
}

func testStaleResult(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	d := f.claimAll(n)[0]
	answer, err := f.raiseEpoch(n, n.lanes[e.LaneID])
	f.ok(err)
	answer()
	delete(n.lanes[e.LaneID].sending, d.ID) // as if it had not waited for its end
	equal(t, "claimed again", len(f.claimAll(n)), 1)
	late := succeed(d, f.now)
	f.ok(f.Store.FinishDeliveries(f.ctx, []*taskhook.AttemptResult{late}))
	equal(t, "stale", late.Stale, true)
	got, err := f.Store.Delivery(f.ctx, account, d.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.DeliveryPending)
	equal(t, "attempts", f.count(`SELECT count(*) FROM attempts`), 0)
}

func testManyResults(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	n := f.join()
	p := &taskhook.Publication{}
	for range 150 { // more than one bulk statement of every size
		p.Events = append(p.Events, newEvent(account, "a.b", f.now))
	}
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	claimed := f.claimAll(n)
	equal(t, "claimed", len(claimed), 150)
	var results []*taskhook.AttemptResult
	for i, d := range claimed {
		r := succeed(d, f.now)
		if i%5 == 0 {
			r.Epoch-- // not ours any more
		}
		results = append(results, r)
	}
	f.ok(f.Store.FinishDeliveries(f.ctx, results))
	for i, r := range results {
		equal(t, "stale", r.Stale, i%5 == 0)
	}
	equal(t, "delivered", f.count(`SELECT count(*) FROM deliveries WHERE state = 'delivered'`), 120)
	equal(t, "attempts", f.count(`SELECT count(*) FROM attempts`), 120)
}

func testReplay(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	n := f.join()
	event := newEvent(account, "a.b", f.now)
	job := perJob(&event.Event, "https://job.example", f.now)
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{job}}))
	for _, d := range f.claimAll(n) {
		f.ok(f.finish(n, n.lanes[d.LaneID], succeed(d, f.now)))
	}
	f.now = f.now.Add(time.Hour)
	listed, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: account, EventID: event.Event.ID, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "deliveries", len(listed.Items), 2)
	for _, old := range listed.Items {
		o, err := f.Store.Outgoing(f.ctx, account, old.ID)
		f.ok(err)
		again := o
		again.ID, again.ReplayOf = taskhook.NewID(taskhook.PrefixDelivery, f.now), old.ID
		again.State, again.Attempts, again.DueAt, again.CreatedAt, again.FinishedAt = taskhook.DeliveryPending, 0, f.now, f.now, time.Time{}
		f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Deliveries: []taskhook.Outgoing{again}}))
		got, err := f.Store.Outgoing(f.ctx, account, again.ID)
		f.ok(err)
		if diff := cmp.Diff(again, got); diff != "" {
			t.Fatal(diff)
		}
	}
	listed, err = f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: account, EventID: event.Event.ID, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "deliveries with replays", len(listed.Items), 4)
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 1)
}

func testMovedEndpoint(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	id := f.publish(account, "a.b").Deliveries[0].ID
	_, err := f.Store.UpdateEndpoint(f.ctx, f.now, account, e.ID, func(e *taskhook.Endpoint) error {
		e.URL = "https://moved.example/"
		return nil
	})
	f.ok(err)
	got, err := f.Store.Delivery(f.ctx, account, id)
	f.ok(err)
	equal(t, "URL", got.URL, "https://moved.example/")
}

func testDeliveryForeign(t *testing.T, f *fixture) {
	account, other := f.account(), f.account()
	f.endpoint(account, "a.b")
	p := f.publish(account, "a.b")
	_, err := f.Store.Delivery(f.ctx, other, p.Deliveries[0].ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.Outgoing(f.ctx, other, p.Deliveries[0].ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.Attempts(f.ctx, other, p.Deliveries[0].ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.Event(f.ctx, other, p.Events[0].Event.ID)
	f.code(err, taskhook.CodeNotFound)
}
