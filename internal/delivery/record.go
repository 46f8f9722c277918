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
	now   func() time.Time
	// done is told of each result that was written, and when its delivery is due
	// again: zero when never.
	done func(r *recording, due time.Time)

	mu      sync.Mutex
	waiting []recording
	stopped bool
	wake    chan struct{} // something waits, or it is stopped
	full    chan struct{} // as much waits as is worth a write of its own, or it is stopped
}

// recording is a result and the lane that it came from.
type recording struct {
	lane   *lane
	size   int
	result *taskhook.AttemptResult
}

func newRecorder(queue QueueStore, log *slog.Logger, now func() time.Time, done func(*recording, time.Time)) *recorder {
	return &recorder{queue: queue, log: log, now: now, done: done, wake: make(chan struct{}, 1), full: make(chan struct{}, 1)}
}

// add takes results in.
func (r *recorder) add(l *lane, size int, result *taskhook.AttemptResult) {
	r.enqueue(recording{l, size, result})
}

func (r *recorder) enqueue(results ...recording) {
	r.mu.Lock()
	r.waiting = append(r.waiting, results...)
	full := len(r.waiting) >= fullRecords
	r.mu.Unlock()
	signal(r.wake)
	if full {
		signal(r.full)
	}
}

func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// stop makes run end when everything is written.
func (r *recorder) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	signal(r.wake)
	signal(r.full)
}

const (
	maxRecords  = 512                  // results that share a write
	busyRecords = 8                    // a larger write makes the next one linger
	fullRecords = 128                  // and so many end that
	linger      = 5 * time.Millisecond // or so much time
	lastTries   = 4                    // failures in a row after which a stop gives up: what is not recorded is sent again after the start
)

// run writes results until stop. What fails goes to the end of the row, and the
// next batch is smaller: a result that can't be written holds up no other.
func (r *recorder) run() {
	limit, failures := maxRecords, 0
	for {
		batch, stopped := r.take(limit)
		if len(batch) == 0 {
			if stopped {
				return
			}
			<-r.wake
			continue
		}
		err := r.write(batch)
		if err == nil {
			limit, failures = min(2*limit, maxRecords), 0
			if len(batch) > busyRecords && !stopped {
				r.linger()
			}
			continue
		}
		r.log.Error("record attempts", "error", err, "attempts", len(batch))
		limit, failures = max(len(batch)/8, 1), failures+1
		if stopped && failures >= lastTries {
			return
		}
		r.enqueue(batch...)
		time.Sleep(errorPause)
	}
}

// linger waits for company. Nobody waits for a record, and many that share a write
// cost half as much; yet what is not recorded when the process dies comes twice.
func (r *recorder) linger() {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-r.full:
	case <-timer.C:
	}
}

func (r *recorder) take(limit int) (batch []recording, stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), limit)
	batch = r.waiting[:n:n]
	r.waiting = r.waiting[n:]
	if len(r.waiting) == 0 {
		r.waiting = nil // lets go of what was written
	}
	return batch, r.stopped
}

func (r *recorder) write(batch []recording) error {
	results := make([]*taskhook.AttemptResult, len(batch))
	for i := range batch {
		results[i] = batch[i].result
	}
	if err := r.queue.FinishDeliveries(context.Background(), results); err != nil {
		return err
	}
	now := r.now()
	for i := range batch {
		b := &batch[i]
		due := b.result.Delivery.DueAt
		switch {
		case b.result.Stale:
			due = now // not ours any more, or written before: look how it stands
		case b.result.Delivery.State.Final():
			due = time.Time{}
		}
		r.done(b, due)
	}
	return nil
}
