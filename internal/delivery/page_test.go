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
	_, seen := m.pages([]*lane{l})
	m.hold(l, 1)
	due := now.Add(time.Minute)
	m.recorded(l, 1, due)
	m.answered(l, func() { m.take(l, &taskhook.LaneClaim{Lane: l.id, Epoch: 1}, seen[0], now) })
	if !l.nextLoad.Equal(due) {
		t.Errorf("the lane looks again at %v, want %v", l.nextLoad, due)
	}
}
