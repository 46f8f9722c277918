package taskhook_test

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestReplayMoves(t *testing.T) {
	t.Parallel()
	for _, s := range taskhook.ReplayStates() {
		moves := 0
		for _, next := range taskhook.ReplayStates() {
			if s.CanBecome(next) {
				moves++
			}
		}
		if s.Final() != (moves == 0) || s.CanBecome(s) {
			t.Errorf("%s: final %t, %d moves", s, s.Final(), moves)
		}
	}
	if taskhook.ReplayPaused.CanBecome(taskhook.ReplayCompleted) {
		t.Error("a paused replay completes")
	}
}

func TestReplayPercent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		replay taskhook.Replay
		want   int
		known  bool
	}{
		{taskhook.Replay{State: taskhook.ReplayRunning, Found: 8, Created: 3, Skipped: 1}, 50, true},
		{taskhook.Replay{State: taskhook.ReplayRunning, Found: 2, Created: 2}, 99, true},
		{taskhook.Replay{State: taskhook.ReplayPaused, Found: 8, Open: true, Created: 3}, 0, false},
		{taskhook.Replay{State: taskhook.ReplayRunning}, 0, false},
		{taskhook.Replay{State: taskhook.ReplayCompleted}, 100, true},
	} {
		if got, known := tt.replay.Percent(); got != tt.want || known != tt.known {
			t.Errorf("%+v: %d, %t", tt.replay, got, known)
		}
	}
	recovery := taskhook.Replay{TargetID: "wh_b", Choice: taskhook.ReplayChoice{Since: time.Unix(1, 0), Filter: taskhook.DeliveryFilter{EndpointID: "wh_a"}}}
	if to := recovery.To(); to != "wh_a" {
		t.Errorf("a recovery goes to %s", to)
	}
}
