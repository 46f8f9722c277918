package storetest

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/taskhook/taskhook"
)

// testAtOnce runs the protocol with everyone at once: publishers, a hand that
// pauses and resumes, and nodes of which each dies in the midst of its work and
// goes on as if it lived. At the end all is delivered, and nothing twice under
// valid epochs.
func testAtOnce(t *testing.T, open OpenFunc) {
	f := newFixture(t, open(t, Options{}))
	account := f.account()
	endpoints := []taskhook.Endpoint{f.endpoint(account, "a.b"), f.endpoint(account, "a.b")}
	const publishers, each, lives = 4, 30, 3
	var published atomic.Int32
	var work, nodes sync.WaitGroup
	for range publishers {
		work.Go(func() {
			for range each {
				f.publishAny(t, account)
				published.Add(1)
			}
		})
	}
	work.Go(func() {
		for i := range 20 {
			state := []taskhook.EndpointState{taskhook.EndpointPaused, taskhook.EndpointActive}[i%2]
			if _, err := f.Store.UpdateEndpoint(f.ctx, f.now, account, endpoints[i/2%2].ID, func(e *taskhook.Endpoint) error {
				e.State = state
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
	})
	stop := make(chan struct{})
	var last *node
	for life := range lives {
		for published.Load() < int32(life*publishers*each/lives) && !t.Failed() {
			runtime.Gosched()
		}
		if last != nil {
			last.died()
		}
		last = f.join()
		nodes.Go(func() { f.live(t, last, stop) })
	}
	work.Wait()
	close(stop)
	nodes.Wait()
	f.check(last)
	f.drain(last)
	woken, err := f.Store.SweepLanes(f.ctx, f.now)
	f.ok(err)
	equal(t, "found by the sweep", woken, 0)
	f.ok(last.imbalance())
	f.consistent()
	equal(t, "not delivered", f.count(`SELECT count(*) FROM deliveries WHERE state <> 'delivered'`), 0)
	equal(t, "recorded by nobody", f.count(`SELECT count(*) FROM deliveries WHERE attempts = 0`), 0)
}

// publishAny publishes an event to the endpoints or to an origin.
func (f *fixture) publishAny(t *testing.T, account string) {
	e := newEvent(account, "a.b", f.now)
	e.Schedule = taskhook.Schedule{0, 0, 0, 0, 0, 0, 0, 0}
	p := &taskhook.Publication{Events: []taskhook.NewEvent{e}}
	if rand.IntN(2) == 0 {
		p.Events[0].FanOut = false
		p.Deliveries = []taskhook.Outgoing{perJob(&e.Event, "https://one.example", f.now)}
	}
	if err := f.Store.Publish(f.ctx, f.now, p); err != nil {
		t.Error(err)
	}
}

// live is the life of a node: one goroutine asks the store, some send.
func (f *fixture) live(t *testing.T, n *node, stop chan struct{}) {
	var senders sync.WaitGroup
	for range 3 {
		senders.Go(func() {
			for running(stop) {
				if m, d, ok := n.next(); ok {
					f.attempt(t, n, m, d)
				} else {
					runtime.Gosched()
				}
			}
		})
	}
	for running(stop) {
		for _, m := range n.all() {
			f.serve(t, n, m)
		}
		if n.takeWoken() {
			f.ask(t, n)(f.claimLanes(n, 2))
		}
	}
	senders.Wait()
}

func running(stop chan struct{}) bool {
	select {
	case <-stop:
		return false
	default:
		return true
	}
}

// ask takes the answer to a question in. The dead may be refused.
func (f *fixture) ask(t *testing.T, n *node) func(answer func(), err error) {
	return func(answer func(), err error) {
		if err != nil && !n.isDead() {
			t.Error(err)
		}
		answer()
	}
}

// serve asks the store what the lane needs to know.
func (f *fixture) serve(t *testing.T, n *node, m *memory) {
	n.mu.Lock()
	looks, empty, drained, stopped, room := !m.look.IsZero() && !m.look.After(f.now), m.held() == 0, m.drained(), m.stopped, n.room-m.held()
	n.mu.Unlock()
	switch {
	case stopped && drained:
		f.ask(t, n)(f.settleLane(n, m, true))
	case stopped:
	case looks && room > 0:
		f.ask(t, n)(f.readPage(n, m, room))
	case empty:
		f.ask(t, n)(f.settleLane(n, m, rand.IntN(2) == 0))
	}
}

// attempt sends, and the receiver refuses now and then.
func (f *fixture) attempt(t *testing.T, n *node, m *memory, d taskhook.Outgoing) {
	class := taskhook.ClassOK
	if d.Attempts < len(d.Schedule) && rand.IntN(4) == 0 {
		class = taskhook.ClassTimeout
	}
	r := result(d, class, f.now)
	if r.Delivery.State == taskhook.DeliveryPending {
		r.Delivery.DueAt = f.now
	}
	if err := f.finish(n, m, r); err != nil {
		t.Error(err)
	}
}

// all returns the lanes in memory.
func (n *node) all() (lanes []*memory) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.lanes {
		lanes = append(lanes, m)
	}
	return lanes
}

// next takes a delivery to send.
func (n *node) next() (*memory, taskhook.Outgoing, bool) {
	for _, m := range n.all() {
		if d, ok := n.take(m); ok {
			return m, d, true
		}
	}
	return nil, taskhook.Outgoing{}, false
}
