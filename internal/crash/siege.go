package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Fault is what goes wrong for a while and is made good again.
type Fault struct {
	Name        string
	Least, Hold time.Duration // how long it lasts at least, and at most beyond that
	All         bool          // it strikes all nodes
	Kill        float64       // how often a server is killed while it lasts
	// Begin does it to a node, or to what all nodes work on; nil: nothing happens.
	Begin, End func(ctx context.Context, n *node) error
}

// siege lets faults strike servers, which are started again when they have ended.
func (t *Trial) siege(ctx context.Context) error {
	t.stage.favour.Store(new(string))
	for _, n := range t.nodes {
		if err := t.raise(n); err != nil {
			return err
		}
	}
	for round := range t.Rounds {
		t.allow(2*round + 1)
		f, n := t.Faults[round%len(t.Faults)], t.nodes[rand.IntN(len(t.nodes))]
		if err := t.strike(ctx, round, f, n); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		t.allow(2*round + 2)
		if err := t.recover(ctx); err != nil {
			return err
		}
		t.Printf("round %d/%d: %s at node %d; %d published", round+1, t.Rounds, f.Name, n.index, t.poured.Load())
	}
	return t.catchUp(ctx)
}

// catchUp lets the time come for which servers whose clock was ahead have put things
// off: they do not come to be lost, but late.
func (t *Trial) catchUp(ctx context.Context) error {
	for _, n := range t.nodes {
		if t.ahead == 0 {
			return nil
		}
		n.server.kill()
		if err := t.bury(ctx, n, "killed: its time has come"); err != nil {
			return err
		}
		n.role.Clock = t.ahead
		t.stage.jumped.Store(time.Now().UnixNano())
		if err := t.raise(n); err != nil {
			return err
		}
	}
	return nil
}

// allow lets as much of the volume be published as belongs to so many half rounds.
func (t *Trial) allow(halves int) {
	t.allowance.Store(int64(t.Volume) * int64(halves) / int64(2*t.Rounds))
}

// raise starts a server at the node.
func (t *Trial) raise(n *node) error {
	if err := n.start(n.role); err != nil {
		return err
	}
	if n.server.addr == "" {
		return fmt.Errorf("node %d does not start: %s", n.index, n.server.cmd.ProcessState)
	}
	t.starts = append(t.starts, n.server.ready)
	return nil
}

// strike lets a fault happen to a node, in the midst of its work.
func (t *Trial) strike(ctx context.Context, round int, f Fault, n *node) error {
	wait(ctx, rand.N(shortLife))
	if f.Begin != nil {
		struck := []*node{n}
		if f.All {
			struck = t.nodes
		}
		t.lapse(struck)
		if err := f.Begin(ctx, n); err != nil {
			return err
		}
		t.allow(2*round + 2) // some of the volume comes while it lasts
		wait(ctx, f.Least+rand.N(f.Hold))
	}
	var err error
	if n.alive() && rand.Float64() < f.Kill {
		n.server.kill()
		err = t.bury(ctx, n, "killed: "+f.Name)
	}
	if f.End != nil && err == nil {
		err = f.End(ctx, n)
	}
	return err
}

// lapse notes that nodes may lose what they have to others, if there are any, by a
// fault that begins now.
func (t *Trial) lapse(struck []*node) {
	for _, n := range struck {
		n.life.Struck = true
		if len(t.nodes) > 1 {
			n.life.Lapses = append(n.life.Lapses, time.Now())
		}
	}
}

// recover starts servers that have ended, and waits until as much of the volume is
// published as there may be by now.
func (t *Trial) recover(ctx context.Context) error {
	for began := time.Now(); ; pause() {
		for _, n := range t.nodes {
			if n.alive() {
				continue
			}
			if n.life.Until.IsZero() {
				t.ledger.breach(fmt.Sprintf("L0: the server of node %d ended by itself: %s", n.index, n.server.cmd.ProcessState))
				if err := t.bury(ctx, n, "ended by itself"); err != nil {
					return err
				}
			}
			if err := t.raise(n); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case t.poured.Load() >= t.allowance.Load():
			return nil
		case time.Since(began) > patience:
			t.ledger.breach(fmt.Sprintf("L7: after a fault only %d of %d events of the volume are published within %s", t.poured.Load(), t.allowance.Load(), patience))
			return nil
		}
	}
}

// wait returns after a while.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
