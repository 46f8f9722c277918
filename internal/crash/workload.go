package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/client"
)

// ownType is the type of the events that the client publishes.
const ownType = "crash.test"

// workload submits tasks and publishes events while servers come and go.
type workload struct {
	client *client.Client
	hook   string // receiver of per-job deliveries
	ledger *clientLedger
	serial *atomic.Int64
}

// requestTime is how long the client waits for an answer.
const requestTime = 5 * time.Second

// run submits and publishes until ctx ends.
func (w *workload) run(ctx context.Context) {
	for ctx.Err() == nil {
		if rand.IntN(3) == 0 {
			w.submit(ctx)
		} else {
			w.publish(ctx)
		}
	}
}

// submit asks for a task until it is acknowledged: the key makes every repetition
// the same task.
func (w *workload) submit(ctx context.Context) {
	key := fmt.Sprintf("crash-%d", w.serial.Add(1))
	s := client.Submission{Model: "seedream-4-0", IdempotencyKey: key, Metadata: json.RawMessage(`{"10":"b","2":"a","key":"` + key + `"}`),
		Input: json.RawMessage(fmt.Sprintf(`{"prompt":"crash","width":64,"height":64,"sandbox":{"seconds":%.2f%s}}`, rand.Float64()/10, failure()))}
	if rand.IntN(2) == 0 {
		s.WebhookURL = w.hook
	}
	for {
		accepted, err := w.once(func(ctx context.Context) (string, error) {
			a, err := w.client.Submit(ctx, "seedream", "text-to-image", s)
			return a.ID, err
		})
		if err == nil {
			w.ledger.task(accepted)
			return
		}
		if !pause(ctx) {
			w.ledger.unanswered()
			return
		}
	}
}

// failure makes one task in five fail.
func failure() string {
	if rand.IntN(5) == 0 {
		return `,"fail":"on purpose"`
	}
	return ""
}

// publish publishes once; without an answer the event may exist or not.
func (w *workload) publish(ctx context.Context) {
	id, err := w.once(func(ctx context.Context) (string, error) {
		e, err := w.client.Publish(ctx, client.NewEvent{Type: ownType, Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, w.serial.Add(1)))})
		return e.ID, err
	})
	if err == nil {
		w.ledger.event(id)
		return
	}
	if _, refused := errors.AsType[*client.Error](err); !refused && !errors.Is(err, syscall.ECONNREFUSED) {
		w.ledger.unanswered()
	}
	pause(ctx)
}

// once makes a request that outlives the round, so that its answer is known.
func (w *workload) once(do func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	return do(ctx)
}

// pause waits for the next server; false when the test is over.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
