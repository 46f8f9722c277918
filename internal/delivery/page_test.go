package delivery

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// TestRetryDueWhileAskingIsKept records a retry between the question for a page
// and its answer, which knows nothing of it.
func TestRetryDueWhileAskingIsKept(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := newMemory(1, totalBytes)
	l := newLane(taskhook.OwnedLane{ID: "lane_1", Epoch: 1}, "", now)
	m.adopt(l)
	_, news := m.pages([]*lane{l})
	m.hold(l, 1)
	due := now.Add(time.Minute)
	m.recorded(l, "", 1, due)
	m.answered(l, func() { m.take(l, &taskhook.LaneDue{Lane: l.id, Epoch: 1}, news[0], now) })
	if !l.nextLoad.Equal(due) {
		t.Errorf("the lane looks again at %v, want %v", l.nextLoad, due)
	}
}

// TestNewsLeaveTheWayOpen holds that fresh deliveries go on to come straight to a lane of
// which another node told something, as long as that is about to be read.
func TestNewsLeaveTheWayOpen(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := newMemory(1, totalBytes)
	l := newLane(taskhook.OwnedLane{ID: "lane_1", Epoch: 1}, "", now)
	l.target = &target{}
	m.adopt(l)
	load := func(meanwhile func()) {
		_, news := m.pages([]*lane{l})
		meanwhile()
		m.answered(l, func() { m.take(l, &taskhook.LaneDue{Lane: l.id, Epoch: 1}, news[0], now) })
	}
	load(func() {})
	m.Wake(l.id, false)
	if !m.Reserve(l.id, 1, 1) || l.nextLoad.IsZero() {
		t.Errorf("with news it is refused, or nobody reads them: %v", l.nextLoad)
	}
	load(func() { m.Wake(l.id, false) })
	if !l.direct || l.nextLoad.IsZero() {
		t.Error("what came while the database was asked is not read, or closes the way")
	}
	for range lowWater + 1 {
		l.add(taskhook.Outgoing{})
	}
	if m.Reserve(l.id, 1, 1) {
		t.Error("it came before news that wait for room")
	}
	l.queue = nil
	load(func() {})
	if !m.Reserve(l.id, 1, 1) {
		t.Error("it is refused when the news were read")
	}
}

// TestPagesFit follows the size of a lane's pages: many lanes with little share a commit,
// one with much has it to itself.
func TestPagesFit(t *testing.T) {
	t.Parallel()
	l := newLane(taskhook.OwnedLane{ID: "lane_1"}, "", time.Now())
	l.typical = 1
	for _, step := range []struct {
		brought    int
		all        bool
		want, full int
	}{
		{0, true, leastPage, 1}, {7, true, 14, 1}, {14, false, 28, 1}, {28, false, 56, 1},
		{56, false, 112, 1}, {400, false, laneRoom, 1}, {512, false, laneRoom, 1}, {1, true, leastPage, 1},
	} {
		l.fit(step.brought, step.all)
		if got := l.room(false); got != step.want {
			t.Errorf("after %d, all %v: the next page may bring %d, want %d", step.brought, step.all, got, step.want)
		}
		if got := l.room(true); got != step.full {
			t.Errorf("with the memory full the next page may bring %d", got)
		}
	}
}
