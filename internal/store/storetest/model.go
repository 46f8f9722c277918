package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
)

// process is one that works on the database. Answers of the store reach its node late
// and in any order.
type process struct {
	n       *node
	answers []func()
	store   *store.Store
}

// model is the lane protocol in the hands of chance: nodes that live, others that
// died but whose sends go on, and what is known of each delivery.
type model struct {
	*fixture
	*process  // whose turn it is
	processes []*process
	rt        *rapid.T
	faults    *fault
	dead      []*node
	account   string
	endpoints []taskhook.Endpoint
	origins   []string
	lanes     []string // in the order in which they were made, so that a failure can be repeated
	final     map[string]deliveryNow
}

// testModel runs random steps and checks after each that nothing is in two
// memories, lost or forgotten. At the end all that is owed is delivered.
func testModel(t *testing.T, open OpenFunc) {
	faults := &fault{}
	db := open(t, Options{Fault: faults.at, Peers: 2})
	rapid.Check(t, func(rt *rapid.T) {
		faults.point.Store(nil)
		f := newFixture(rt, db)
		f.clear()
		m := &model{fixture: f, rt: rt, faults: faults, final: map[string]deliveryNow{}, origins: []string{"https://one.example", "https://two.example"}}
		for _, s := range append(slices.Clone(db.Peers), db.Store) {
			f.Store = s
			m.processes = append(m.processes, &process{n: f.join(), store: s})
		}
		m.process = m.processes[len(m.processes)-1]
		m.account = f.account()
		for _, origin := range m.origins {
			m.lanes = append(m.lanes, taskhook.OriginLane(m.account, origin))
		}
		for range 2 {
			m.endpoints = append(m.endpoints, m.newEndpoint())
		}
		steps := m.steps()
		names := slices.Sorted(maps.Keys(steps))
		for range rapid.IntRange(1, 80).Draw(rt, "steps") {
			m.turn(rapid.SampledFrom(m.processes).Draw(rt, "process"))
			m.arm()
			steps[rapid.SampledFrom(names).Draw(rt, "step")]()
			m.look()
		}
		m.end()
	})
}

// turn makes it the turn of a process.
func (m *model) turn(p *process) { m.process, m.Store = p, p.store }

// arm makes the next write fail, now and then.
func (m *model) arm() {
	m.faults.point.Store(nil)
	if rapid.IntRange(0, 7).Draw(m.rt, "fault") == 7 {
		m.faults.arm(rapid.SampledFrom([]string{"commit:before", "commit:after"}).Draw(m.rt, "point"))
	}
}

// met ends the test on an error that was not asked for.
func (m *model) met(err error) {
	m.rt.Helper()
	if err != nil && !errors.Is(err, errInjected) {
		m.rt.Fatalf("unexpected error: %v", err)
	}
}

// later gives the node an answer at once or keeps it for another step.
func (m *model) later(answer func(), err error) {
	m.rt.Helper()
	m.met(err)
	if rapid.IntRange(0, 2).Draw(m.rt, "late") < 2 {
		answer()
	} else {
		m.answers = append(m.answers, answer)
	}
}

// look checks the invariants.
func (m *model) look() {
	m.rt.Helper()
	var nodes []*node
	for _, p := range m.processes {
		nodes = append(nodes, p.n)
	}
	m.check(nodes...)
	if err := m.n.imbalance(); err != nil {
		m.rt.Fatalf("%v", err)
	}
	_, deliveries := m.rows()
	for id, was := range m.final {
		if deliveries[id] != was {
			m.rt.Fatalf("a delivery left its final state: %+v became %+v", was, deliveries[id])
		}
	}
	for id, d := range deliveries {
		if d.state.Final() {
			m.final[id] = d
		}
	}
}

// steps are all that can happen. One that does not apply does nothing.
func (m *model) steps() map[string]func() {
	return map[string]func(){
		"publish":           m.publishSome,
		"publish more":      m.publishSome,
		"claim lanes":       m.claimSome,
		"read page":         m.pageSome,
		"read another":      m.pageSome,
		"send":              m.send,
		"send another":      m.send,
		"fail":              func() { m.recordOf(m.n, taskhook.ClassTimeout) },
		"succeed":           func() { m.recordOf(m.n, taskhook.ClassOK) },
		"succeed too late":  m.recordDead,
		"settle":            func() { m.settleSome(false) },
		"release":           func() { m.settleSome(true) },
		"raise epoch":       m.raiseSome,
		"answer":            m.answer,
		"pause or resume":   m.pauseOrResume,
		"replace endpoint":  m.replaceEndpoint,
		"crash":             m.crash,
		"taken for dead":    m.bury,
		"news":              m.read,
		"collect and sweep": m.upkeep,
		"wait":              func() { m.now = m.now.Add(time.Minute) },
	}
}

func (m *model) publishSome() {
	p := &taskhook.Publication{}
	for range rapid.IntRange(1, 3).Draw(m.rt, "events") {
		e := newEvent(m.account, "a.b", m.now)
		e.FanOut = rapid.Bool().Draw(m.rt, "fan out")
		p.Events = append(p.Events, e)
		if !e.FanOut {
			p.Deliveries = append(p.Deliveries, perJob(&e.Event, rapid.SampledFrom(m.origins).Draw(m.rt, "origin"), m.now))
		}
	}
	m.met(m.Store.Publish(m.ctx, m.now, p))
}

func (m *model) claimSome() {
	if !m.n.claiming {
		m.later(m.claimLanes(m.n, rapid.IntRange(1, 3).Draw(m.rt, "limit")))
	}
}

// lane picks one of the node's lanes for which fit holds; nil: there is none.
func (m *model) lane(n *node, fit func(*memory) bool) *memory {
	var found []*memory
	for _, id := range m.lanes {
		if l := n.lanes[id]; l != nil && fit(l) {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[rapid.IntRange(0, len(found)-1).Draw(m.rt, "lane")]
}

func (m *model) pageSome() {
	l := m.lane(m.n, func(l *memory) bool { return !l.busy && !l.doubt && !l.stopped && l.held() < m.n.room })
	if l != nil {
		m.later(m.readPage(m.n, l, rapid.IntRange(0, m.n.room-l.held()).Draw(m.rt, "limit")))
	}
}

func (m *model) send() {
	if l := m.lane(m.n, func(l *memory) bool { return len(l.queue) > 0 }); l != nil {
		m.n.take(l)
	}
}

// recordDead records what a dead node sent: it learnt too late of its death.
func (m *model) recordDead() {
	if len(m.dead) > 0 {
		m.recordOf(m.dead[rapid.IntRange(0, len(m.dead)-1).Draw(m.rt, "dead")], taskhook.ClassOK)
	}
}

// recordOf records a result of the node, an earlier one again if there is one.
func (m *model) recordOf(n *node, class taskhook.Class) {
	l := m.lane(n, func(l *memory) bool { return len(l.sending)+len(l.unrecorded) > 0 })
	switch {
	case l == nil:
	case len(l.unrecorded) > 0 && (len(l.sending) == 0 || rapid.Bool().Draw(m.rt, "again")):
		m.met(m.finish(n, l, l.unrecorded[0]))
	default:
		d := l.sending[rapid.SampledFrom(slices.Sorted(maps.Keys(l.sending))).Draw(m.rt, "delivery")]
		m.met(m.finish(n, l, result(d, class, m.now)))
	}
}

func (m *model) settleSome(release bool) {
	l := m.lane(m.n, func(l *memory) bool {
		return !l.busy && !l.doubt && (l.held() == 0 || release && l.stopped && l.drained())
	})
	if l != nil {
		m.later(m.settleLane(m.n, l, release))
	}
}

func (m *model) raiseSome() {
	if l := m.lane(m.n, func(l *memory) bool { return !l.busy && l.doubt && l.drained() }); l != nil {
		m.later(m.raiseEpoch(m.n, l))
	}
}

func (m *model) answer() {
	if len(m.answers) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.answers)-1).Draw(m.rt, "answer")
	m.answers[i]()
	m.answers = slices.Delete(m.answers, i, i+1)
}

func (m *model) pauseOrResume() {
	e := m.endpoints[rapid.IntRange(0, len(m.endpoints)-1).Draw(m.rt, "endpoint")]
	_, err := m.Store.UpdateEndpoint(m.ctx, m.now, m.account, e.ID, func(e *taskhook.Endpoint) error {
		if e.State == taskhook.EndpointActive {
			e.State = taskhook.EndpointPaused
		} else {
			e.State = taskhook.EndpointActive
		}
		return nil
	})
	m.met(err)
}

func (m *model) replaceEndpoint() {
	i := rapid.IntRange(0, len(m.endpoints)-1).Draw(m.rt, "endpoint")
	err := m.Store.DeleteEndpoint(m.ctx, m.now, m.account, m.endpoints[i].ID)
	m.met(err)
	if err != nil {
		m.faults.point.Store(nil)
		if err := m.Store.DeleteEndpoint(m.ctx, m.now, m.account, m.endpoints[i].ID); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
			m.ok(err)
		}
	}
	m.endpoints[i] = m.newEndpoint()
}

func (m *model) newEndpoint() taskhook.Endpoint {
	e := m.endpoint(m.account, "a.b")
	m.lanes = append(m.lanes, e.LaneID)
	return e
}

// crash ends the node: what it remembers is lost, and what it sent is not yet
// recorded. Another takes its place.
func (m *model) crash() {
	m.faults.point.Store(nil)
	m.dead = append(m.dead, m.n)
	m.answers = nil
	m.n = m.join()
}

// bury has another process take the node for dead: it can write nothing more before it
// has joined again.
func (m *model) bury() {
	other := m.processes[0]
	if other == m.process {
		return // it is the first, or alone
	}
	m.faults.point.Store(nil)
	m.setLease(m.n.id, 1)
	dead, _, err := other.store.RemoveDead(m.ctx, other.n.id, nil)
	m.ok(err)
	deepEqual(m.rt, "dead", dead, []string{m.n.id})
	_, err = m.Store.CollectLanes(m.ctx, 10)
	m.code(err, taskhook.CodeUnavailable)
	m.crash()
}

// read reads what the others did.
func (m *model) read() {
	if len(m.processes) == 1 {
		return
	}
	news := m.news(m.n.id, m.n.mark)
	for _, l := range news.Lanes {
		if l.Changed {
			m.n.Refresh(l.Lane, true)
		}
		m.n.Wake(l.Lane, false)
	}
	if m.n.mark = news.Mark; news.Free {
		m.n.Wake("", false)
	}
}

// leaveOne lets all processes but the first leave.
func (m *model) leaveOne() {
	for _, p := range m.processes {
		for _, answer := range p.answers {
			answer()
		}
	}
	for _, p := range m.processes[1:] {
		m.ok(p.store.Leave(m.ctx, p.n.id))
		m.dead = append(m.dead, p.n)
	}
	m.processes = m.processes[:1]
	m.turn(m.processes[0])
	m.n.Wake("", false)
	for lane := range m.n.lanes {
		m.n.Refresh(lane, false)
	}
}

func (m *model) upkeep() {
	_, err := m.Store.CollectLanes(m.ctx, 10)
	m.met(err)
	_, err = m.Store.CancelOrphans(m.ctx, m.now)
	m.met(err)
	m.swept()
}

// swept checks that the net is not needed.
func (m *model) swept() {
	woken, err := m.Store.SweepLanes(m.ctx, m.now)
	m.ok(err)
	if woken != 0 {
		m.rt.Fatalf("the sweep found %d lanes", woken)
	}
}

// end lets everything come to rest and checks that nothing is owed any more.
func (m *model) end() {
	m.faults.point.Store(nil)
	m.leaveOne()
	for _, e := range m.endpoints {
		m.setState(e, taskhook.EndpointActive)
	}
	m.claimAll(m.n)
	m.look()
	for _, n := range m.dead {
		for _, l := range n.lanes {
			m.recordAll(n, l)
		}
	}
	m.look()
	m.drain(m.n)
	m.look()
	m.swept()
	for more := int64(1); more > 0; {
		var err error
		more, err = m.Store.CancelOrphans(m.ctx, m.now)
		m.ok(err)
	}
	m.consistent()
	if n := m.count(`SELECT count(*) FROM deliveries WHERE state = 'pending'`); n != 0 {
		m.rt.Fatalf("%d deliveries are owed in the end:\n%s", n, m.dump())
	}
	for _, d := range m.final {
		if d.state == taskhook.DeliveryDelivered && d.attempts == 0 {
			m.rt.Fatalf("%s was delivered without an attempt", fmt.Sprint(d))
		}
	}
}
