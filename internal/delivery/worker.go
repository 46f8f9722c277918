package delivery

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/webhook"
)

// LaneStore is what the Worker asks of lanes. See store.Store for what each
// promises.
type LaneStore interface {
	ClaimLanes(ctx context.Context, now time.Time, node string, limit int) ([]taskhook.OwnedLane, time.Time, error)
	LaneEndpoints(ctx context.Context, lanes []string) ([]taskhook.Endpoint, error)
	SettleLane(ctx context.Context, node, lane string, epoch int64, release bool) (next time.Time, ok bool, err error)
	RaiseEpoch(ctx context.Context, now time.Time, node, lane string, rest taskhook.Rest) (epoch int64, ok bool, err error)
	SweepLanes(ctx context.Context, now time.Time) (int64, error)
}

// QueueStore is what the Worker asks of deliveries.
type QueueStore interface {
	DuePages(ctx context.Context, now time.Time, node string, pages []taskhook.LanePage) ([]taskhook.LaneDue, error)
	FinishDeliveries(ctx context.Context, results []*taskhook.AttemptResult) error
}

// Sender makes one HTTP attempt within the context's time.
type Sender interface {
	Send(ctx context.Context, r *egress.Request) egress.Result
}

// WorkerOptions make a Worker.
type WorkerOptions struct {
	Lease   func() taskhook.Lease // as which node it works, and whether it may begin something
	Lanes   LaneStore
	Queue   QueueStore
	Sender  Sender
	Jobs    *webhook.JobSigner
	Logger  *slog.Logger
	Shared  bool          // other nodes are there to take lanes that a stop gives up
	Slots   int           // sends at a time
	Timeout time.Duration // of one attempt
	Grace   time.Duration // that sends in flight are given at a stop
	Breaker Breaker
	// SweepEvery is how often the net below the lanes is drawn; 0: every 30 s.
	SweepEvery time.Duration
	Now        func() time.Time // the time that all nodes go by; nil: time.Now
	Gone       func()           // called when a receiver has answered 410 and that is recorded; may be nil
	Sent       func()           // called between an answer and its record, for tests; may be nil
}

// Worker sends what is owed. Its Inbox must be handed to store.Join before Run.
type Worker struct {
	WorkerOptions
	memory   *memory
	recorder *recorder
	sends    context.Context // of all sends
	abandon  func()          // ends them when the grace is over
}

// NewWorker returns a Worker that Run sets going.
func NewWorker(o WorkerOptions) *Worker {
	o.SweepEvery = cmp.Or(o.SweepEvery, 30*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Worker{WorkerOptions: o, memory: newMemory(o.Slots, totalBytes)}
	w.sends, w.abandon = context.WithCancel(context.Background())
	w.recorder = newRecorder(o.Queue, o.Logger, o.Now, w.recorded)
	w.memory.start, w.memory.now, w.memory.sends = w.send, o.Now, w.sends
	w.memory.behind, w.recorder.caughtUp = w.recorder.behind, w.memory.resume
	w.memory.breaker, w.memory.heedGone = o.Breaker.withDefaults(), o.Gone != nil
	return w
}

// Forget lets go of all lanes, because they are other nodes' now.
func (w *Worker) Forget() { w.memory.forgetAll() }

// Inbox takes in what commits make durable.
func (w *Worker) Inbox() taskhook.Inbox { return w.memory }

// The bounds of what the Worker asks of the database.
const (
	laneClaim = 256 // free lanes taken at a time

	missedPause = 30 * time.Second // before a lane is asked again for what is due and was not had

	errorPause   = 250 * time.Millisecond // before a failing database is asked again
	maxDoublings = 6                      // of that, for a lane that fails again and again
)

// Run owns lanes and sends until ctx ends. Then it starts nothing more, gives the
// sends in flight their grace, and records what they brought.
func (w *Worker) Run(ctx context.Context) error {
	defer w.abandon()
	recorded := make(chan struct{})
	go func() {
		w.recorder.run()
		close(recorded)
	}()
	w.loop(ctx)
	w.drain()
	w.recorder.stop()
	<-recorded
	return nil
}

// drain waits for the sends in flight, at most for the grace. Lanes without any are
// given up meanwhile, if there is somebody to go on with them.
func (w *Worker) drain() {
	m := w.memory
	m.mu.Lock()
	m.stopping = true
	m.mu.Unlock()
	timer := time.AfterFunc(w.Grace, w.abandon)
	defer timer.Stop()
	for {
		m.mu.Lock()
		active := m.turns.total
		m.mu.Unlock()
		if active == 0 {
			return
		}
		if w.Shared {
			together(m.part(), func(l *lane) { w.settle(context.Background(), l, true) })
		}
		<-m.wake
	}
}

// loop gives the lanes what they need whenever something is due.
func (w *Worker) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var look time.Time // for free lanes
	sweep := w.Now().Add(w.SweepEvery)
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.memory.wake:
		}
		now := w.Now()
		if !now.Before(sweep) {
			w.sweep(ctx, now)
			sweep = now.Add(w.SweepEvery)
		}
		if w.memory.takeFree() || !look.IsZero() && !now.Before(look) {
			look = w.claimLanes(ctx, now)
		}
		needs, next := w.memory.due(now)
		w.serve(ctx, now, needs)
		if len(needs) > 0 {
			next = now // they may need more at once
		}
		timer.Reset(earliest(sweep, look, next).Sub(w.Now()))
	}
}

// earliest returns the first of the times that is set.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// sweep is the net below the protocol: it should never catch anything.
func (w *Worker) sweep(ctx context.Context, now time.Time) {
	woken, err := w.Lanes.SweepLanes(ctx, now)
	switch {
	case err != nil:
		w.complain(ctx, "sweep lanes", err)
	case woken > 0:
		w.Logger.Warn("lanes had due deliveries without a wake-up", "lanes", woken)
		w.memory.Wake("", false)
	}
}

// claimLanes takes over free lanes that are due, and returns when to look again.
func (w *Worker) claimLanes(ctx context.Context, now time.Time) (next time.Time) {
	lease := w.Lease()
	if !lease.Allows(time.Now()) {
		return now.Add(errorPause)
	}
	owned, next, err := w.Lanes.ClaimLanes(ctx, now, lease.Node, laneClaim)
	if err != nil {
		w.complain(ctx, "claim lanes", err)
		return now.Add(errorPause)
	}
	m := w.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range owned {
		m.adopt(newLane(o, lease.Node, now))
	}
	return next
}

// complain logs what went wrong, unless it is that we are stopping.
func (w *Worker) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		w.Logger.Error(what, "error", err)
	}
}
