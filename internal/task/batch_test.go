package task

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// batches returns the service of the house's batches, which runs until the test ends.
func (h *house) batches() *Batches {
	s := NewBatches(BatchesOptions{Tasks: h.service, Store: h.store, Queue: h.store, Logger: h.options.Logger,
		Body: func(b *taskhook.Batch, id string) []byte { return fmt.Appendf(nil, "%s %d", b.ID, len(b.Tasks)) }})
	h.options.Endings.OnBatch(s.Wake)
	return s
}

// during runs do while batches are ended.
func (s *Batches) during(do func()) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	do()
	stop()
	<-done
}

func newBatch(inputs ...string) taskhook.NewBatch {
	n := taskhook.NewBatch{NewTask: newTask("one")}
	for _, text := range inputs {
		n.Inputs = append(n.Inputs, json.RawMessage(text))
	}
	return n
}

func cats(n int) (inputs []string) {
	for range n {
		inputs = append(inputs, `{"prompt":"a cat"}`)
	}
	return inputs
}

func TestBatch(t *testing.T) {
	inHouse(t, func(h *house) {
		var going, most atomic.Int32
		h.one.set(func(ctx context.Context, r provider.Request, sink provider.Sink) error {
			if now := going.Add(1); now > most.Load() {
				most.Store(now)
			}
			defer going.Add(-1)
			sleep(ctx, time.Second)
			return sink.Output(ctx, provider.Output{Name: "x.txt"}, io.LimitReader(strings.NewReader("x"), 1))
		})
		s := h.batches()
		s.during(func() {
			n := newBatch(cats(7)...)
			n.Concurrency, n.IdempotencyKey, n.RequestHash = 3, "k", "r"
			b, existed, err := s.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			if err != nil || existed || b.Open != 7 || len(b.Tasks) != 7 || b.Capability != "text-to-video" {
				t.Fatalf("%+v %t: %v", b, existed, err)
			}
			again, existed, err := s.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			if err != nil || !existed || again.ID != b.ID {
				t.Errorf("%+v %t: %v", again, existed, err)
			}
			pass(1500 * time.Millisecond)
			if _, err := h.service.Cancel(h.Context(), "acc_a", b.Tasks[3].ID); err != nil { // one that goes on: the next begins
				t.Error(err)
			}
			pass(2 * time.Second)
			if b, _ = s.Batch(h.Context(), "acc_a", b.ID); b.State() != taskhook.BatchCompleted || b.Succeeded != 6 || b.Cancelled != 1 {
				t.Errorf("it ends as %+v", b)
			}
			if most.Load() != 3 {
				t.Errorf("%d go on at a time", most.Load())
			}
			page, err := h.store.Feed(h.Context(), taskhook.FeedQuery{AccountID: "acc_a", Types: []string{"batch.*"}, Limit: 10})
			if err != nil || len(page.Events) != 1 || string(page.Events[0].Body) != b.ID+" 7" {
				t.Errorf("events %+v: %v", page.Events, err)
			}
		})
	})
}

func TestBatchIsCancelled(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(func(ctx context.Context, r provider.Request, sink provider.Sink) error {
			sleep(ctx, time.Hour)
			return ctx.Err()
		})
		s := h.batches()
		s.during(func() {
			n := newBatch(cats(60)...)
			n.Concurrency = 2
			b, _, err := s.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			if err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
			if b, err = s.Cancel(h.Context(), "acc_a", b.ID); err != nil || b.State() != taskhook.BatchCancelled || b.Cancelled != 60 {
				t.Errorf("%+v: %v", b, err)
			}
			pass(2 * time.Second)
			if b, _ = s.Batch(h.Context(), "acc_a", b.ID); b.FinishedAt.IsZero() {
				t.Error("it does not end")
			}
			if n := len(h.node.busy()); n > 0 {
				t.Errorf("runs of %d accounts go on", n)
			}
			if _, err := s.Cancel(h.Context(), "acc_a", b.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
				t.Errorf("cancelled again: %v", err)
			}
		})
	})
}

func TestBatchesThatAreRefused(t *testing.T) {
	inHouse(t, func(h *house) {
		s := h.batches()
		for want, n := range map[string]taskhook.NewBatch{
			"inputs must have at least one entry": newBatch(),
			"inputs has 1001 entries":             newBatch(cats(1001)...),
			"inputs[1]":                           newBatch(`{"prompt":"a"}`, `{}`, `{"prompt":"b"}`),
			"inputs[2]: No such file":             newBatch(`{"prompt":"a"}`, `{"prompt":"b"}`, `{"prompt":"link:foreign"}`),
			"concurrency must be":                 func() taskhook.NewBatch { n := newBatch(cats(1)...); n.Concurrency = -1; return n }(),
			"no model":                            func() taskhook.NewBatch { n := newBatch(cats(1)...); n.Model = "none"; return n }(),
		} {
			_, _, err := s.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("refused by %v, want %q", err, want)
			}
		}
		found, err := h.service.Tasks(h.Context(), taskhook.TaskFilter{AccountID: "acc_a", Page: taskhook.Page{Limit: 1}})
		if err != nil || len(found.Items) > 0 {
			t.Errorf("made are %+v: %v", found.Items, err)
		}
	})
}

// TestBatchOfVendors: the tasks of a batch may be of different vendors, which are all
// woken, and by each other's ends.
func TestBatchOfVendors(t *testing.T) {
	inHouse(t, func(h *house) {
		choices := 0
		h.options.Vendors.room = func(adapter string) bool { // as if one was busy by turns
			if adapter == "http:paid" {
				choices++
			}
			return adapter != "http:paid" || choices%2 == 0
		}
		h.paid.set(asked(time.Second))
		h.other.set(asked(time.Second))
		s := h.batches()
		for _, concurrency := range []int{0, 1} {
			n := newBatch(cats(4)...)
			n.Model, n.Concurrency = "sold", concurrency
			b, _, err := s.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			if err != nil {
				t.Fatal(err)
			}
			pass(5 * time.Second)
			if b, _ = s.Batch(h.Context(), "acc_a", b.ID); b.Succeeded != 4 {
				t.Errorf("%d at a time: it stands so: %+v", concurrency, b)
			}
		}
		if paid, other := len(h.paid.begun()), len(h.other.begun()); paid == 0 || other == 0 {
			t.Errorf("%d and %d were begun, so nothing is proven", paid, other)
		}
	})
}

// stuck is a queue whose batches another node ends, and has not yet.
type stuck struct {
	BatchQueue
	asked int
}

func (q *stuck) DueBatches(_ context.Context, limit int) ([]taskhook.Batch, error) {
	q.asked++
	return slices.Repeat([]taskhook.Batch{{ID: "batch_1", StoppedAt: time.Unix(1, 0)}}, limit), nil
}

func (q *stuck) FinishBatch(_ context.Context, _ time.Time, e *taskhook.BatchEnd) error {
	e.Stale = true
	return nil
}

// TestBatchesThatStayDue holds that what can't be ended now is not asked for without rest.
func TestBatchesThatStayDue(t *testing.T) {
	t.Parallel()
	q := &stuck{}
	s := NewBatches(BatchesOptions{Tasks: NewService(ServiceOptions{}), Queue: q})
	if err := s.look(t.Context()); err != nil || q.asked != 1 {
		t.Errorf("asked %d times: %v", q.asked, err)
	}
}
