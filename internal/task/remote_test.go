package task

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// asking never gets an answer.
func asking(ctx context.Context, _ provider.Request, _ provider.Sink) error {
	<-ctx.Done()
	return &provider.Unclear{Err: ctx.Err()}
}

// asked gets a handle, and waits for d for what it has not yet waited for.
func asked(d time.Duration) func(context.Context, provider.Request, provider.Sink) error {
	return func(ctx context.Context, r provider.Request, sink provider.Sink) error {
		if r.Handle == "" {
			if err := sink.Sent(ctx, "job_1"); err != nil {
				return err
			}
		}
		return working(d)(ctx, r, sink)
	}
}

// handles are those that the adapter was called with.
func (r *remote) handles() (list []string) {
	for _, b := range r.begun() {
		list = append(list, b.request.Handle)
	}
	return list
}

func (h *house) unknown(k taskhook.Task) {
	h.Helper()
	k = h.expect(k, taskhook.TaskFailed)
	if k.Error == nil || k.Error.Code != taskhook.TaskErrorSubmissionUnknown {
		h.Errorf("the user is told %+v", k.Error)
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s are %q, want %q", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s are %q, want %q", what, got, want)
		}
	}
}

// TestCrashWhileAsking: work that may have been paid for is not asked for again.
func TestCrashWhileAsking(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asking)
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.crash()
		h.paid.set(asked(time.Second))
		h.start()
		pass(time.Hour)
		h.unknown(k)
		same(t, "calls", h.paid.handles(), []string{""})
	})
}

func TestCrashWhileAskingWhatMayBeRepeated(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.repeatable = true
		h.paid.set(asking)
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.crash()
		h.paid.set(asked(time.Second))
		h.start()
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
		runs := h.paid.begun()
		if len(runs) != 2 || runs[0].request.RunID != runs[1].request.RunID {
			t.Errorf("it was asked %d times, and not under one id", len(runs))
		}
	})
}

// TestCrashAfterAsking: work that was taken on is waited for by its handle.
func TestCrashAfterAsking(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asked(time.Minute))
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.crash()
		h.start()
		pass(time.Second)
		h.expect(k, taskhook.TaskRunning)
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
		same(t, "calls", h.paid.handles(), []string{"", "job_1"})
	})
}

// TestStopWhileAsking: a stop is no reason to ask again either.
func TestStopWhileAsking(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asking)
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.stop()
		h.paid.set(asked(time.Second))
		h.start()
		pass(time.Hour)
		h.unknown(k)
		same(t, "calls", h.paid.handles(), []string{""})
	})
}

// TestStopAfterAsking: the same for a stop, which leaves the task running.
func TestStopAfterAsking(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asked(time.Minute))
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.stop()
		h.expect(k, taskhook.TaskRunning)
		h.start()
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
		same(t, "calls", h.paid.handles(), []string{"", "job_1"})
	})
}

// TestHandleOutlivesAFailingDatabase: a handle that could not be stored at once is
// stored later, at the latest when the run is given back.
func TestHandleOutlivesAFailingDatabase(t *testing.T) {
	inHouse(t, func(h *house) {
		h.faults.Set(func(point string) error {
			if point == "sent_run:before" {
				return errors.New("the database is away")
			}
			return nil
		})
		h.paid.set(asked(2 * time.Minute))
		k := h.create("acc_a", "paid")
		pass(time.Minute)
		h.stop()
		h.faults.Set(nil)
		h.start()
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
		same(t, "calls", h.paid.handles(), []string{"", "job_1"})
	})
}

func TestUnclear(t *testing.T) {
	for name, repeatable := range map[string]bool{"once": false, "repeatable": true} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.paid.repeatable = repeatable
				tries := 0
				h.paid.set(func(ctx context.Context, r provider.Request, sink provider.Sink) error {
					if tries++; tries < 3 {
						return &provider.Unclear{Err: errors.New("connection reset")}
					}
					return asked(time.Second)(ctx, r, sink)
				})
				k := h.create("acc_a", "paid")
				pass(time.Hour)
				if repeatable {
					h.expect(k, taskhook.TaskSucceeded)
					return
				}
				h.unknown(k)
				same(t, "calls", h.paid.handles(), []string{""})
			})
		})
	}
}

// TestRefusedForNow: a provider that is busy is asked again when it says, for a
// day.
func TestRefusedForNow(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(func(context.Context, provider.Request, provider.Sink) error {
			return &provider.Refused{After: 30 * time.Minute, Err: errors.New("status 429")}
		})
		k := h.create("acc_a", "paid")
		pass(10*time.Hour + time.Second)
		h.expect(k, taskhook.TaskPending)
		if n := len(h.paid.begun()); n != 21 {
			t.Errorf("asked %d times in ten hours, want 21", n)
		}
		pass(15 * time.Hour)
		h.expect(k, taskhook.TaskFailed)
	})
}

// TestTimeGoesOnElsewhere: the model's time counts from when the work was asked
// for, whatever became of this process.
func TestTimeGoesOnElsewhere(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asked(24 * time.Hour))
		k := h.create("acc_a", "paid")
		pass(6 * time.Minute)
		h.crash()
		h.start()
		pass(3 * time.Minute)
		h.expect(k, taskhook.TaskRunning)
		pass(2 * time.Minute)
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorTimeout {
			t.Errorf("the user is told %+v", k.Error)
		}
	})
}

// TestStopBeforeUnclearWork stops the next process as soon as it has claimed what the
// last one may have asked for: that must not be given back as if nothing had been.
func TestStopBeforeUnclearWork(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asking)
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.crash()
		h.claimed = func([]taskhook.ClaimedRun) { h.node.cancel() }
		h.start()
		<-h.node.done
		h.claimed = nil
		h.start()
		pass(time.Hour)
		h.unknown(k)
		same(t, "calls", h.paid.handles(), []string{""})
	})
}

// TestCancelWhileClaimed cancels a task whose claim is stored but not known yet:
// nothing is asked for.
func TestCancelWhileClaimed(t *testing.T) {
	inHouse(t, func(h *house) {
		h.crash()
		h.claimed = func(runs []taskhook.ClaimedRun) {
			for _, c := range runs {
				if _, err := h.service.Cancel(h.Context(), c.Task.AccountID, c.Task.ID); err != nil {
					t.Error(err)
				}
			}
		}
		h.start()
		k := h.create("acc_a", "paid")
		pass(time.Hour)
		h.expect(k, taskhook.TaskCancelled)
		same(t, "calls", h.paid.handles(), nil)
	})
}

// TestAttach: a person finds the work at the provider, and it is waited for.
func TestAttach(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(func(context.Context, provider.Request, provider.Sink) error {
			return &provider.Unclear{Err: errors.New("connection reset")}
		})
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.unknown(k)
		h.paid.set(asked(time.Minute))
		who := taskhook.Identity{AccountID: "acc_a"}
		again, err := h.service.Retry(h.Context(), who, k.ID, "job_9")
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		h.expect(again, taskhook.TaskSucceeded)
		same(t, "calls", h.paid.handles(), []string{"", "job_9"})
	})
}

// TestAttachWhenWorkersRunTheModel: whoever runs the model by now, the work is where it is.
func TestAttachWhenWorkersRunTheModel(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(ends(unclear()))
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.unknown(k)
		h.paid.set(asked(time.Minute))
		source, err := catalogue.Parse("test.yaml", []byte("models: {acme: {paid: {adapter: worker, capabilities: {text-to-video: vidu-q3}}}}"))
		if err != nil {
			t.Fatal(err)
		}
		if h.service.Catalogue, err = catalogue.Load(source); err != nil {
			t.Fatal(err)
		}
		again, err := h.service.Retry(h.Context(), taskhook.Identity{AccountID: "acc_a"}, k.ID, "job_9")
		if err != nil {
			t.Fatal(err)
		}
		if queues, err := h.store.Queues(h.Context()); err != nil || len(queues) > 0 {
			t.Errorf("workers may fetch it: %v, %v", queues, err)
		}
		pass(time.Hour)
		h.expect(again, taskhook.TaskSucceeded)
		same(t, "calls", h.paid.handles(), []string{"", "job_9"})
	})
}

// TestAttachToLocalWork: what runs here is known by no handle.
func TestAttachToLocalWork(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(context.Context, provider.Request, provider.Sink) error {
			return provider.Permanent(taskhook.TaskErrorProvider, "No.")
		})
		k := h.create("acc_a", "one")
		pass(time.Second)
		if _, err := h.service.Retry(h.Context(), taskhook.Identity{AccountID: "acc_a"}, k.ID, "job_9"); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
			t.Errorf("got %v", err)
		}
	})
}

// TestCancelWhileNobodyWaits: work that no node waits for is called off by the next
// that can.
func TestCancelWhileNobodyWaits(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asked(time.Minute))
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.stop()
		calledOff := 0
		h.paid.set(func(ctx context.Context, r provider.Request, _ provider.Sink) error {
			if r.Handle == "job_1" && provider.Abandoned(ctx) {
				calledOff++
			}
			return ctx.Err()
		})
		if _, err := h.service.Cancel(h.Context(), "acc_a", k.ID); err != nil {
			t.Fatal(err)
		}
		h.start()
		pass(time.Hour)
		if h.read(k).State != taskhook.TaskCancelled || calledOff != 1 || len(h.events(k.ID)) != 0 {
			t.Errorf("it is %s, was called off %d times, and %d events tell of it", h.read(k).State, calledOff, len(h.events(k.ID)))
		}
	})
}
