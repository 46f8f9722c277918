package storetest

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/taskhook/taskhook"
)

// laneNow and deliveryNow are rows as they stand.
type (
	laneNow struct {
		owner   sql.NullString
		epoch   int64
		held    bool
		nextDue sql.NullInt64
		mark    int64
	}
	deliveryNow struct {
		id, lane string
		state    taskhook.DeliveryState
		claim    int64
		attempts int
		due      int64
	}
)

func (f *fixture) rows() (lanes map[string]laneNow, deliveries map[string]deliveryNow) {
	f.t.Helper()
	lanes, deliveries = map[string]laneNow{}, map[string]deliveryNow{}
	f.each(`SELECT id, owner, epoch, held, next_due, mark FROM lanes`, func(rows *sql.Rows) error {
		var id string
		var l laneNow
		err := rows.Scan(&id, &l.owner, &l.epoch, &l.held, &l.nextDue, &l.mark)
		lanes[id] = l
		return err
	})
	f.each(`SELECT id, lane, state, claim, attempts, due_at FROM deliveries`, func(rows *sql.Rows) error {
		var d deliveryNow
		err := rows.Scan(&d.id, &d.lane, &d.state, &d.claim, &d.attempts, &d.due)
		deliveries[d.id] = d
		return err
	})
	return lanes, deliveries
}

func (f *fixture) each(query string, scan func(*sql.Rows) error) {
	f.t.Helper()
	rows, err := f.Raw.QueryContext(f.ctx, query)
	f.ok(err)
	defer rows.Close()
	for rows.Next() {
		f.ok(scan(rows))
	}
	f.ok(rows.Err())
}

// check holds the rows against the memories of the living nodes: no delivery is in
// memory that is not there to be sent, none was inserted for a memory that it is not
// in, and the owner of each other has it or has been told, or its lane is to be found.
func (f *fixture) check(nodes ...*node) {
	f.t.Helper()
	lanes, deliveries := f.rows()
	for _, n := range nodes {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, m := range n.lanes {
			if err := m.holds(n, lanes[m.id], deliveries); err != nil {
				f.t.Fatalf("lane %s: %v", m.id, err)
			}
		}
	}
	for _, d := range deliveries {
		if d.state != taskhook.DeliveryPending {
			continue
		}
		l := lanes[d.lane]
		n := nodes[0] // a lane that nobody owns is found by each
		if i := slices.IndexFunc(nodes, func(n *node) bool { return n.id == l.owner.String }); i >= 0 {
			n = nodes[i]
		}
		if err := n.knows(d, l, len(nodes) > 1); err != nil {
			f.t.Fatalf("delivery %s of lane %s, due %d, claim %d: %v; the lane is %+v, in memory %+v", d.id, d.lane, d.due, d.claim, err,
				l, n.lanes[d.lane])
		}
	}
}

// holds checks what is in memory.
func (m *memory) holds(n *node, l laneNow, deliveries map[string]deliveryNow) error {
	seen := map[string]bool{}
	ids := idsOf(m.queue, func(d taskhook.Outgoing) string { return d.ID })
	ids = slices.AppendSeq(ids, maps.Keys(m.sending))
	valid := l.owner.String == n.id && l.epoch == m.epoch
	for _, id := range ids {
		d := deliveries[id]
		switch {
		case seen[id]:
			return fmt.Errorf("%s is in memory twice", id)
		case d.state == "":
			return fmt.Errorf("%s is in memory but not stored", id)
		case valid && d.state != taskhook.DeliveryPending && d.state != taskhook.DeliveryCancelled:
			return fmt.Errorf("%s is in memory but %s", id, d.state)
		}
		seen[id] = true
	}
	return nil
}

// has reports whether the delivery is in the memory.
func (m *memory) has(id string) bool {
	_, sending := m.sending[id]
	return sending || m.repeats(id) || slices.ContainsFunc(m.queue, func(d taskhook.Outgoing) bool { return d.ID == id })
}

// repeats reports whether a result of the delivery is to be recorded again, after
// which the node looks for it.
func (m *memory) repeats(id string) bool {
	return slices.ContainsFunc(m.unrecorded, func(r *taskhook.AttemptResult) bool { return r.Delivery.ID == id })
}

// looks reports whether the node will ask about the lane by the time.
func (m *memory) looks(due int64) bool {
	return m.doubt || m.busy || m.stopped || !m.look.IsZero() && m.look.UnixMilli() <= due
}

// looks reports whether the node will look for free lanes by the time.
func (n *node) looks(due int64) bool {
	return n.woken || n.claiming || n.unsure || !n.free.IsZero() && n.free.UnixMilli() <= due
}

// knows checks that a pending delivery is not forgotten. Who is not alone looks for
// news all the time: for free lanes that are due, and for what is marked.
func (n *node) knows(d deliveryNow, l laneNow, others bool) error {
	m := n.lanes[d.lane]
	switch {
	case !l.owner.Valid && l.held:
		return nil
	case !l.owner.Valid && (!l.nextDue.Valid || l.nextDue.Int64 > d.due):
		return fmt.Errorf("its free lane does not show it")
	case !l.owner.Valid && !others && !n.looks(l.nextDue.Int64) && (m == nil || !m.looks(d.due)):
		return fmt.Errorf("nobody looks for its free lane")
	case !l.owner.Valid:
		return nil
	case l.owner.String != n.id:
		return fmt.Errorf("its lane belongs to a dead node")
	case m == nil && (n.claiming || n.unsure):
		return nil
	case m == nil:
		return fmt.Errorf("the owner of its lane does not know that")
	case m.doubt || m.busy || m.stopped || m.epoch != l.epoch && (n.claiming || n.unsure):
		return nil
	case m.repeats(d.id):
		return nil
	case m.epoch != l.epoch:
		return fmt.Errorf("the owner of its lane does not know the epoch")
	case d.claim == l.epoch && !m.has(d.id):
		return fmt.Errorf("it is claimed but not in memory")
	case d.claim != l.epoch && !m.has(d.id) && !l.held && !m.looks(d.due) && !(others && l.mark > n.mark):
		return fmt.Errorf("nobody looks for it")
	}
	return nil
}
