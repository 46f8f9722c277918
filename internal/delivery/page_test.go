package delivery

import (
	"slices"
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

// TestRecordedWhileReading holds that a delivery which came straight here is in memory
// once, though its failed attempt is in the database, so that a page may bring it, before
// the recorder has noted that.
func TestRecordedWhileReading(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := taskhook.Outgoing{Delivery: taskhook.Delivery{ID: "dlv_1", LaneID: "lane_1"}, Epoch: 1}
	set := func() (*memory, *lane) {
		m := newMemory(1, totalBytes)
		l := newLane(taskhook.OwnedLane{ID: "lane_1", Epoch: 1}, "", now)
		m.adopt(l)
		m.start, l.direct = func(send) {}, true
		return m, l
	}
	push := func(m *memory, l *lane) {
		if !m.Reserve(l.id, 1, 0) {
			t.Fatal("there is no room")
		}
		m.Push([]taskhook.Outgoing{d}) // and is sent at once
	}
	ask := func(m *memory, l *lane, meanwhile func()) (held []string) {
		pages, news := m.pages([]*lane{l})
		meanwhile()
		brought := []taskhook.Outgoing{d}
		if slices.Contains(pages[0].Held, d.ID) {
			brought = nil
		}
		m.answered(l, func() { m.take(l, &taskhook.LaneDue{Lane: l.id, Epoch: 1, Deliveries: brought}, news[0], now) })
		return pages[0].Held
	}
	for name, first := range map[string]func(*memory, *lane){
		"asked after it came":  func(m *memory, l *lane) { push(m, l); ask(m, l, func() {}) },
		"asked before it came": func(m *memory, l *lane) { ask(m, l, func() { push(m, l) }) },
	} {
		m, l := set()
		first(m, l)
		if l.queued() != 0 || l.held != 1 || l.inFlight != 1 {
			t.Errorf("%s: %d wait and %d are held, with one being recorded", name, l.queued(), l.held)
		}
		m.recorded(l, d.ID, 0, now)
		if held := ask(m, l, func() {}); l.queued() != 1 || len(held) != 0 {
			t.Errorf("%s: %d wait when it is recorded; %v was held", name, l.queued(), held)
		}
		if held := ask(m, l, func() {}); l.queued() != 1 || !slices.Equal(held, []string{d.ID}) {
			t.Errorf("%s: %d wait when it was read; %v was held", name, l.queued(), held)
		}
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
