package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// batch is one that was acknowledged.
type batch struct {
	stopped bool   // it was asked to be cancelled
	told    string // the final state that was told; empty: none was
}

// batches submits some tasks together, often cancels what is left of them, and waits
// for the end.
func (w *workload) batches() {
	id, ok := w.submitTogether()
	if !ok {
		return
	}
	if rand.IntN(2) == 0 {
		w.stopBatch(id)
	}
	for range 100 {
		var b client.Batch
		err := insist(func(ctx context.Context) (err error) {
			b, err = w.client.Batch(ctx, id)
			return err
		})
		if refused(err) {
			w.ledger.breach("L1: batch " + id + " was acknowledged: " + err.Error())
		}
		if err != nil {
			return
		}
		if !b.CompletedAt.IsZero() {
			w.ledger.note("batch ended", []string{id, b.Status}, func() { w.ledger.batches[id].told = b.Status })
			return
		}
		pause()
	}
}

// submitTogether asks for a batch until it is acknowledged, and then often once more.
func (w *workload) submitTogether() (id string, ok bool) {
	n := client.NewBatch{Provider: "seedream", Capability: "text-to-image", Model: "seedream-4-0", Concurrency: rand.IntN(3),
		IdempotencyKey: fmt.Sprintf("crash-batch-%d", w.serial.Add(1))}
	for range 2 + rand.IntN(4) {
		n.Inputs = append(n.Inputs, json.RawMessage(fmt.Sprintf(`{"prompt":"crash","width":64,"height":64,"sandbox":{"seconds":%.2f%s}}`, rand.Float64()/5, failure())))
	}
	if rand.IntN(2) == 0 {
		n.WebhookURL = w.hooks + perJobPath
	}
	began := time.Now()
	id, err := w.onceTogether(n)
	if err == nil && rand.IntN(4) == 0 {
		again, err := w.onceTogether(n)
		if err == nil && again != id && w.lasts(began, idempotencyLife) {
			w.ledger.breach("L9: " + n.IdempotencyKey + " stands for two batches, " + id + " and " + again)
		}
	}
	doubts := w.outlived(began, idempotencyLife) // each time a repetition may have made another one
	if err != nil {
		doubts++
	}
	if doubts > 0 {
		w.ledger.note("batches in doubt", doubts, func() { w.ledger.unknownBatches += doubts })
		w.ledger.unanswered(taskhook.EventBatchCompleted, doubts)
		w.ledger.unanswered(taskSort, doubts*len(n.Inputs))
	}
	return id, err == nil
}

// onceTogether submits until there is an answer, which has all tasks.
func (w *workload) onceTogether(n client.NewBatch) (id string, err error) {
	var b client.Batch
	err = insist(func(ctx context.Context) (err error) {
		b, err = w.client.SubmitBatch(ctx, n)
		return err
	})
	if err != nil {
		return "", err
	}
	w.ledger.note("batch", b.ID, func() {
		if w.ledger.batches[b.ID] == nil {
			w.ledger.batches[b.ID] = &batch{}
		}
	})
	for _, k := range b.Tasks {
		w.ledger.task(k.ID)
	}
	if len(b.Tasks) != len(n.Inputs) {
		w.ledger.breach(fmt.Sprintf("L1: batch %s of %d inputs was answered with %d tasks", b.ID, len(n.Inputs), len(b.Tasks)))
	}
	return b.ID, nil
}

// stopBatch cancels what is left of a batch. A conflict says that it was too late, or
// that an answer is lost.
func (w *workload) stopBatch(id string) {
	w.ledger.note("batch to cancel", id, func() { w.ledger.batches[id].stopped = true })
	err := insist(func(ctx context.Context) error {
		_, err := w.client.CancelBatch(ctx, id)
		return err
	})
	switch {
	case err == nil:
		w.ledger.note("batch cancelled", id, func() { w.ledger.batches[id].told = string(taskhook.BatchCancelled) })
	case refused(err) && status(err) != http.StatusConflict:
		w.ledger.breach("L1: cancelling batch " + id + ": " + err.Error())
	}
}

// judgeBatches wants each batch ended, as it was told to be, with as many tasks as it
// counts, and told of by one event, unless it was cancelled.
func (f *facts) judgeBatches(v *Verdict, list []client.Batch) {
	ends, counts := map[string]map[string]bool{}, map[string]client.BatchCounts{}
	for _, d := range f.deliveries {
		if d.EventType == taskhook.EventBatchCompleted {
			if ends[d.Subject] == nil {
				ends[d.Subject] = map[string]bool{}
			}
			ends[d.Subject][d.EventID] = true
		}
	}
	for _, k := range f.tasks {
		if k.BatchID != "" {
			counts[k.BatchID] = counted(counts[k.BatchID], k.Status)
		}
	}
	known, unknown := map[string]bool{}, 0
	for _, b := range list {
		known[b.ID] = true
		asked, events := f.batches[b.ID], 1
		if b.Status == string(taskhook.BatchCancelled) {
			events = 0
		}
		switch {
		case asked == nil:
			unknown++
		case asked.told != "" && asked.told != b.Status:
			v.violate("L9", "batch %s was told to be %s and is %s", b.ID, asked.told, b.Status)
		case b.Status == string(taskhook.BatchCancelled) && !asked.stopped:
			v.violate("L1", "batch %s is cancelled, which nobody asked for", b.ID)
		}
		if b.CompletedAt.IsZero() {
			v.violate("L1", "batch %s never ended: it is %s, %+v", b.ID, b.Status, b.Counts)
			continue
		}
		if counts[b.ID] != b.Counts {
			v.violate("L8", "batch %s counts %+v, and its tasks are %+v", b.ID, b.Counts, counts[b.ID])
		}
		if len(ends[b.ID]) != events {
			v.violate("L1", "batch %s is %s and has %d events", b.ID, b.Status, len(ends[b.ID]))
		}
	}
	if unknown > f.unknownBatches {
		v.violate("L2", "%d batches stand for %d requests without an answer", unknown, f.unknownBatches)
	}
	for id := range f.batches {
		if !known[id] {
			v.violate("L1", "batch %s was acknowledged and is unknown", id)
		}
	}
}

// counted counts one more task.
func counted(c client.BatchCounts, state string) client.BatchCounts {
	c.Total++
	switch state {
	case "succeeded":
		c.Succeeded++
	case "failed":
		c.Failed++
	case "cancelled":
		c.Cancelled++
	default:
		c.Open++
	}
	return c
}

// stops reports whether a batch was asked to be cancelled.
func (l *clientLedger) stops(id string) bool { return l.batches[id] != nil && l.batches[id].stopped }
