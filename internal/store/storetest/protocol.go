package storetest

import (
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// The questions of a node to the store. Each returns what the node does with the
// answer, so that a test can let other things happen in between.

// claimLanes takes over free lanes.
func (f *fixture) claimLanes(n *node, limit int) (answer func(), err error) {
	n.mu.Lock()
	n.woken, n.claiming = false, true
	n.mu.Unlock()
	lanes, next, err := f.Store.ClaimLanes(f.ctx, f.now, n.id, limit)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.claiming, n.unsure = false, err != nil
		if err != nil {
			n.woken = true
			return
		}
		n.free = next
		for _, o := range lanes {
			n.lanes[o.ID] = newMemory(o)
		}
	}, err
}

// readPage loads deliveries of a lane into memory.
func (f *fixture) readPage(n *node, m *memory, limit int) (answer func(), err error) {
	n.mu.Lock()
	m.busy = true
	m.look = time.Time{} // what is owed from now on is not in the answer
	news, now := m.news, f.now
	page := taskhook.LanePage{Lane: m.id, Epoch: m.epoch, Limit: limit, Held: m.ids()}
	n.mu.Unlock()
	dues, err := f.Store.DuePages(f.ctx, now, n.id, []taskhook.LanePage{page})
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		switch m.busy = false; {
		case err != nil:
			m.owe(asap)
		case dues[0].Lost && m.news == news:
			m.stopped = true
		case dues[0].Lost:
			// it was resumed while we asked
		default:
			m.queue = append(m.queue, dues[0].Deliveries...)
			m.direct = dues[0].Next.IsZero() || dues[0].Next.After(now)
			if !dues[0].Next.IsZero() {
				m.owe(dues[0].Next)
			}
			if m.news != news {
				m.owe(asap)
			}
		}
	}, err
}

// take takes the next delivery to send out of the queue.
func (n *node) take(m *memory) (d taskhook.Outgoing, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(m.queue) == 0 || m.stopped || m.doubt {
		return d, false
	}
	d, m.queue = m.queue[0], m.queue[1:]
	m.sending[d.ID] = d
	return d, true
}

// finish records a result; after an error it is to be repeated.
func (f *fixture) finish(n *node, m *memory, r *taskhook.AttemptResult) error {
	err := f.Store.FinishDeliveries(f.ctx, []*taskhook.AttemptResult{r})
	n.mu.Lock()
	defer n.mu.Unlock()
	if again := slices.Index(m.unrecorded, r); again >= 0 {
		m.unrecorded = slices.Delete(m.unrecorded, again, again+1)
	} else {
		delete(m.sending, r.Delivery.ID)
	}
	switch {
	case err != nil:
		m.unrecorded = append(m.unrecorded, r)
	case r.Stale:
		m.owe(asap)
	case !r.Delivery.State.Final():
		m.owe(r.Delivery.DueAt)
	}
	return err
}

// settleLane marks an empty lane as idle, or gives a lane up.
func (f *fixture) settleLane(n *node, m *memory, release bool) (answer func(), err error) {
	n.mu.Lock()
	m.busy, m.parting = true, release
	n.mu.Unlock()
	next, ok, err := f.Store.SettleLane(f.ctx, n.id, m.id, m.epoch, release)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		m.busy, m.parting = false, false
		switch {
		case err != nil:
		case release || !ok:
			if n.lanes[m.id] == m {
				delete(n.lanes, m.id)
			}
			n.woken = true
		case !next.IsZero():
			m.owe(next)
		}
	}, err
}

// raiseEpoch frees what a lane's memory holds.
func (f *fixture) raiseEpoch(n *node, m *memory) (answer func(), err error) {
	n.mu.Lock()
	m.busy = true
	n.mu.Unlock()
	epoch, ok, err := f.Store.RaiseEpoch(f.ctx, f.now, n.id, m.id, taskhook.Rest{})
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if m.busy = false; err != nil {
			return
		}
		m.queue, m.direct, m.look = nil, false, asap
		m.epoch, m.doubt, m.stopped = epoch, false, m.stopped || !ok
	}, err
}

// claimAll claims what is due until nothing is left and returns all that came
// into memory, as sent.
func (f *fixture) claimAll(n *node) (all []taskhook.Outgoing) {
	f.t.Helper()
	answer, err := f.claimLanes(n, 1000)
	f.ok(err)
	answer()
	for _, m := range n.lanes {
		for !m.stopped && !m.doubt {
			answer, err := f.readPage(n, m, 1000)
			f.ok(err)
			if answer(); len(m.queue) == 0 {
				break
			}
			for d, ok := n.take(m); ok; d, ok = n.take(m) {
				all = append(all, d)
			}
		}
	}
	return all
}

// result is how a delivery stands after an attempt that met class.
func result(d taskhook.Outgoing, class taskhook.Class, now time.Time) *taskhook.AttemptResult {
	a := taskhook.Attempt{DeliveryID: d.ID, Number: d.Attempts + 1, StartedAt: now, Duration: 1500 * time.Microsecond,
		Status: 200, Class: class, Response: []byte("ok\x00\xff")}
	var failure taskhook.Class
	if class != taskhook.ClassOK {
		a.Status, a.Error, a.RetryAfter, failure = 500, "The receiver answered 500.", time.Second, class
	}
	r := &taskhook.AttemptResult{Delivery: d.Delivery, Epoch: d.Epoch, Attempt: a}
	r.Delivery.Attempts, r.Delivery.LastError, r.Delivery.LastClass = a.Number, a.Error, failure
	if r.Delivery.State, r.Delivery.DueAt = d.Settle(&a, now); r.Delivery.State.Final() {
		r.Delivery.FinishedAt = now
	}
	return r
}

func succeed(d taskhook.Outgoing, now time.Time) *taskhook.AttemptResult {
	return result(d, taskhook.ClassOK, now)
}
