package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/taskhook/taskhook/client"
)

// submit asks for a task until it is acknowledged, and then often once more: its
// key makes every repetition the same task.
func (w *workload) submit(seconds float64, fail string) (id string, ok bool) {
	idempotency := fmt.Sprintf("crash-%d", w.serial.Add(1))
	side := 64 // whose result is inline
	if rand.IntN(2) == 0 {
		side = 640 // whose is a file
	}
	s := client.Submission{Model: "seedream-4-0", IdempotencyKey: idempotency,
		Metadata: json.RawMessage(`{"10":"b","2":"a","key":"` + idempotency + `"}`),
		Input:    json.RawMessage(fmt.Sprintf(`{"prompt":"crash","width":%d,"height":%d,"sandbox":{"seconds":%.2f%s}}`, side, side, seconds, fail))}
	if rand.IntN(2) == 0 {
		s.WebhookURL = w.hooks + perJobPath
	}
	began := time.Now()
	id, err := w.once(s)
	if err != nil {
		w.ledger.unanswered(taskSort, 1+w.outlived(began, idempotencyLife))
		return "", false
	}
	if rand.IntN(4) == 0 {
		again, err := w.once(s)
		if err == nil && again != id && w.lasts(began, idempotencyLife) {
			w.ledger.breach("L9: " + idempotency + " stands for two tasks, " + id + " and " + again)
		}
	}
	if n := w.outlived(began, idempotencyLife); n > 0 { // each time a repetition may have made another one
		w.ledger.unanswered(taskSort, n)
	}
	return id, true
}

// once submits until there is an answer.
func (w *workload) once(s client.Submission) (id string, err error) {
	err = insist(func(ctx context.Context) error {
		a, err := w.client.Submit(ctx, "seedream", "text-to-image", s)
		id = a.ID
		return err
	})
	if err == nil {
		w.ledger.task(id)
	}
	return id, err
}

const onPurpose = `,"fail":"on purpose"`

// failure makes one task in five fail.
func failure() string {
	if rand.IntN(5) == 0 {
		return onPurpose
	}
	return ""
}

// cancel submits a task and cancels it, most often in time.
func (w *workload) cancel() {
	id, ok := w.submit(rand.Float64()/5, "")
	if !ok {
		return
	}
	var k client.Task
	err := insist(func(ctx context.Context) (err error) {
		k, err = w.client.CancelTask(ctx, id)
		return err
	})
	if status(err) == http.StatusConflict { // it was too late, or an answer is lost
		err = insist(func(ctx context.Context) (err error) {
			k, err = w.client.Task(ctx, id)
			return err
		})
	}
	switch {
	case refused(err):
		w.ledger.breach("L1: cancelling task " + id + ": " + err.Error())
	case err == nil:
		w.ledger.final(id, k.Status)
	}
}

// longTask submits a task that outlasts many servers, so that it is cut short, and
// waits for its end. More of them would take the places of all others.
func (w *workload) longTask() {
	if id, ok := w.submit(1.5, ""); ok {
		w.await(id)
	}
}

// await waits for the end of a task, and gives up after a while.
func (w *workload) await(id string) (status string) {
	for range 100 {
		var k client.Task
		err := insist(func(ctx context.Context) (err error) {
			k, err = w.client.Task(ctx, id)
			return err
		})
		if err != nil || !k.CompletedAt.IsZero() {
			return k.Status
		}
		pause()
	}
	return ""
}

// retry makes a task fail and asks for it again, once.
func (w *workload) retry() {
	id, ok := w.submit(0, onPurpose)
	if !ok || w.await(id) != "failed" {
		return
	}
	var again client.AcceptedTask
	err := once(func(ctx context.Context) (err error) {
		again, err = w.client.RetryTask(ctx, id)
		return err
	})
	switch {
	case err == nil:
		w.ledger.task(again.ID)
	case inDoubt(err):
		w.ledger.unanswered(taskSort, 1)
	}
}
