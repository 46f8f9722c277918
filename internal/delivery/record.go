package delivery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// recorder makes results durable: while one write runs the next ones gather. A
// result is kept until it is written, whatever happens to the disk; the lanes'
// bounded room bounds how many there can be.
type recorder struct {
	queue QueueStore
	log   *slog.Logger
	// done is told of each result that was written: when its delivery is due
	// again, zero when never, or that it was not ours any more.
	done func(l *lane, size int, due time.Time, stale bool)

	mu      sync.Mutex
	waiting []recording
	stopped bool
	wake    chan struct{}
}

// recording is a result and the lane that it came from.
type recording struct {
	lane   *lane
	size   int
	result *taskhook.AttemptResult
}

func newRecorder(queue QueueStore, log *slog.Logger, done func(*lane, int, time.Time, bool)) *recorder {
	return &recorder{queue: queue, log: log, done: done, wake: make(chan struct{}, 1)}
}

// add takes a result in.
func (r *recorder) add(l *lane, size int, result *taskhook.AttemptResult) {
	r.mu.Lock()
	r.waiting = append(r.waiting, recording{l, size, result})
	r.mu.Unlock()
	r.signal()
}

func (r *recorder) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// stop makes run end when everything is written.
func (r *recorder) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.signal()
}

// run writes results until stop.
func (r *recorder) run() {
	for {
		<-r.wake
		for {
			batch, stopped := r.take()
			if len(batch) == 0 {
				if stopped {
					return
				}
				break
			}
			if !r.write(batch, stopped) {
				return
			}
		}
	}
}

// maxRecords is how many results share a write.
const maxRecords = 512

func (r *recorder) take() (batch []recording, stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), maxRecords)
	batch = r.waiting[:n:n]
	r.waiting = r.waiting[n:]
	return batch, r.stopped
}

// write repeats a batch until it is written. When we are stopping it gives up
// after the first failure: what was not recorded is sent again after the start.
func (r *recorder) write(batch []recording, stopping bool) bool {
	results := make([]*taskhook.AttemptResult, len(batch))
	for i := range batch {
		results[i] = batch[i].result
	}
	for failures := 0; ; failures++ {
		err := r.queue.FinishDeliveries(context.Background(), results)
		if err == nil {
			break
		}
		r.log.Error("record attempts", "error", err, "attempts", len(batch))
		if stopping {
			return false
		}
		time.Sleep(errorPause)
	}
	for i := range batch {
		b := &batch[i]
		var due time.Time
		if !b.result.Delivery.State.Final() {
			due = b.result.Delivery.DueAt
		}
		r.done(b.lane, b.size, due, b.result.Stale)
	}
	return true
}

// recorded takes a delivery out of memory after its attempt.
func (w *Worker) recorded(l *lane, size int, due time.Time, stale bool) {
	m := w.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(l, size)
	switch {
	case stale:
		l.owe(time.Now()) // look how it stands
	case !due.IsZero():
		l.owe(due)
	}
	m.plan(l)
}
