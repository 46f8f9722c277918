package storetest

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func laneTests() []test {
	return []test{
		{"a lane has one owner, who reads its pages", testLanePages},
		{"an idle lane is settled and woken", testLaneSettled},
		{"a released lane has another owner under another epoch", testLaneReleased},
		{"a rest outlasts its owner and ends by request", testRest},
		{"a joining node frees what the dead had claimed", testJoinFreesLanes},
		{"the sweep finds only what the protocol lost", testSweep},
		{"idle lanes of origins are collected", testCollect},
		{"epochs of a collected lane never come again", testCollectedEpoch},
	}
}

func testLanePages(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	var want []string
	for range 5 {
		want = append(want, f.publish(account, "a.b").Deliveries[0].ID)
		f.now = f.now.Add(time.Millisecond)
	}
	n := f.join()
	lanes, _, err := f.Store.ClaimLanes(f.ctx, f.now, n.id, 10)
	f.ok(err)
	equal(t, "lanes", len(lanes), 1)
	equal(t, "lane", lanes[0].ID, e.LaneID)
	equal(t, "endpoint", lanes[0].EndpointID, e.ID)
	again, _, err := f.Store.ClaimLanes(f.ctx, f.now, n.id, 10)
	f.ok(err)
	equal(t, "lanes claimed twice", len(again), 0)
	var got []string
	for _, size := range []int{0, 2, 2, 2} {
		due := f.page(n.id, taskhook.LanePage{Lane: e.LaneID, Epoch: lanes[0].Epoch, Limit: size, Held: got})
		got = append(got, idsOf(due.Deliveries, func(d taskhook.Outgoing) string { return d.ID })...)
		equal(t, "more is due", due.Next.IsZero(), len(got) == 5)
	}
	equal(t, "deliveries", len(got), 5)
	for i, id := range want {
		equal(t, "order", got[i], id)
	}
	for name, page := range map[string]taskhook.LanePage{
		"an older epoch": {Lane: e.LaneID, Epoch: lanes[0].Epoch - 1, Limit: 9}, "no lane": {Lane: "lane_none", Epoch: 1, Limit: 9},
	} {
		equal(t, name+" is lost", f.page(n.id, page).Lost, true)
	}
	lost := f.page("node_other", taskhook.LanePage{Lane: e.LaneID, Epoch: lanes[0].Epoch, Limit: 9})
	equal(t, "another node's is lost", lost.Lost, true)
}

// page asks for one page.
func (f *fixture) page(node string, page taskhook.LanePage) taskhook.LaneDue {
	f.t.Helper()
	dues, err := f.Store.DuePages(f.ctx, f.now, node, []taskhook.LanePage{page})
	f.ok(err)
	equal(f.t, "answers", len(dues), 1)
	return dues[0]
}

// deliverAll claims and delivers all that is due.
func (f *fixture) deliverAll(n *node) {
	f.t.Helper()
	for _, d := range f.claimAll(n) {
		f.ok(f.finish(n, n.lanes[d.LaneID], succeed(d, f.now)))
	}
}

func testLaneSettled(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	f.deliverAll(n)
	m := n.lanes[e.LaneID]
	next, ok, err := f.Store.SettleLane(f.ctx, n.id, e.LaneID, m.epoch, false)
	f.ok(err)
	equal(t, "ours", ok, true)
	equal(t, "next", next, time.Time{})
	equal(t, "idle", f.count(`SELECT count(*) FROM lanes WHERE next_due IS NULL`), 1)
	f.publish(account, "a.b")
	equal(t, "idle after a publication", f.count(`SELECT count(*) FROM lanes WHERE next_due IS NULL`), 0)
	equal(t, "in memory", len(m.queue), 1)
	next, ok, err = f.Store.SettleLane(f.ctx, n.id, e.LaneID, m.epoch, false)
	f.ok(err)
	equal(t, "ours", ok, true)
	equal(t, "next", next, f.now)
	_, ok, err = f.Store.SettleLane(f.ctx, n.id, e.LaneID, m.epoch-1, true)
	f.ok(err)
	equal(t, "ours under an older epoch", ok, false)
	f.check(n)
}

func testLaneReleased(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	d := f.claimAll(n)[0]
	m := n.lanes[e.LaneID]
	_, ok, err := f.Store.SettleLane(f.ctx, n.id, e.LaneID, m.epoch, true)
	f.ok(err)
	equal(t, "released", ok, true)
	_, ok, err = f.Store.RaiseEpoch(f.ctx, f.now, n.id, e.LaneID, taskhook.Rest{})
	f.ok(err)
	equal(t, "raised when it is not ours", ok, false)
	delete(n.lanes, e.LaneID)
	again := f.claimAll(n)
	equal(t, "claimed again", len(again), 1)
	equal(t, "the same", again[0].ID, d.ID)
	if again[0].Epoch <= d.Epoch {
		t.Fatalf("epoch %d follows %d", again[0].Epoch, d.Epoch)
	}
	equal(t, "woken", n.takeWoken(), false)
	f.check(n)
}

func testRest(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	f.publish(account, "a.b")
	f.claimAll(n)
	rest := taskhook.Rest{Until: f.now.Add(time.Minute).UTC(), Trips: 3}
	_, ok, err := f.Store.RaiseEpoch(f.ctx, f.now, n.id, e.LaneID, rest)
	f.ok(err)
	equal(t, "raised", ok, true)
	claimed := func() taskhook.Rest {
		lanes, _, err := f.Store.ClaimLanes(f.ctx, f.now, f.join().id, 10)
		f.ok(err)
		equal(t, "lanes", len(lanes), 1)
		return lanes[0].Rest
	}
	equal(t, "rest", claimed(), rest)
	health, err := f.Store.EndpointHealth(f.ctx, f.now, account, e.ID)
	f.ok(err)
	equal(t, "rest that is shown", health.Rest, rest)
	for name, rouse := range map[string]func(){
		"a change of the endpoint": func() {
			_, err := f.Store.UpdateEndpoint(f.ctx, f.now, account, e.ID, func(e *taskhook.Endpoint) error {
				e.Rate, e.MaxInFlight = 5, 7
				return nil
			})
			f.ok(err)
		},
		"a delivery that was asked for": func() {
			d := taskhook.NewDelivery(&taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, f.now), AccountID: account}, &e, nil, f.now)
			f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Rouse: true, Deliveries: []taskhook.Outgoing{d}}))
		},
	} {
		n := f.join()
		_, _, err = f.Store.ClaimLanes(f.ctx, f.now, n.id, 10)
		f.ok(err)
		_, ok, err = f.Store.RaiseEpoch(f.ctx, f.now, n.id, e.LaneID, rest)
		f.ok(err)
		equal(t, "raised again", ok, true)
		rouse()
		equal(t, "rest after "+name, claimed(), taskhook.Rest{})
	}
	got, err := f.Store.Endpoint(f.ctx, account, e.ID)
	f.ok(err)
	equal(t, "rate", got.Rate, 5)
	equal(t, "at a time", got.MaxInFlight, 7)
}

func testJoinFreesLanes(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	old := f.join()
	f.publish(account, "a.b")
	d := f.claimAll(old)[0]
	n := f.join()
	again := f.claimAll(n)
	equal(t, "claimed again", len(again), 1)
	late := succeed(d, f.now)
	f.ok(f.Store.FinishDeliveries(f.ctx, []*taskhook.AttemptResult{late}))
	equal(t, "stale", late.Stale, true)
	f.ok(f.finish(n, n.lanes[d.LaneID], succeed(again[0], f.now)))
	f.check(n)
}

func testSweep(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	f.publish(account, "a.b")
	woken, err := f.Store.SweepLanes(f.ctx, f.now)
	f.ok(err)
	equal(t, "woken without need", woken, 0)
	_, err = f.Raw.ExecContext(f.ctx, `UPDATE lanes SET next_due = NULL WHERE id = $1`, e.LaneID)
	f.ok(err)
	woken, err = f.Store.SweepLanes(f.ctx, f.now)
	f.ok(err)
	equal(t, "woken", woken, 1)
	equal(t, "found", len(f.claimAll(f.join())), 1)
}

func testCollect(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	n := f.join()
	event := newEvent(account, "a.b", f.now)
	event.FanOut = false
	job := perJob(&event.Event, "https://job.example", f.now)
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{job}}))
	collect := func() int64 {
		deleted, err := f.Store.CollectLanes(f.ctx, 100)
		f.ok(err)
		return deleted
	}
	equal(t, "collected while due", collect(), 0)
	f.deliverAll(n)
	equal(t, "collected while owned", collect(), 0)
	m := n.lanes[job.LaneID]
	_, _, err := f.Store.SettleLane(f.ctx, n.id, m.id, m.epoch, true)
	f.ok(err)
	equal(t, "collected", collect(), 1)
	equal(t, "lanes left, of endpoints", f.count(`SELECT count(*) FROM lanes`), 1)
}

func testCollectedEpoch(t *testing.T, f *fixture) {
	n := f.join()
	account := f.account()
	last := int64(0)
	for range 3 {
		event := newEvent(account, "a.b", f.now)
		job := perJob(&event.Event, "https://job.example", f.now)
		f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{job}}))
		f.deliverAll(n)
		m := n.lanes[job.LaneID]
		if m.epoch <= last {
			t.Fatalf("epoch %d follows %d", m.epoch, last)
		}
		last = m.epoch
		_, _, err := f.Store.SettleLane(f.ctx, n.id, m.id, m.epoch, true)
		f.ok(err)
		delete(n.lanes, m.id)
		deleted, err := f.Store.CollectLanes(f.ctx, 10)
		f.ok(err)
		equal(t, "collected", deleted, 1)
		f.now = f.now.Add(time.Second)
	}
}
