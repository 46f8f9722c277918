package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func failingTests() []test {
	return []test{
		{"endpoints that only fail are found", testFailing},
		{"an endpoint is warned about once and disabled once", testNotices},
		{"a notice about what has changed is stale", testStaleNotice},
		{"what is held is dropped by request", testDrop},
		{"an account has a limited number of endpoints", testMaxEndpoints},
	}
}

// fail lets an attempt at the endpoint fail, of an event of the type.
func (f *fixture) fail(n *node, account, kind string, class taskhook.Class) {
	f.t.Helper()
	f.publish(account, kind)
	f.claimAll(n)
	for _, m := range n.lanes {
		for _, d := range m.sending {
			f.ok(f.finish(n, m, result(d, class, f.now)))
		}
	}
}

// failing returns the ids of the endpoints that have failed for so long.
func (f *fixture) failing(long time.Duration) []string {
	f.t.Helper()
	found, err := f.Store.FailingEndpoints(f.ctx, long, 10)
	f.ok(err)
	return idsOf(found, func(e taskhook.FailingEndpoint) string { return e.ID })
}

const days = 24 * time.Hour

func testFailing(t *testing.T, f *fixture) {
	account := f.account()
	n := f.join()
	e := f.endpoint(account, "a.b")
	f.fail(n, account, "a.b", taskhook.ClassStatus)
	equal(t, "failing at first", len(f.failing(4*days)), 0)
	began := f.now
	f.now = f.now.Add(4 * days)
	equal(t, "failing without a further attempt", len(f.failing(4*days)), 0)
	f.fail(n, account, "a.b", taskhook.ClassTimeout)
	found, err := f.Store.FailingEndpoints(f.ctx, 4*days, 10)
	f.ok(err)
	equal(t, "failing after four days", len(found), 1)
	equal(t, "endpoint", found[0].ID, e.ID)
	equal(t, "since", found[0].Since, began.Add(time.Millisecond))
	equal(t, "last class", found[0].Last.Class, taskhook.ClassTimeout)
	equal(t, "warned", found[0].Warned, time.Time{})
	f.publish(account, "a.b")
	f.deliverAll(n)
	equal(t, "failing after a success", len(f.failing(4*days)), 0)
	f.fail(n, account, "a.b", taskhook.ClassGone)
	equal(t, "gone", len(f.failing(4*days)), 1)
	f.setState(e, taskhook.EndpointPaused)
	equal(t, "failing while it is paused", len(f.failing(0)), 0)
}

// notice is what is to be said of the first endpoint that fails.
func (f *fixture) notice(eventType string) *taskhook.EndpointNotice {
	f.t.Helper()
	found, err := f.Store.FailingEndpoints(f.ctx, 0, 1)
	f.ok(err)
	if len(found) == 0 {
		f.t.Fatalf("nothing fails")
	}
	event := newEvent(found[0].AccountID, eventType, f.now)
	event.Event.Subject = found[0].ID
	return &taskhook.EndpointNotice{FailingEndpoint: found[0], EventID: event.Event.ID, EventType: eventType, At: f.now,
		Publication: &taskhook.Publication{Events: []taskhook.NewEvent{event}}}
}

func testNotices(t *testing.T, f *fixture) {
	account := f.account()
	n := f.join()
	e, watcher := f.endpoint(account, "a.b", "endpoint.*"), f.endpoint(account, "endpoint.*")
	f.fail(n, account, "a.b", taskhook.ClassStatus)
	for _, tt := range []struct {
		eventType string
		state     taskhook.EndpointState
	}{
		{taskhook.EventEndpointDisabling, taskhook.EndpointActive},
		{taskhook.EventEndpointDisabled, taskhook.EndpointDisabled},
	} {
		first, second := f.notice(tt.eventType), f.notice(tt.eventType)
		f.ok(f.Store.NoteEndpoint(f.ctx, f.now, first))
		equal(t, "stale", first.Stale, false)
		equal(t, "deliveries", len(first.Publication.Deliveries), 1)
		equal(t, "told", first.Publication.Deliveries[0].EndpointID, watcher.ID)
		got, err := f.Store.Endpoint(f.ctx, account, e.ID)
		f.ok(err)
		equal(t, "state", got.State, tt.state)
		f.ok(f.Store.NoteEndpoint(f.ctx, f.now, second))
		equal(t, "the second one is stale", second.Stale, true)
	}
	f.deliverAll(n)
	equal(t, "failing when it is disabled", len(f.failing(0)), 0)
}

func testStaleNotice(t *testing.T, f *fixture) {
	account := f.account()
	n := f.join()
	e := f.endpoint(account, "a.b")
	f.fail(n, account, "a.b", taskhook.ClassStatus)
	late := f.notice(taskhook.EventEndpointDisabled)
	f.publish(account, "a.b")
	f.deliverAll(n)
	f.ok(f.Store.NoteEndpoint(f.ctx, f.now, late))
	equal(t, "stale after a success", late.Stale, true)
	got, err := f.Store.Endpoint(f.ctx, account, e.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.EndpointActive)
	equal(t, "events", f.count(`SELECT count(*) FROM events WHERE type = 'endpoint.disabled'`), 0)
}

func testDrop(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	_, err := f.Store.DropDeliveries(f.ctx, f.now, account, e.ID)
	f.code(err, taskhook.CodeConflict)
	_, err = f.Store.DropDeliveries(f.ctx, f.now, f.account(), e.ID)
	f.code(err, taskhook.CodeNotFound)
	f.setState(e, taskhook.EndpointPaused)
	f.publish(account, "a.b")
	f.publish(account, "a.b")
	for _, want := range []int64{2, 0, 0} {
		dropped, err := f.Store.DropDeliveries(f.ctx, f.now, account, e.ID)
		f.ok(err)
		equal(t, "dropped", dropped, want)
	}
	equal(t, "cancelled", f.count(`SELECT count(*) FROM deliveries WHERE state = 'cancelled'`), 2)
	equal(t, "lanes that are due", f.count(`SELECT count(*) FROM lanes WHERE next_due IS NOT NULL`), 0)
	f.setState(e, taskhook.EndpointActive)
	f.publish(account, "a.b")
	n := f.join()
	equal(t, "delivered afterwards", len(f.claimAll(n)), 1)
}

func testMaxEndpoints(t *testing.T, f *fixture) {
	account := f.account()
	var group sync.WaitGroup
	for range taskhook.MaxEndpoints {
		group.Go(func() { f.endpoint(account, "a.b") })
	}
	group.Wait()
	f.code(f.Store.CreateEndpoint(f.ctx, newEndpoint(account, f.now, "a.b")), taskhook.CodeConflict)
	f.endpoint(f.account(), "a.b")
}
