package delivery

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// crowd are lanes of one account that always have something to send.
type crowd struct {
	account string
	lanes   int
	send    time.Duration // as long as one takes
	want    float64       // of all time in slots
}

// TestSlotsAreSharedByTime lets lanes compete for slots on a clock of its own.
func TestSlotsAreSharedByTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		crowds []crowd
	}{
		{"one lane against a hundred of another account", []crowd{{"a", 100, 50 * time.Millisecond, 0.5}, {"b", 1, 50 * time.Millisecond, 0.5}}},
		{"quick sends against long ones", []crowd{{"a", 1, 900 * time.Millisecond, 0.5}, {"b", 1, 10 * time.Millisecond, 0.5}}},
		{"the same within an account", []crowd{{"a", 1, 900 * time.Millisecond, 0.5}, {"a", 1, 10 * time.Millisecond, 0.5}}},
		{"three accounts", []crowd{{"a", 1, 10 * time.Millisecond, 1. / 3}, {"b", 7, 100 * time.Millisecond, 1. / 3}, {"c", 50, 500 * time.Millisecond, 1. / 3}}},
		{"slow ones have half at most", []crowd{{"a", 10, 20 * time.Second, 0.5}, {"b", 1, 10 * time.Millisecond, 0.5}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i, got := range compete(tt.crowds, 16, 5*time.Minute) {
				if want := tt.crowds[i].want; got < want*0.9 || got > want*1.1 {
					t.Errorf("crowd %d had %.2f of the time, want %.2f", i, got, want)
				}
			}
		})
	}
}

// compete returns what part of the time in slots each crowd had.
func compete(crowds []crowd, slots int, length time.Duration) []float64 {
	type ending struct {
		at time.Duration
		send
		crowd int
	}
	turns := newTurns(slots)
	of := map[*lane]int{}
	for i, c := range crowds {
		for range c.lanes {
			l := newLane(taskhook.OwnedLane{AccountID: c.account}, "", time.Time{})
			turns.join(l)
			turns.list(l)
			of[l] = i
		}
	}
	var now time.Duration
	var endings []ending
	spent, total := make([]float64, len(crowds)), 0.
	for now < length {
		for l := turns.take(); l != nil; l = turns.take() {
			s := send{lane: l, pace: l.pace}
			turns.begin(&s)
			turns.list(l)
			endings = append(endings, ending{now + crowds[of[l]].send, s, of[l]})
		}
		slices.SortStableFunc(endings, func(a, b ending) int { return int(a.at - b.at) })
		e := endings[0]
		endings, now = endings[1:], e.at
		took := crowds[e.crowd].send
		turns.end(&e.send, took)
		turns.keep(e.lane, paceOf(&taskhook.Attempt{Duration: took}))
		spent[e.crowd] += float64(took)
		total += float64(took)
	}
	for i := range spent {
		spent[i] /= total
	}
	return spent
}

// TestIdlenessSavesUpNoTurns holds that who had nothing to send for long does not
// keep all others waiting later.
func TestIdlenessSavesUpNoTurns(t *testing.T) {
	t.Parallel()
	turns := newTurns(1)
	busy, late := newLane(taskhook.OwnedLane{AccountID: "a"}, "", time.Time{}), newLane(taskhook.OwnedLane{AccountID: "b"}, "", time.Time{})
	turns.join(busy)
	turns.join(late)
	turn := func() *lane {
		l := turns.take()
		s := send{lane: l, pace: l.pace}
		turns.begin(&s)
		turns.end(&s, 10*time.Millisecond)
		turns.list(l)
		return l
	}
	turns.list(busy)
	for range 1000 {
		turn()
	}
	turns.list(late)
	had := map[*lane]int{}
	for range 20 {
		had[turn()]++
	}
	if had[busy] < 9 || had[late] < 9 {
		t.Errorf("of 20 turns the busy lane had %d, the late one %d", had[busy], had[late])
	}
}

// TestSilentLanesLeaveRoom has many receivers that do not answer be sent to first: one
// that was never sent to has its turn at once all the same.
func TestSilentLanesLeaveRoom(t *testing.T) {
	t.Parallel()
	const slots, silent = 256, 150
	m := newMemory(slots, totalBytes)
	started := make(chan send, 2*silent)
	m.start = func(s send) { started <- s }
	add := func(id string) {
		l := newLane(taskhook.OwnedLane{ID: id, AccountID: "acc_1", Epoch: 1}, "", time.Now())
		l.target = originTarget()
		m.adopt(l)
		for range 2 {
			m.hold(l, 1)
			m.Push([]taskhook.Outgoing{{Epoch: 1, Body: []byte("x"), Delivery: taskhook.Delivery{LaneID: id}}})
		}
	}
	for i := range silent {
		add(fmt.Sprint("silent_", i))
	}
	add("other")
	reached := map[string]bool{}
	for range silent + 1 {
		reached[(<-started).lane.id] = true
	}
	if !reached["other"] {
		t.Errorf("a lane that was never sent to waits behind %d that do not answer", silent)
	}
}
