package storetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// node is a process as the lane protocol sees it: the lanes that it owns and what
// of their deliveries is in its memory. It keeps to what an owner has to do, and
// notes where the store breaks the promises of taskhook.Inbox.
type node struct {
	id   string
	room int // deliveries of a lane that it takes in

	mu       sync.Mutex
	lanes    map[string]*memory
	woken    bool      // free lanes may be due
	free     time.Time // when the next free lane falls due; zero: none
	claiming bool      // an answer about free lanes is on its way
	unsure   bool      // a claim of lanes ended in an error
	reserved int       // fresh deliveries in commits under way
	bytes    int       // of their bodies
	dead     bool      // another has joined
	mark     int64     // of the news that it has seen
	broken   []string
}

// memory is what a node holds of one lane.
type memory struct {
	id         string
	epoch      int64
	queue      []taskhook.Outgoing
	sending    map[string]taskhook.Outgoing
	unrecorded []*taskhook.AttemptResult // to be recorded again after an error
	reserved   int
	direct     bool      // nothing older waits in the database, but for news
	look       time.Time // when the database has something due; zero: never
	news       int       // how often it was told
	busy       bool      // an answer about the lane is on its way
	parting    bool      // it is being given up
	stopped    bool      // held or lost: give it up
	doubt      bool      // what memory holds is uncertain
}

// asap is a time to look at that has come.
var asap = time.UnixMilli(1)

func newNode(now time.Time) *node {
	return &node{id: taskhook.NewID(taskhook.PrefixNode, now), room: 4, lanes: map[string]*memory{}, woken: true}
}

// row is what the node joins as.
func (n *node) row(now time.Time) taskhook.Node {
	return taskhook.Node{ID: n.id, StartedAt: now, Version: "1.2.3", Host: "here"}
}

func newMemory(o taskhook.OwnedLane) *memory {
	return &memory{id: o.ID, epoch: o.Epoch, look: asap, sending: map[string]taskhook.Outgoing{}}
}

func (m *memory) held() int {
	return len(m.queue) + len(m.sending) + len(m.unrecorded) + m.reserved
}

// drained reports whether no send is under way or unrecorded.
func (m *memory) drained() bool { return m.held() == len(m.queue) }

// hear notes that the database has something that did not come straight here.
func (m *memory) hear() {
	m.look = asap
	m.news++
}

// ids are those of all that is in memory and was committed.
func (m *memory) ids() []string {
	ids := idsOf(m.queue, func(d taskhook.Outgoing) string { return d.ID })
	ids = append(ids, idsOf(m.unrecorded, func(r *taskhook.AttemptResult) string { return r.Delivery.ID })...)
	return slices.AppendSeq(ids, maps.Keys(m.sending))
}

// owe notes that the database has a delivery that falls due.
func (m *memory) owe(due time.Time) {
	if m.look.IsZero() || due.Before(m.look) {
		m.look = due
	}
}

// Reserve is of taskhook.Inbox.
func (n *node) Reserve(lane string, epoch int64, size int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.lanes[lane]
	if m == nil || m.epoch != epoch {
		return false
	}
	if !m.direct || m.doubt || m.stopped || m.parting || m.held() >= n.room {
		m.direct = false // Wake tells of it
		return false
	}
	m.reserved++
	n.reserved++
	n.bytes += size
	return true
}

// Cancel is of taskhook.Inbox.
func (n *node) Cancel(lane string, epoch int64, size int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settle(lane, epoch, size)
}

// settle ends a reservation.
func (n *node) settle(lane string, epoch int64, size int) *memory {
	n.reserved--
	n.bytes -= size
	if n.reserved < 0 || n.bytes < 0 {
		n.broken = append(n.broken, "what was not reserved was pushed or cancelled, in lane "+lane)
	}
	m := n.lanes[lane]
	if m == nil || m.epoch != epoch {
		return nil
	}
	m.reserved--
	return m
}

// Push is of taskhook.Inbox.
func (n *node) Push(fresh []taskhook.Outgoing) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range fresh {
		if m := n.settle(d.LaneID, d.Epoch, len(d.Body)); m != nil {
			m.queue = append(m.queue, d)
		}
	}
}

// Wake is of taskhook.Inbox.
func (n *node) Wake(lane string, inDoubt bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if lane == "" {
		n.woken = true
	} else if m := n.lanes[lane]; m != nil { // fresh deliveries go on to come straight here
		m.hear()
		m.doubt = m.doubt || inDoubt
	}
}

// Refresh is of taskhook.Inbox. What was published while the lane was held is
// waiting in the database.
func (n *node) Refresh(lane string, gone bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.woken = true
	if m := n.lanes[lane]; m != nil {
		m.direct = false
		m.hear()
		m.stopped = false
		m.doubt = m.doubt || gone
	}
}

func (n *node) died() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead = true
}

func (n *node) isDead() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dead
}

func (n *node) takeWoken() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	woken := n.woken
	n.woken = false
	return woken
}

// imbalance says what the store still owes the node when no commit runs.
func (n *node) imbalance() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.reserved != 0 || n.bytes != 0 {
		n.broken = append(n.broken, fmt.Sprintf("%d deliveries of %d bytes stayed reserved", n.reserved, n.bytes))
	}
	if len(n.broken) > 0 {
		return fmt.Errorf("the inbox: %q", slices.Compact(n.broken))
	}
	return nil
}
