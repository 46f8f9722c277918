package task

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// offsets are the times of the runs since the first.
func offsets(runs []begun) (since []time.Duration) {
	for _, r := range runs {
		since = append(since, r.at.Sub(runs[0].at))
	}
	return since
}

func expectTimes(t *testing.T, got, want []time.Duration) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i].Round(100*time.Millisecond) == want[i]
	}
	if !same {
		t.Errorf("runs at %v, want %v", got, want)
	}
}

func TestSuccess(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
			return errors.Join(output(ctx, sink, "b.txt"), output(ctx, sink, "a.txt"))
		})
		k := h.create("acc_a", "one")
		pass(time.Second)
		k = h.expect(k, taskhook.TaskSucceeded)
		if len(k.Results) != 2 || k.Progress != 100 || k.StartedAt.IsZero() || k.FinishedAt.IsZero() || k.Error != nil {
			t.Fatalf("it ended as %+v", k)
		}
		for i, a := range k.Results {
			if a.Index != i || a.Size != int64(len("the bytes of a.txt")) || a.SHA256 == "" || a.TaskID != k.ID {
				t.Errorf("result %d is %+v", i, a)
			}
		}
		want := provider.Request{TaskID: k.ID, RunID: h.one.begun()[0].request.RunID, Attempt: 1, Provider: "acme", Capability: "text-to-video",
			Model: "one", Medium: taskhook.MediumVideo, Input: k.Input, Park: true}
		if got := h.one.begun()[0].request; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the adapter was asked for %+v", got)
		}
		event := h.events(k.ID)[0]
		body := fmt.Sprintf("primary %s task.completed [https://here/%s https://here/%s]", event.ID, k.Results[0].Name, k.Results[1].Name)
		if string(event.Body) != body || event.Type != taskhook.EventTaskCompleted || event.Subject != k.ID {
			t.Errorf("the event is %+v with the body %s", event, event.Body)
		}
	})
}

func TestFailures(t *testing.T) {
	broken := provider.Permanent(taskhook.TaskErrorProvider, "No.")
	hang := func(ctx context.Context, _ provider.Request, _ provider.Sink) error {
		<-ctx.Done()
		return ctx.Err()
	}
	after := func(err error) func(context.Context, provider.Request, provider.Sink) error {
		return func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
			return errors.Join(output(ctx, sink, "a.txt"), err)
		}
	}
	thrice := []time.Duration{0, 4 * time.Second, 20 * time.Second}
	once := []time.Duration{0}
	tests := []struct {
		name string
		do   func(context.Context, provider.Request, provider.Sink) error
		runs []time.Duration
		code string
		text string
	}{
		{"permanent", after(broken), once, taskhook.TaskErrorProvider, "No."},
		{"wrapped", after(fmt.Errorf("run: %w", broken)), once, taskhook.TaskErrorProvider, "No."},
		{"transient", after(errors.New("secret detail")), thrice, taskhook.TaskErrorProvider, "could not finish"},
		{"a deadline of its own", after(context.DeadlineExceeded), thrice, taskhook.TaskErrorTimeout, "longer than it may"},
		{"timeout", hang, once, taskhook.TaskErrorTimeout, "10m0s"},
		{"panic", func(context.Context, provider.Request, provider.Sink) error { panic("secret detail") }, once, taskhook.TaskErrorProvider, "broke down"},
		{"nothing", func(context.Context, provider.Request, provider.Sink) error { return nil }, once, taskhook.TaskErrorProvider, "without a result"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.one.set(tt.do)
				k := h.create("acc_a", "one")
				pass(time.Hour)
				k = h.expect(k, taskhook.TaskFailed)
				expectTimes(t, offsets(h.one.begun()), tt.runs)
				if k.Error == nil || k.Error.Code != tt.code || !strings.Contains(k.Error.Message, tt.text) || strings.Contains(k.Error.Message, "secret") {
					t.Errorf("the user is told %+v", k.Error)
				}
				if e := h.events(k.ID); len(e) == 1 && e[0].Type != taskhook.EventTaskFailed {
					t.Errorf("the event is %s", e[0].Type)
				}
				h.one.set(nil)
				if k = h.create("acc_a", "one"); k.ID == "" {
					t.Error("no further task")
				}
				pass(time.Second)
				h.expect(k, taskhook.TaskSucceeded)
			})
		})
	}
}

func TestTransientFailureThatPasses(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
			if len(h.one.begun()) < 3 {
				return errors.Join(output(ctx, sink, "a.txt"), errors.New("not now"))
			}
			return output(ctx, sink, "b.txt")
		})
		k := h.create("acc_a", "one")
		pass(time.Second)
		if got := h.read(k); got.State != taskhook.TaskPending {
			t.Errorf("between the tries it is %s", got.State)
		}
		pass(time.Minute)
		h.expect(k, taskhook.TaskSucceeded)
	})
}

func TestUnknownModel(t *testing.T) {
	inHouse(t, func(h *house) {
		h.stop()
		k := h.create("acc_a", "one")
		known := h.options.Catalogue
		h.options.Catalogue = bareCatalogue(t)
		h.start()
		pass(time.Second)
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorNoProvider {
			t.Errorf("the user is told %+v", k.Error)
		}
		h.options.Catalogue = known
	})
}

func TestCancelWhileRunning(t *testing.T) {
	inHouse(t, func(h *house) {
		stopped := make(chan time.Time, 1)
		h.one.set(func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
			if err := output(ctx, sink, "a.txt"); err != nil {
				return err
			}
			<-ctx.Done()
			stopped <- time.Now()
			return ctx.Err()
		})
		k := h.create("acc_a", "one")
		pass(time.Second)
		if _, err := h.service.Cancel(h.Context(), "acc_a", k.ID); err != nil {
			t.Fatal(err)
		}
		if late := time.Since(<-stopped); late != 0 {
			t.Errorf("the adapter ran on for %s", late)
		}
		pass(time.Minute)
		h.expect(k, taskhook.TaskCancelled)
		if _, err := h.service.Cancel(h.Context(), "acc_a", k.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("cancelled again: %v", err)
		}
	})
}

// TestCancelElsewhere cancels as another process does, which can't tell this one.
func TestCancelElsewhere(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(working(time.Hour))
		k := h.create("acc_a", "one")
		pass(time.Second)
		if _, err := h.store.CancelTask(h.Context(), time.Now(), "acc_a", k.ID); err != nil {
			t.Fatal(err)
		}
		pass(2 * progressEvery)
		if n := len(h.node.running); n != 0 {
			t.Errorf("%d runs go on", n)
		}
		h.expect(k, taskhook.TaskCancelled)
	})
}

// TestStaleFinish holds that the files of an outcome that comes too late are
// removed.
func TestStaleFinish(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(ctx context.Context, r provider.Request, sink provider.Sink) error {
			if err := output(ctx, sink, "a.txt"); err != nil {
				return err
			}
			_, err := h.store.CancelTask(context.WithoutCancel(ctx), time.Now(), "acc_a", r.TaskID)
			return err
		})
		k := h.create("acc_a", "one")
		pass(time.Second)
		h.expect(k, taskhook.TaskCancelled)
	})
}

// TestCancelRacesCompletion holds that just one of them wins.
func TestCancelRacesCompletion(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(working(time.Second))
		cancelled := 0
		for range 40 {
			k := h.create("acc_a", "one")
			<-time.After(time.Second)
			_, err := h.service.Cancel(h.Context(), "acc_a", k.ID)
			pass(time.Minute)
			k = h.read(k)
			want := taskhook.TaskCancelled
			if err != nil {
				want = taskhook.TaskSucceeded
			} else {
				cancelled++
			}
			told := len(h.events(k.ID))
			if k.State != want || (told == 1) != (want == taskhook.TaskSucceeded) || len(k.Results) != told {
				t.Errorf("cancelled with %v, it is %s with %d results and %d events", err, k.State, len(k.Results), told)
			}
		}
		if kept := len(h.files.ids(t)); kept != 40-cancelled {
			t.Errorf("%d files are kept for %d tasks", kept, 40-cancelled)
		}
	})
}

func TestProgress(t *testing.T) {
	inHouse(t, func(h *house) {
		reports := make(chan int)
		h.one.set(func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
			for percent := range reports {
				sink.Progress(percent)
			}
			return output(ctx, sink, "a.txt")
		})
		k := h.create("acc_a", "one")
		for _, step := range []struct{ report, want int }{{0, 0}, {-5, 0}, {10, 10}, {5, 10}, {60, 60}, {60, 60}, {200, 99}, {0, 99}} {
			reports <- step.report
			pass(2 * progressEvery)
			if got := h.read(k).Progress; got != step.want {
				t.Errorf("after %d the progress is %d, want %d", step.report, got, step.want)
			}
		}
		close(reports)
		pass(time.Second)
		if k = h.expect(k, taskhook.TaskSucceeded); k.Progress != 100 {
			t.Errorf("in the end it is %d", k.Progress)
		}
	})
}

// TestProgressIsNotLost holds that a report which could not be stored is stored
// later although nothing new comes.
func TestProgressIsNotLost(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(ctx context.Context, r provider.Request, sink provider.Sink) error {
			sink.Progress(40)
			return working(time.Minute)(ctx, r, sink)
		})
		h.faults.Times("progress:before", 3)
		k := h.create("acc_a", "one")
		pass(10 * time.Second)
		if got := h.read(k).Progress; got != 40 {
			t.Errorf("the progress is %d", got)
		}
		pass(time.Minute)
		h.expect(k, taskhook.TaskSucceeded)
	})
}
