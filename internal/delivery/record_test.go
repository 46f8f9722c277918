package delivery

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/testkit"
)

// TestStopWaitsForTheDatabase holds that a stop records what was answered when the
// database is away for a moment, and does not wait for ever.
func TestStopWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		away     time.Duration // after the stop
		recorded int
	}{
		{"back in time", 4 * time.Second, 30},
		{"gone", time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				queue := &brokenQueue{recorded: map[string]int{}}
				queue.away.Store(true)
				r := newRecorder(queue, slog.New(&testkit.Logs{}), time.Now, func(*recording, time.Time) {})
				go r.run()
				for i := range 30 {
					r.add(&lane{}, 1, &taskhook.AttemptResult{Delivery: taskhook.Delivery{ID: fmt.Sprintf("dlv_%d", i)}})
				}
				pass(10 * time.Second) // without an answer for long before the stop
				r.stop()
				pass(min(c.away, lastPatience+time.Second))
				queue.away.Store(c.away > lastPatience)
				pass(time.Second)
				if len(queue.recorded) != c.recorded {
					t.Errorf("%d are recorded, want %d", len(queue.recorded), c.recorded)
				}
			})
		})
	}
}

// TestOneBadRecord holds that a result which can't be written holds up no other,
// and does not keep the process from stopping.
func TestOneBadRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		queue := &brokenQueue{bad: "dlv_700", recorded: map[string]int{}}
		done := map[string]int{}
		r := newRecorder(queue, slog.New(&testkit.Logs{}), time.Now, func(r *recording, _ time.Time) { done[r.lane.id]++ })
		ended := make(chan struct{})
		go func() {
			r.run()
			close(ended)
		}()
		for i := range n {
			id := fmt.Sprintf("dlv_%d", i)
			r.add(&lane{id: id}, 1, &taskhook.AttemptResult{Delivery: taskhook.Delivery{ID: id}})
		}
		pass(time.Minute)
		if len(queue.recorded) != n-1 || len(done) != n-1 || done[queue.bad] != 0 {
			t.Errorf("%d are recorded and %d of those told", len(queue.recorded), len(done))
		}
		for id, times := range queue.recorded {
			if times != 1 {
				t.Errorf("%s is recorded %d times", id, times)
			}
		}
		r.stop()
		<-ended
	})
}

// TestWindow holds that no more is sent when so much is not recorded as would come twice
// if the process died: little before the first write, more with each one, and little
// again after one that failed.
func TestWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := &brokenQueue{recorded: map[string]int{}}
		r := newRecorder(queue, slog.New(&testkit.Logs{}), time.Now, func(*recording, time.Time) {})
		caughtUp, made := 0, 0
		r.caughtUp = func() { caughtUp++ }
		add := func(n int) {
			for range n {
				made++
				r.add(&lane{}, 1, &taskhook.AttemptResult{Delivery: taskhook.Delivery{ID: fmt.Sprintf("dlv_%d", made)}})
			}
		}
		expect := func(what string, behind bool, window int) {
			t.Helper()
			if got := r.behind(time.Now()); got != behind || r.window != window {
				t.Errorf("%s: behind is %v and the window %d, want %v and %d", what, got, r.window, behind, window)
			}
		}
		add(leastWindow - 1)
		expect("one less than may be", false, leastWindow)
		add(1)
		expect("as many as may be", true, leastWindow)
		go r.run()
		pass(time.Second)
		expect("written", false, 2*leastWindow)
		if caughtUp != 1 {
			t.Errorf("what was held back went on %d times", caughtUp)
		}
		for range 8 {
			add(1)
			pass(time.Second)
		}
		expect("written often", false, mostWindow)
		queue.away.Store(true)
		add(leastWindow)
		pass(errorPause / 2)
		expect("not written", true, leastWindow)
		queue.away.Store(false)
		pass(time.Second)
		expect("written again, in small parts", false, mostWindow)
		r.stop()
	})
}
