package task

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/testkit"
)

func bareCatalogue(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStopGivesBack holds that stops are not counted as failures or interruptions,
// however many there are.
func TestStopGivesBack(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(working(10 * time.Second))
		k := h.create("acc_a", "one")
		for range maxInterruptions + 5 {
			pass(5 * time.Second)
			h.stop()
			if got := h.read(k); got.State != taskhook.TaskPending {
				t.Fatalf("after the stop it is %s", got.State)
			}
			h.start()
		}
		pass(20 * time.Second)
		h.expect(k, taskhook.TaskSucceeded)
	})
}

// TestStopKeepsAFinishedOutcome holds that what an adapter has made when the stop
// comes is kept.
func TestStopKeepsAFinishedOutcome(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
			<-ctx.Done()
			return output(context.WithoutCancel(ctx), sink, "a.txt")
		})
		k := h.create("acc_a", "one")
		pass(time.Second)
		h.stop()
		h.expect(k, taskhook.TaskSucceeded)
	})
}

// TestCrashRunsAgain holds that the next node runs what a killed one had, but not
// for ever.
func TestCrashRunsAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(working(10 * time.Second))
		k := h.create("acc_a", "one")
		for range 3 {
			pass(5 * time.Second)
			h.crash()
			h.start()
		}
		pass(time.Minute)
		h.read(k)
		h.expect(k, taskhook.TaskSucceeded)
		if n := len(h.one.begun()); n != 4 {
			t.Errorf("it was run %d times", n)
		}
	})
}

func TestCrashesWithoutEnd(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(working(10 * time.Second))
		k := h.create("acc_a", "one")
		for range maxInterruptions + 1 {
			pass(5 * time.Second)
			h.crash()
			h.start()
		}
		pass(time.Second)
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorInterrupted {
			t.Errorf("the user is told %+v", k.Error)
		}
		if n := len(h.one.begun()); n != maxInterruptions {
			t.Errorf("it was run %d times", n)
		}
	})
}

func TestStorageFullWaits(t *testing.T) {
	for name, fail := range map[string]func(f *files, n int64){
		"full": func(f *files, n int64) { f.full.Store(n) },
		"away": func(f *files, n int64) { f.away.Store(n) },
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				fail(h.files, 2*maxTries)
				k := h.create("acc_a", "one")
				pass(2 * maxTries * (roomPause + time.Second))
				h.expect(k, taskhook.TaskSucceeded)
				if runs := h.one.begun(); len(runs) != 2*maxTries+1 || runs[1].at.Sub(runs[0].at) < roomPause {
					t.Errorf("runs at %v", offsets(runs))
				}
			})
		})
	}
}

// TestEveryPointFails fails each write of the way of a run, before, after and in
// doubt, and holds that it succeeds all the same, is told of once, and keeps its
// file.
func TestEveryPointFails(t *testing.T) {
	for _, kind := range []string{"claim_runs", "progress", "release_run", "finish_run"} {
		for name, set := range map[string]func(f *testkit.Faults){
			"before":   func(f *testkit.Faults) { f.Times(kind+":before", 5) },
			"after":    func(f *testkit.Faults) { f.Times(kind+":after", 5) },
			"in doubt": func(f *testkit.Faults) { f.InDoubt(kind, 3) },
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				inHouse(t, func(h *house) {
					h.one.set(func(ctx context.Context, r provider.Request, sink provider.Sink) error {
						if len(h.one.begun()) == 1 {
							return fmt.Errorf("not now") // calls for a release
						}
						sink.Progress(50)
						return working(3*time.Second)(ctx, r, sink)
					})
					k := h.create("acc_a", "one")
					set(h.faults)
					pass(5 * time.Minute)
					h.expect(k, taskhook.TaskSucceeded)
				})
			})
		}
	}
}

// TestLogsRest holds that a database that is down does not fill the log.
func TestLogsRest(t *testing.T) {
	inHouse(t, func(h *house) {
		h.faults.Times("finish_run:before", 1e9)
		k := h.create("acc_a", "one")
		pass(time.Hour)
		if n := h.logs.Count("store outcome"); n < 100 || n > 1000 {
			t.Errorf("%d lines in an hour", n)
		}
		h.faults.Set(nil)
		pass(time.Minute)
		h.expect(k, taskhook.TaskSucceeded)
	})
}

func TestFairTurns(t *testing.T) {
	inHouse(t, func(h *house) {
		h.single.set(working(time.Second))
		account := map[string]string{}
		for _, who := range []string{"acc_a", "acc_a", "acc_a", "acc_a", "acc_a", "acc_b", "acc_b", "acc_c"} {
			account[h.create(who, "single").ID] = who
		}
		pass(time.Minute)
		var turns []string
		for _, r := range h.single.begun() {
			turns = append(turns, account[r.request.TaskID])
		}
		want := []string{"acc_a", "acc_b", "acc_c", "acc_a", "acc_b", "acc_a", "acc_a", "acc_a"}
		if !slices.Equal(turns, want) {
			t.Errorf("turns %v, want %v", turns, want)
		}
		expectTimes(t, offsets(h.single.begun()), []time.Duration{0, 1e9, 2e9, 3e9, 4e9, 5e9, 6e9, 7e9})
	})
}

// TestAdaptersDoNotWaitForEachOther holds the concurrency of each apart.
func TestAdaptersDoNotWaitForEachOther(t *testing.T) {
	inHouse(t, func(h *house) {
		h.single.set(working(time.Hour))
		h.one.set(working(time.Second))
		for range 3 {
			h.create("acc_a", "single")
		}
		for range defaultSlots + 10 {
			h.create("acc_a", "one")
		}
		pass(500 * time.Millisecond)
		if one, single := len(h.one.begun()), len(h.single.begun()); one != defaultSlots || single != 1 {
			t.Errorf("%d and %d runs go on, want %d and 1", one, single, defaultSlots)
		}
		pass(10 * time.Second)
		if one := len(h.one.begun()); one != defaultSlots+10 {
			t.Errorf("%d runs were begun", one)
		}
	})
}

// TestIdleNodeRests holds that a node with nothing to do hardly asks.
func TestIdleNodeRests(t *testing.T) {
	inHouse(t, func(h *house) {
		h.create("acc_a", "one")
		pass(time.Minute)
		calls := h.node.runs.calls.Load()
		pass(time.Hour)
		if calls = h.node.runs.calls.Load() - calls; calls > int64(len(h.node.queues))*int64(time.Hour/lookEvery) {
			t.Errorf("an idle node asked %d times in an hour", calls)
		}
	})
}
