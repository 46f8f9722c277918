package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/taskhook/taskhook"
)

func endpointTests() []test {
	return []test{
		{"an endpoint is read back as it was written", testEndpointReadBack},
		{"an endpoint is another account's secret", testEndpointForeign},
		{"a change that is refused changes nothing", testEndpointChangeRefused},
		{"changes at once all count", testEndpointChangesAtOnce},
		{"secrets are sealed", testSecretsSealed},
		{"a paused endpoint is owed, not sent", testHoldAndResume},
		{"an owner gets nothing for a paused endpoint", testHoldOwned},
		{"a deleted endpoint is owed nothing", testDelete},
		{"a deleted backlog is cancelled in bites", testDeleteInBites},
	}
}

func testEndpointReadBack(t *testing.T, f *fixture) {
	want := newEndpoint(f.account(), f.now, "order.paid", "task.completed")
	want.Description, want.Schedule = "orders", taskhook.Schedule{}
	f.ok(f.Store.CreateEndpoint(f.ctx, want))
	got, err := f.Store.Endpoint(f.ctx, want.AccountID, want.ID)
	f.ok(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	want.URL, want.Description, want.Events, want.Schedule = "https://other.example", "", []string{"a.b"}, nil
	want.State, want.Reason, want.Secrets = taskhook.EndpointPaused, "Paused on request.", append(want.Secrets, taskhook.Secret{Text: "whsec_b"})
	now := f.now.Add(time.Second)
	changed, err := f.Store.UpdateEndpoint(f.ctx, now, want.AccountID, want.ID, func(e *taskhook.Endpoint) error {
		*e = want
		return nil
	})
	f.ok(err)
	want.UpdatedAt = now
	lanes, err := f.Store.LaneEndpoints(f.ctx, []string{want.LaneID, "lane_none"})
	f.ok(err)
	if diff := cmp.Diff(want, changed) + cmp.Diff([]taskhook.Endpoint{want}, lanes); diff != "" {
		t.Fatal(diff)
	}
	none, err := f.Store.LaneEndpoints(f.ctx, nil)
	f.ok(err)
	equal(t, "endpoints of no lanes", len(none), 0)
}

func testEndpointForeign(t *testing.T, f *fixture) {
	e, other := f.endpoint(f.account(), "a.b"), f.account()
	_, err := f.Store.Endpoint(f.ctx, other, e.ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.UpdateEndpoint(f.ctx, f.now, other, e.ID, func(*taskhook.Endpoint) error { return nil })
	f.code(err, taskhook.CodeNotFound)
	f.code(f.Store.DeleteEndpoint(f.ctx, f.now, other, e.ID), taskhook.CodeNotFound)
	_, err = f.Store.Endpoint(f.ctx, e.AccountID, e.ID)
	f.ok(err)
}

func testEndpointChangeRefused(t *testing.T, f *fixture) {
	e := f.endpoint(f.account(), "a.b")
	_, err := f.Store.UpdateEndpoint(f.ctx, f.now.Add(time.Hour), e.AccountID, e.ID, func(e *taskhook.Endpoint) error {
		e.URL = "https://never.example"
		return taskhook.Errorf(taskhook.CodeConflict, "No.")
	})
	f.code(err, taskhook.CodeConflict)
	got, err := f.Store.Endpoint(f.ctx, e.AccountID, e.ID)
	f.ok(err)
	if diff := cmp.Diff(e, got); diff != "" {
		t.Fatal(diff)
	}
}

func testEndpointChangesAtOnce(t *testing.T, f *fixture) {
	e := f.endpoint(f.account(), "a.b")
	const changes = 20
	together(changes, func(int) {
		_, err := f.Store.UpdateEndpoint(f.ctx, f.now, e.AccountID, e.ID, func(e *taskhook.Endpoint) error {
			e.Description += "x"
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	got, err := f.Store.Endpoint(f.ctx, e.AccountID, e.ID)
	f.ok(err)
	equal(t, "changes", len(got.Description), changes)
}

func testSecretsSealed(t *testing.T, f *fixture) {
	e := f.endpoint(f.account(), "a.b")
	stored, err := f.Bytes(f.ctx)
	f.ok(err)
	if !bytes.Contains(stored, []byte(e.ID)) {
		t.Fatal("the endpoint is not among what is stored: the test looks in the wrong place")
	}
	if bytes.Contains(stored, []byte(e.Secrets[0].Text)) {
		t.Fatal("the secret is stored as plain text")
	}
	other := f.endpoint(e.AccountID, "a.b")
	_, err = f.Raw.ExecContext(f.ctx, `UPDATE endpoints SET secrets = (SELECT secrets FROM endpoints WHERE id = $1) WHERE id = $2`, e.ID, other.ID)
	f.ok(err)
	if _, err := f.Store.Endpoint(f.ctx, other.AccountID, other.ID); err == nil {
		t.Fatal("a sealed secret was moved to another endpoint")
	}
}

func testHoldAndResume(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.setState(e, taskhook.EndpointPaused)
	p := f.publish(account, "a.b")
	equal(t, "held in the answer", p.Deliveries[0].Held, true)
	got, err := f.Store.Delivery(f.ctx, account, p.Deliveries[0].ID)
	f.ok(err)
	equal(t, "held", got.Held, true)
	equal(t, "state", got.State, taskhook.DeliveryPending)
	lanes, next, err := f.Store.ClaimLanes(f.ctx, f.now, n.id, 10)
	f.ok(err)
	equal(t, "claimed lanes", len(lanes), 0)
	equal(t, "next lane", next, time.Time{})
	f.now = f.now.Add(time.Hour)
	f.setState(e, taskhook.EndpointActive)
	next, err = f.Store.NextLane(f.ctx)
	f.ok(err)
	equal(t, "next lane", next, got.DueAt)
	got, err = f.Store.Delivery(f.ctx, account, p.Deliveries[0].ID)
	f.ok(err)
	equal(t, "held", got.Held, false)
	equal(t, "delivered after the pause", len(f.claimAll(n)), 1)
}

func testHoldOwned(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	f.deliverAll(n)
	m := n.lanes[e.LaneID]
	f.setState(e, taskhook.EndpointPaused)
	m.direct = true // it has not yet heard
	f.publish(account, "a.b")
	equal(t, "in memory", len(m.queue), 0)
	due := f.page(n.id, taskhook.LanePage{Lane: m.id, Epoch: m.epoch, Limit: 9})
	equal(t, "lost", due.Lost, true)
	equal(t, "brought", len(due.Deliveries), 0)
	f.setState(e, taskhook.EndpointActive)
	f.check(n)
	equal(t, "claimed after the pause", len(f.claimAll(n)), 1)
}

func testDelete(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	owed := f.publish(account, "a.b").Deliveries[0]
	inFlight := f.claimAll(n)[0]
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, e.ID))
	f.code(f.Store.DeleteEndpoint(f.ctx, f.now, account, e.ID), taskhook.CodeNotFound)
	late := succeed(inFlight, f.now)
	f.ok(f.Store.FinishDeliveries(f.ctx, []*taskhook.AttemptResult{late}))
	equal(t, "stale", late.Stale, true)
	got, err := f.Store.Delivery(f.ctx, account, owed.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.DeliveryCancelled)
	equal(t, "fan-out after it", len(f.publish(account, "a.b").Deliveries), 0)
	lanes, err := f.Store.LaneEndpoints(f.ctx, []string{e.LaneID})
	f.ok(err)
	equal(t, "endpoints of the lane", len(lanes), 0)
}

func testDeleteInBites(t *testing.T, f *fixture) {
	account := f.account()
	e, other := f.endpoint(account, "a.b"), f.endpoint(account, "a.b")
	const events = 1300
	p := &taskhook.Publication{}
	for range events {
		p.Events = append(p.Events, newEvent(account, "a.b", f.now))
	}
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, e.ID))
	left := func() int64 {
		return f.count(`SELECT count(*) FROM deliveries WHERE state = 'pending' AND endpoint = $1`, e.ID)
	}
	if n := left(); n == 0 || n == events {
		t.Fatalf("%d of %d are left after the first bite", n, events)
	}
	for more := true; more; {
		n, err := f.Store.CancelOrphans(f.ctx, f.now)
		f.ok(err)
		more = n > 0
	}
	equal(t, "left", left(), 0)
	equal(t, "of the other", f.count(`SELECT count(*) FROM deliveries WHERE state = 'pending' AND endpoint = $1`, other.ID), events)
	equal(t, "lanes of deleted endpoints that are due", f.count(`SELECT count(*) FROM lanes WHERE held = 1 AND next_due IS NOT NULL`), 0)
}
