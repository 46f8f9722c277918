package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/taskhook/taskhook"
)

func publishTests() []test {
	return []test{
		{"an event goes to whom it may concern", testFanOut},
		{"the endpoint's schedule comes before the operator's", testScheduleChoice},
		{"a per-job delivery has its own body", testPerJobBody},
		{"bodies are kept byte for byte", testBodyBytes},
		{"the feed has no gaps and keeps each writer's order", testFeedOrder},
		{"a refused publication leaves no gap", testFeedAfterRefusal},
		{"an event is published once", testPublishedOnce},
		{"fresh deliveries go straight to their owner", testFreshClaimed},
		{"a lane is due when its first delivery is", testLaneDue},
	}
}

func testFanOut(t *testing.T, f *fixture) {
	account, other := f.account(), f.account()
	both, one := f.endpoint(account, "a.b", "c.d"), f.endpoint(account, "c.d")
	f.endpoint(account, "a.bc") // a longer name
	f.endpoint(other, "a.b")    // another account's
	gone := f.endpoint(account, "a.b")
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, gone.ID))
	silent := newEvent(account, "a.b", f.now)
	silent.FanOut = false
	p := &taskhook.Publication{Events: []taskhook.NewEvent{newEvent(account, "a.b", f.now), newEvent(account, "c.d", f.now), silent}}
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	var got []string
	for _, d := range p.Deliveries {
		got = append(got, d.EventType+" "+d.EndpointID)
		read, err := f.Store.Delivery(f.ctx, account, d.ID)
		f.ok(err)
		if diff := cmp.Diff(d.Delivery, read); diff != "" {
			t.Fatal(diff)
		}
	}
	slices.Sort(got)
	want := []string{"a.b " + both.ID, "c.d " + both.ID, "c.d " + one.ID}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 3)
}

func testScheduleChoice(t *testing.T, f *fixture) {
	account := f.account()
	for _, own := range []taskhook.Schedule{nil, {}, {time.Second, time.Hour}} {
		e := newEndpoint(account, f.now, "a.b")
		e.Schedule = own
		f.ok(f.Store.CreateEndpoint(f.ctx, e))
		want := own
		if own == nil {
			want = schedule
		}
		p := f.publish(account, "a.b")
		got, err := f.Store.Delivery(f.ctx, account, p.Deliveries[len(p.Deliveries)-1].ID)
		f.ok(err)
		equal(t, "schedule", got.Schedule.String(), want.String())
		f.now = f.now.Add(time.Millisecond)
	}
}

func testPerJobBody(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	event := newEvent(account, "a.b", f.now)
	p := &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{
		perJob(&event.Event, "https://one.example", f.now), perJob(&event.Event, "https://two.example", f.now)}}
	p.Deliveries[1].Body = []byte("another face")
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	equal(t, "deliveries", len(p.Deliveries), 3)
	for _, d := range p.Deliveries {
		got, err := f.Store.Outgoing(f.ctx, account, d.ID)
		f.ok(err)
		if diff := cmp.Diff(d.Body, got.Body) + cmp.Diff(d.Delivery.URL, got.URL); diff != "" {
			t.Fatal(diff)
		}
	}
}

func testBodyBytes(t *testing.T, f *fixture) {
	account := f.account()
	large := make([]byte, 1<<20)
	for i := range large {
		large[i] = byte(i * 7)
	}
	for name, body := range map[string][]byte{
		"empty": {}, "NUL": []byte("a\x00b\x00"), "only NUL": {0}, "not UTF-8": {0xff, 0xfe, 0xc3, 0x28, 0x80},
		"line separators": []byte("{\"a\":\"\u2028\u2029\"}\r\n"), "quotes": []byte(`'";--`), "large": large,
	} {
		event := newEvent(account, "a.b", f.now)
		event.Event.Body = body
		d := perJob(&event.Event, "https://job.example", f.now)
		d.Body = body
		f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{d}}))
		read, err := f.Store.Event(f.ctx, account, event.Event.ID)
		f.ok(err)
		out, err := f.Store.Outgoing(f.ctx, account, d.ID)
		f.ok(err)
		equal(t, name+": event", string(read.Body), string(body))
		equal(t, name+": delivery", string(out.Body), string(body))
	}
	_, err := f.Store.Event(f.ctx, f.account(), "evt_none")
	f.code(err, taskhook.CodeNotFound)
}

func testFeedOrder(t *testing.T, f *fixture) {
	const writers, each, events = 8, 12, 3
	accounts := make([]string, writers)
	for i := range accounts {
		accounts[i] = f.account()
	}
	together(writers, func(i int) {
		last := int64(0)
		for range each {
			p := &taskhook.Publication{}
			for range events {
				p.Events = append(p.Events, newEvent(accounts[i], "a.b", f.now))
			}
			if err := f.Store.Publish(f.ctx, f.now, p); err != nil {
				t.Error(err)
				return
			}
			for _, e := range p.Events {
				if e.Event.Seq <= last {
					t.Errorf("%d follows %d", e.Event.Seq, last)
				}
				last = e.Event.Seq
				if read, err := f.Store.Event(f.ctx, accounts[i], e.Event.ID); err != nil || read.Seq != last {
					t.Errorf("read %d, want %d: %v", read.Seq, last, err)
				}
			}
		}
	})
	const total = writers * each * events
	equal(t, "events", f.count(`SELECT count(*) FROM events`), total)
	equal(t, "first", f.count(`SELECT min(seq) FROM events`), 1)
	equal(t, "last", f.count(`SELECT max(seq) FROM events`), total)
}

func testFeedAfterRefusal(t *testing.T, f *fixture) {
	account := f.account()
	published := f.publish(account, "a.b").Events[0]
	together(12, func(i int) {
		e := newEvent(account, "a.b", f.now)
		if i%3 == 0 {
			e.Event.ID = published.Event.ID
		}
		err := f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{e}})
		if refused := taskhook.ErrorCode(err) == taskhook.CodeConflict; refused != (i%3 == 0) {
			t.Errorf("writer %d: %v", i, err)
		}
	})
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 9)
	equal(t, "last", f.count(`SELECT max(seq) FROM events`), 9)
}

func testPublishedOnce(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	p := f.publish(account, "a.b")
	again := &taskhook.Publication{Events: p.Events}
	f.code(f.Store.Publish(f.ctx, f.now, again), taskhook.CodeConflict)
	equal(t, "deliveries that the refused one made", len(again.Deliveries), 0)
	d := p.Deliveries[0]
	f.code(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Deliveries: []taskhook.Outgoing{d}}), taskhook.CodeConflict)
	equal(t, "deliveries", f.count(`SELECT count(*) FROM deliveries`), 1)
}

func testFreshClaimed(t *testing.T, f *fixture) {
	account := f.account()
	e := f.endpoint(account, "a.b")
	n := f.join()
	n.room = 3
	f.publish(account, "a.b")
	equal(t, "woken for a free lane", n.takeWoken(), true)
	equal(t, "claimed by hand", len(f.claimAll(n)), 1)
	f.publish(account, "a.b")
	f.publish(account, "a.b")
	m := n.lanes[e.LaneID]
	equal(t, "in memory", len(m.queue), 2)
	equal(t, "body in memory", string(m.queue[1].Body), `{"type":"a.b"}`)
	equal(t, "look again", m.look, time.Time{})
	f.check(n)
	f.publish(account, "a.b") // over the room
	equal(t, "in memory", len(m.queue), 2)
	equal(t, "look again after a refusal", m.look, asap)
	equal(t, "woken for an owned lane", n.takeWoken(), false)
	f.check(n)
}

func testLaneDue(t *testing.T, f *fixture) {
	account := f.account()
	event := newEvent(account, "a.b", f.now)
	publish := func(due time.Time) {
		d := perJob(&event.Event, "https://job.example", f.now)
		d.DueAt = due
		p := &taskhook.Publication{Deliveries: []taskhook.Outgoing{d}}
		if f.count(`SELECT count(*) FROM events`) == 0 {
			p.Events = []taskhook.NewEvent{event}
		}
		f.ok(f.Store.Publish(f.ctx, f.now, p))
	}
	for _, step := range []struct{ due, next time.Duration }{{time.Hour, time.Hour}, {2 * time.Hour, time.Hour}, {0, 0}, {-time.Second, -time.Second}} {
		publish(f.now.Add(step.due))
		next, err := f.Store.NextLane(f.ctx)
		f.ok(err)
		equal(t, fmt.Sprintf("next lane after one due in %s", step.due), next, f.now.Add(step.next))
	}
}
