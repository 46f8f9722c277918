package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/testkit"
)

// others is a database with other nodes.
type others struct {
	evict chan struct{}

	mu      sync.Mutex
	joined  []string
	left    []string
	renewed int
	dead    bool  // the node was taken for dead
	err     error // that all answers are
	news    []taskhook.News
	looks   []time.Time
	hear    func()
}

func (o *others) Join(_ context.Context, n taskhook.Node, _ taskhook.Inbox) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.joined, o.dead = append(o.joined, n.ID), false
	}
	return o.err
}

func (o *others) RenewNode(context.Context, string) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.renewed++
	return !o.dead, o.err
}

func (o *others) RemoveDead(_ context.Context, _ string, suspects []string) (dead, suspected []string, err error) {
	if slices.Contains(suspects, "node_2") {
		return []string{"node_2"}, nil, nil
	}
	return nil, []string{"node_2"}, nil
}

func (o *others) Leave(_ context.Context, node string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = append(o.left, node)
	return nil
}

func (o *others) Evicted() <-chan struct{} { return o.evict }

func (o *others) News(_ context.Context, _ time.Time, _ string, after int64) (taskhook.News, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looks = append(o.looks, time.Now())
	for _, n := range o.news {
		if n.Mark > after {
			return n, nil
		}
	}
	return taskhook.News{Mark: after}, nil
}

func (o *others) Listen(ctx context.Context, heard func()) error {
	o.mu.Lock()
	o.hear = heard
	o.mu.Unlock()
	<-ctx.Done()
	return nil
}

func (o *others) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// told notes what a node's memory is told.
type told struct {
	taskhook.Inbox
	mu   sync.Mutex
	list []string
}

func (t *told) note(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, what)
}

func (t *told) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.list
	t.list = nil
	return list
}

func (t *told) Wake(lane string, _ bool)    { t.note("wake " + lane) }
func (t *told) Refresh(lane string, _ bool) { t.note("refresh " + lane) }

// among runs a test as a node among others.
func among(t *testing.T, test func(t *testing.T, m *Member, o *others, told *told)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, heard := &others{evict: make(chan struct{}, 1)}, &told{}
		log := slog.New(&testkit.Logs{})
		m := New(Options{Store: o, News: o, Shared: true, Inbox: heard, Logger: log, Clock: NewClock(noClock, log),
			Lost: func() { heard.note("lost") }, Heard: func(context.Context) { heard.note("heard") }})
		if err := m.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var loops sync.WaitGroup
		for _, run := range []func(context.Context) error{m.Run, m.Look, m.Listen} {
			loops.Go(func() { run(ctx) })
		}
		synctest.Wait()
		test(t, m, o, heard)
		stop()
		loops.Wait()
	})
}

func noClock(context.Context) (time.Time, error) { return time.Time{}, nil }

// pass lets time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestLeaseGoesOn(t *testing.T) {
	among(t, func(t *testing.T, m *Member, o *others, _ *told) {
		first := m.Lease()
		pass(time.Minute)
		if l := m.Lease(); l.Node != first.Node || !l.Allows(time.Now()) {
			t.Errorf("after a minute the lease is %v", l)
		}
		if err := m.Leave(t.Context()); err != nil || !slices.Equal(o.left, o.joined) || m.Lease().Allows(time.Now()) {
			t.Errorf("after it has left: %v, %v", m.Lease(), err)
		}
	})
}

// TestLeaseEnds lets the database be away: nothing may be begun when the lease ends,
// and the node goes on when nobody took it for dead.
func TestLeaseEnds(t *testing.T) {
	among(t, func(t *testing.T, m *Member, o *others, _ *told) {
		node := m.Lease().Node
		o.set(func() { o.err = errors.New("away") })
		pass(4 * time.Second)
		if !m.Lease().Allows(time.Now()) {
			t.Error("nothing may be begun although the lease goes on")
		}
		pass(7 * time.Second)
		if m.Lease().Allows(time.Now()) {
			t.Error("something may be begun with less than the margin left")
		}
		o.set(func() { o.err = nil })
		pass(6 * time.Second)
		if l := m.Lease(); l.Node != node || !l.Allows(time.Now()) {
			t.Errorf("after it is back the lease is %v", l)
		}
	})
}

func TestTakenForDead(t *testing.T) {
	among(t, func(t *testing.T, m *Member, o *others, heard *told) {
		node := m.Lease().Node
		heard.take()
		o.set(func() { o.dead = true })
		o.evict <- struct{}{}
		synctest.Wait()
		if l := m.Lease(); l.Node == node || !l.Allows(time.Now()) {
			t.Errorf("it works under %v", l)
		}
		if got := heard.take(); !slices.Contains(got, "lost") {
			t.Errorf("its memory was told %q", got)
		}
		o.evict <- struct{}{} // from a write of before
		synctest.Wait()
		if got := heard.take(); slices.Contains(got, "lost") {
			t.Error("it joined again without need")
		}
	})
}

func TestDeadAreRemoved(t *testing.T) {
	among(t, func(t *testing.T, _ *Member, _ *others, heard *told) {
		pass(2 * time.Second)
		if got := heard.take(); slices.Contains(got, "heard") {
			t.Errorf("after two looks its memory was told %q", got)
		}
		pass(2 * time.Second)
		if got := heard.take(); !slices.Contains(got, "wake ") || !slices.Contains(got, "heard") {
			t.Errorf("its memory was told %q", got)
		}
	})
}

func TestNews(t *testing.T) {
	among(t, func(t *testing.T, _ *Member, o *others, heard *told) {
		pass(10 * time.Second)
		heard.take()
		o.set(func() {
			o.looks = nil
			o.news = []taskhook.News{{Mark: 7, Lanes: []taskhook.LaneNews{{Lane: "lane_1"}, {Lane: "lane_2", Changed: true}}, Free: true}}
		})
		told := time.Now()
		o.hear()
		synctest.Wait()
		if got, want := heard.take(), []string{"heard", "wake lane_1", "refresh lane_2", "wake lane_2", "wake "}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		pass(4 * busyLook)
		o.set(func() {
			if len(o.looks) < 3 || o.looks[0] != told || o.looks[1].Sub(told) != busyLook {
				t.Errorf("it looked at %v, told at %v", o.looks, told)
			}
			o.looks = nil
		})
		for range 4 { // times that it is told while it is as if it had just looked
			o.hear()
			pass(busyLook / 8)
		}
		o.set(func() {
			if n := len(o.looks); n > 1 {
				t.Errorf("told again and again it looked %d times at once", n)
			}
		})
		pass(10 * time.Second)
		o.set(func() {
			if n := len(o.looks); n > 15 {
				t.Errorf("it looked %d times in ten idle seconds", n)
			}
		})
	})
}

// TestAlone has a database to itself: the lease never ends.
func TestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, log := &others{}, slog.New(&testkit.Logs{})
		m := New(Options{Store: o, News: o, Logger: log, Clock: NewClock(noClock, log)})
		if err := m.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if !m.Lease().Allows(time.Now()) {
			t.Error("the lease has ended")
		}
	})
}
