package storetest

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
)

func fillingTests() []test {
	return []test{
		{"a filled backlog is claimed and sent", testFillDue},
		{"a filled history is listed", testFillHistory},
	}
}

func (f *fixture) fill(filling store.Filling) {
	f.t.Helper()
	last := 0
	filling.Type, filling.Body, filling.Schedule = "bench.event", []byte(`{"n":1}`), schedule
	f.ok(f.Store.Fill(f.ctx, filling, func(made int) { last = made }))
	equal(f.t, "what was said to be made", last, filling.Deliveries)
}

func (f *fixture) tally(since time.Time, state taskhook.DeliveryState) int {
	f.t.Helper()
	n, err := f.Store.Tally(f.ctx, since, state)
	f.ok(err)
	return n
}

func testFillDue(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "bench.*")
	f.endpoint(account, "bench.*")
	f.fill(store.Filling{Deliveries: 7, From: f.now, To: f.now})
	equal(t, "pending", f.tally(f.now, taskhook.DeliveryPending), 7)
	equal(t, "pending that are younger", f.tally(f.now.Add(time.Hour), taskhook.DeliveryPending), 0)
	n := f.join()
	lanes, _, err := f.Store.ClaimLanes(f.ctx, f.now, n.id, 10)
	f.ok(err)
	equal(t, "lanes that are due", len(lanes), 2)
	sent := 0
	for _, l := range lanes {
		for _, d := range f.page(n.id, taskhook.LanePage{Lane: l.ID, Epoch: l.Epoch, Limit: 10}).Deliveries {
			equal(t, "body", string(d.Body), `{"n":1}`)
			deepEqual(t, "schedule", d.Schedule, schedule)
			sent++
		}
	}
	equal(t, "sent", sent, 7)
}

func testFillHistory(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "bench.*")
	f.fill(store.Filling{Deliveries: 10_003, Finished: true, From: f.now.Add(-time.Hour), To: f.now})
	equal(t, "delivered", f.tally(f.now.Add(-time.Hour), taskhook.DeliveryDelivered), 10_003)
	var d taskhook.Delivery
	for _, endpoint := range []string{"", e.ID} {
		list, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: account, EndpointID: endpoint, Page: taskhook.Page{Limit: 2}})
		f.ok(err)
		equal(t, "total", list.Total, taskhook.MaxTotal)
		d = list.Items[0]
	}
	attempts, err := f.Store.Attempts(f.ctx, account, d.ID)
	f.ok(err)
	equal(t, "attempts", len(attempts), 1)
	k, err := f.Store.Task(f.ctx, account, d.Subject)
	f.ok(err)
	equal(t, "state of the task", k.State, taskhook.TaskSucceeded)
	event, err := f.Store.Event(f.ctx, account, d.EventID)
	f.ok(err)
	equal(t, "subject of the event", event.Subject, k.ID)
	head, err := f.Store.FeedHead(f.ctx)
	f.ok(err)
	equal(t, "events", head, 10_003)
	f.publish(account, "bench.event") // what is written later goes on from there
	equal(t, "pending", f.tally(f.now, taskhook.DeliveryPending), 1)
}
