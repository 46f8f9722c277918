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
	// caughtUp is called when results are written again after they were behind.
	caughtUp func()

	mu      sync.Mutex
	waiting []recording
	writing int           // results that are being written
	window  int           // how many there may be of both before no more is sent
	late    time.Time     // since when none was written that wait; zero: none wait
	stopped time.Time     // when it was to stop; zero: it was not
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
	return &recorder{queue: queue, log: log, now: now, done: done, caughtUp: func() {}, window: leastWindow, wake: make(chan struct{}, 1), full: make(chan struct{}, 1)}
}

// add takes results in.
func (r *recorder) add(l *lane, size int, result *taskhook.AttemptResult) {
	r.enqueue(recording{l, size, result})
}

func (r *recorder) enqueue(results ...recording) {
	r.mu.Lock()
	r.waiting = append(r.waiting, results...)
	full := len(r.waiting) >= fullRecords
	if r.late.IsZero() {
		r.late = time.Now()
	}
	r.mu.Unlock()
	signal(r.wake)
	if full {
		signal(r.full)
	}
}

// again puts back what could not be written.
func (r *recorder) again(batch []recording) {
	r.mu.Lock()
	r.writing, r.window = 0, leastWindow
	r.mu.Unlock()
	r.enqueue(batch...)
}

func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// behind reports whether results that are in no database pile up, for it does not
// answer or this process was cut off from it. Then no more is to be sent: all of it
// would come twice if the process died now, or others have taken its work over. A
// few that are late are no such sign: a result may be one that can't be written. How
// many there may be at all begins small and grows with each write, so that a server
// which dies again and again before it has recorded anything repeats little.
func (r *recorder) behind(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isBehind(now)
}

func (r *recorder) isBehind(now time.Time) bool {
	n := len(r.waiting) + r.writing
	return n >= r.window || n >= behindRecords && now.Sub(r.late) > behindAfter
}

// wrote notes that results were written.
func (r *recorder) wrote() {
	now := time.Now()
	r.mu.Lock()
	behind := r.isBehind(now)
	r.writing, r.late = 0, time.Time{}
	r.window = min(2*r.window, mostWindow)
	if len(r.waiting) > 0 {
		r.late = now
	}
	r.mu.Unlock()
	if behind {
		r.caughtUp()
	}
}

// stop makes run end when everything is written, or nothing could be for a while.
func (r *recorder) stop() {
	r.mu.Lock()
	r.stopped = time.Now()
	r.mu.Unlock()
	signal(r.wake)
	signal(r.full)
}

const (
	maxRecords    = 512                  // results that share a write
	busyRecords   = 8                    // a larger write makes the next one linger
	fullRecords   = 128                  // and so many end that
	linger        = 5 * time.Millisecond // or so much time
	leastWindow   = 64                   // results that are not recorded stop further sends, as long as no write has succeeded
	mostWindow    = 2 * maxRecords       // and so many later: one write, and another that gathers
	behindRecords = 16                   // so many that wait
	behindAfter   = time.Second / 2      // for so long stop further sends
	lastPatience  = 5 * time.Second      // without any success, and a stop gives up: what is not recorded is sent again after the start
)

// run writes results until stop. What fails goes to the end of the row, and the
// next batch is smaller: a result that can't be written holds up no other.
func (r *recorder) run() {
	limit := maxRecords
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
			r.wrote()
			limit = min(2*limit, maxRecords)
			if len(batch) > busyRecords && !stopped {
				r.linger()
			}
			continue
		}
		r.log.Error("record attempts", "error", err, "attempts", len(batch))
		limit = max(len(batch)/8, 1)
		r.again(batch)
		if lost := r.hopeless(); lost > 0 {
			r.log.Error("stop without the record of attempts, which are made again", "attempts", lost)
			return
		}
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
	r.writing = n
	batch = r.waiting[:n:n]
	r.waiting = r.waiting[n:]
	if len(r.waiting) == 0 {
		r.waiting = nil // lets go of what was written
	}
	return batch, !r.stopped.IsZero()
}

// hopeless returns how many results a stop leaves behind, when it has waited long
// enough for a write to succeed.
func (r *recorder) hopeless() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped.IsZero() || min(time.Since(r.stopped), time.Since(r.late)) <= lastPatience {
		return 0
	}
	return len(r.waiting)
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
