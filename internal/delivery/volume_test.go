package delivery

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

func TestFreshDeliveriesNeedNoPage(t *testing.T) {
	inHouse(t, func(h *house) {
		h.endpoint()
		h.publish()
		pass(time.Millisecond)
		first := h.node.paged.Load() // nobody owned the lane yet
		start := time.Now()
		for range 20 {
			h.publish()
			pass(time.Millisecond)
		}
		if got := h.node.paged.Load(); first != 1 || got != first {
			t.Errorf("%d deliveries came by pages at first, %d later", first, got-first)
		}
		for i, p := range h.receiver.posts()[1:] {
			if want := start.Add(time.Duration(i) * time.Millisecond); !p.at.Equal(want) {
				t.Errorf("delivery %d was sent %s late", i, p.at.Sub(want))
			}
		}
	})
}

// TestEveryDeliveryIsSentOnce holds it for fresh ones, for a backlog that is
// larger than a lane's room, and for the ways from one to the other.
func TestEveryDeliveryIsSentOnce(t *testing.T) {
	tests := []struct {
		endpoints, events int
		answer            time.Duration
	}{
		{1, volume, 20 * time.Millisecond},
		{100, rounds, 20 * time.Millisecond},
		{100, rounds, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d endpoints, %s", tt.endpoints, tt.answer), func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, tt.answer, ok()) })
				for range tt.endpoints {
					h.endpoint()
				}
				var publishers sync.WaitGroup
				for range 5 {
					publishers.Go(func() { h.publishMany(tt.events/5, 10) })
				}
				publishers.Wait()
				pass(2 * time.Minute)
				h.checkOnce(tt.endpoints * tt.events)
				if w := &h.watch; w.lane > laneRoom || w.sent > h.options.Slots {
					h.Errorf("memory held %d of one lane and %d sends", w.lane, w.sent)
				}
			})
		})
	}
}

// checkOnce holds that n deliveries were made, sent once each, and recorded.
func (h *house) checkOnce(n int) {
	h.Helper()
	sent := h.receiver.byID()
	for id, times := range sent {
		if times != 1 {
			h.Errorf("%s was sent %d times", id, times)
		}
	}
	if delivered := h.total(taskhook.DeliveryDelivered); len(sent) != n || delivered != n {
		h.Errorf("of %d deliveries %d were sent and %d are recorded", n, len(sent), delivered)
	}
}

// watch notes the most that a node's memory has held.
type watch struct {
	mu                sync.Mutex
	lane, bytes, sent int
}

// look is called whenever something was sent.
func (w *watch) look(m *memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes = max(w.bytes, m.bytes)
	w.sent = max(w.sent, m.turns.total)
	for _, l := range m.lanes {
		w.lane = max(w.lane, l.held)
	}
}

func (n *node) turns() *turns { return &n.memory.turns }

// TestOrder holds that a receiver that keeps up is sent events about as they were
// published.
func TestOrder(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 10*time.Millisecond, ok()) })
		h.endpoint()
		h.publishMany(640, 1)
		pass(time.Minute)
		ids := make([]string, 0, 640)
		for _, p := range h.receiver.posts() {
			ids = append(ids, p.id()[:14]) // its time
		}
		for i := range ids {
			if j := i + laneRoom; j < len(ids) && ids[j] < ids[i] {
				t.Fatalf("the event sent %d. is younger than that sent %d.", i+1, j+1)
			}
		}
		h.checkOnce(640)
	})
}

// TestLargeBodies holds that a backlog of large bodies is not all in memory.
func TestLargeBodies(t *testing.T) {
	const limit, size, endpoints, events = 256 << 10, 8 << 10, 10, 30
	inHouse(t, func(h *house) {
		for range endpoints {
			h.endpoint()
		}
		h.stop()
		h.publishMany(events/2, size)
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, time.Second, ok()) })
		h.limit = limit
		h.start()
		pass(0)
		h.publishMany(events/2, size)
		pass(5 * time.Minute)
		h.checkOnce(endpoints * events)
		if h.watch.bytes < limit/2 || h.watch.bytes > limit+pageRows*size {
			t.Errorf("memory held %d bytes", h.watch.bytes)
		}
	}, func(o *WorkerOptions) { o.Slots = 16 })
}

// TestSlowLanesDelayNoOther holds that receivers that hang, however much they are
// owed, leave the slots to those that answer.
func TestSlowLanesDelayNoOther(t *testing.T) {
	inHouse(t, func(h *house) {
		healthy := h.endpoint()
		h.publish()
		pass(2 * time.Minute) // proven, and given up again
		slow := map[string]bool{}
		for range 10 {
			slow[h.endpoint().URL] = true
		}
		h.receiver.set(func(ctx context.Context, p post) egress.Result {
			if slow[p.url] {
				return within(ctx, 29*time.Second, ok())
			}
			return ok()
		})
		h.publishMany(25, 1)
		pass(5 * time.Minute)
		before := len(h.to(healthy.URL))
		for range 100 {
			h.publish()
			pass(3 * time.Second)
		}
		posts := h.to(healthy.URL)[before:]
		if len(posts) != 100 {
			t.Fatalf("the healthy receiver got %d of 100", len(posts))
		}
		for i, p := range posts {
			if late := p.at.Sub(posts[0].at) - time.Duration(i)*3*time.Second; late > time.Millisecond {
				t.Errorf("event %d was %s late", i, late)
			}
		}
		if n := h.node.turns(); n.active[paceSlow] != n.slots/2 {
			t.Errorf("slow lanes hold %d of %d slots", n.active[paceSlow], n.slots)
		}
		h.node.abandon() // nobody waits for what is left
		synctest.Wait()
	}, func(o *WorkerOptions) { o.Slots = 16 })
}

// to returns the posts to one URL.
func (h *house) to(url string) (posts []post) {
	for _, p := range h.receiver.posts() {
		if p.url == url {
			posts = append(posts, p)
		}
	}
	return posts
}
