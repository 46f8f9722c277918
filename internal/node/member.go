// Package node keeps this process among those that work on the database: it joins,
// puts the end of its lease off, removes others that are dead, joins again when it
// was taken for dead itself, and learns what others did that concerns it. It must
// not know what the work is.
package node

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// Store is what a Member asks of storage. See store.Store for what each promises.
type Store interface {
	Join(ctx context.Context, n taskhook.Node, inbox taskhook.Inbox) error
	RenewNode(ctx context.Context, node string) (ok bool, err error)
	RemoveDead(ctx context.Context, node string, suspects []string) (dead, suspected []string, err error)
	Leave(ctx context.Context, node string) error
	Evicted() <-chan struct{}
}

// Options make a Member.
type Options struct {
	Store  Store
	News   News
	Node   taskhook.Node  // as which it joins; each time with another id
	Inbox  taskhook.Inbox // of its deliveries
	Shared bool           // others may work on the database; else the lease never ends
	Logger *slog.Logger
	Joined func(id string)       // as another node; may be nil
	Lost   func()                // what the node owned is others'; called before it joins again
	Heard  func(context.Context) // something may be due that nobody owns
	Clock  *Clock
}

// Member is this process's place among the nodes.
type Member struct {
	Options
	heard chan struct{} // holds one when another node has told of news

	mu    sync.Mutex
	lease taskhook.Lease
}

// New returns a Member that Join makes one.
func New(o Options) *Member { return &Member{Options: o, heard: make(chan struct{}, 1)} }

const (
	renewEvery = 5 * time.Second
	lookEvery  = time.Second // after the dead, and for a place after it was lost
)

// Lease returns as which node the process works, and for how long it may.
func (m *Member) Lease() taskhook.Lease {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lease
}

func (m *Member) set(l taskhook.Lease) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lease = l
}

// hold notes a lease that was asked for at a time, from which on it counts.
func (m *Member) hold(node string, asked time.Time) {
	l := taskhook.Lease{Node: node}
	if m.Shared {
		l.Until = asked.Add(taskhook.LeaseLife)
	}
	m.set(l)
}

// Join makes the process a node.
func (m *Member) Join(ctx context.Context) error {
	n, asked := m.Node, time.Now()
	n.ID = taskhook.NewID(taskhook.PrefixNode, m.Clock.Now())
	if err := m.Store.Join(ctx, n, m.Inbox); err != nil {
		return err
	}
	m.hold(n.ID, asked)
	if m.Joined != nil {
		m.Joined(n.ID)
	}
	return nil
}

// Leave gives up what the node owns.
func (m *Member) Leave(ctx context.Context) error {
	node := m.Lease().Node
	m.set(taskhook.Lease{})
	if node == "" {
		return nil
	}
	return m.Store.Leave(ctx, node)
}

// Run keeps the place among the nodes until ctx ends.
func (m *Member) Run(ctx context.Context) error {
	if !m.Shared {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	without := map[string]int{} // a session was a node found, so often in a row
	renew := time.Now().Add(renewEvery)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.Store.Evicted():
			renew = time.Time{}
		case <-tick.C:
		}
		switch now := time.Now(); {
		case m.Lease().Node == "":
			m.rejoin(ctx)
		case !now.Before(renew):
			if err := m.Clock.Set(ctx); err != nil {
				m.complain(ctx, "renew the lease", err)
			}
			if m.renew(ctx) {
				renew = now.Add(renewEvery)
			}
		default:
			without = m.removeDead(ctx, without)
		}
	}
}

// renew puts the end of the lease off, which counts from before that was asked for.
// Answered is false when the database did not.
func (m *Member) renew(ctx context.Context) (answered bool) {
	node, asked := m.Lease().Node, time.Now()
	ok, err := m.Store.RenewNode(ctx, node)
	switch {
	case err != nil:
		m.complain(ctx, "renew the lease", err)
		return false
	case ok:
		m.hold(node, asked)
	default:
		m.Logger.Warn("this server was taken for dead and joins the others again", "node", node)
		m.set(taskhook.Lease{})
		m.Lost()
		m.rejoin(ctx)
	}
	return true
}

func (m *Member) rejoin(ctx context.Context) {
	if err := m.Join(ctx); err != nil {
		m.complain(ctx, "join as a node", err)
		return
	}
	m.Logger.Info("joined", "node", m.Lease().Node)
}

// suspectAfter is how often in a row a node must be found without a session before it
// is a suspect.
const suspectAfter = 2

func (m *Member) removeDead(ctx context.Context, without map[string]int) map[string]int {
	var suspects []string
	for id, times := range without {
		if times >= suspectAfter {
			suspects = append(suspects, id)
		}
	}
	dead, suspected, err := m.Store.RemoveDead(ctx, m.Lease().Node, suspects)
	if err != nil {
		m.complain(ctx, "look for dead nodes", err)
		return nil
	}
	still := map[string]int{}
	for _, id := range suspected {
		still[id] = without[id] + 1
	}
	if len(dead) > 0 {
		m.Logger.Warn("took over from nodes that are dead", "nodes", dead)
		m.Inbox.Wake("", false)
		m.Heard(ctx)
	}
	return still
}

// complain logs what went wrong, unless it is that we are stopping.
func (m *Member) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		m.Logger.Warn(what, "error", err)
	}
}
