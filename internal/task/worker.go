package task

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// RunStore is what the Worker asks of storage. See store.Store for what each
// promises.
type RunStore interface {
	ClaimRuns(ctx context.Context, now time.Time, node, adapter, lastAccount string, limit int) (_ []taskhook.ClaimedRun, last string, err error)
	NextRun(ctx context.Context, adapter string) (time.Time, error)
	WaitingAdapters(ctx context.Context) ([]string, error)
	ReleaseRun(ctx context.Context, node string, r taskhook.Run, due time.Time, uncounted bool) error
	FinishRun(ctx context.Context, now time.Time, e *taskhook.RunEnd) error
}

// SubmissionStore is the ledger of what providers are asked for, before and after they
// are; ok is false when the run is no longer the node's, or they must not be.
type SubmissionStore interface {
	SendingRun(ctx context.Context, node string, r taskhook.Run) (ok bool, err error)
	SentRun(ctx context.Context, node string, r taskhook.Run) (ok bool, err error)
}

// ProgressStore keeps how far runs are, and tells those who ask.
type ProgressStore interface {
	Progress(ctx context.Context, node string, percent map[string]int) error
	OwnedRuns(ctx context.Context, node, after, upTo string) ([]string, error)
	Reports
}

// Files keeps result files. What Take returns without content is durable.
type Files interface {
	Take(ctx context.Context, id, name string, r io.Reader, small int64) (_ artifact.File, content []byte, err error)
	Remove(ctx context.Context, id string) error
}

// WorkerOptions make a Worker.
type WorkerOptions struct {
	Lease     func() taskhook.Lease // as which node it works, and whether it may begin something
	Shared    bool                  // other nodes make runs, too
	Runs      RunStore
	Ledger    SubmissionStore
	Progress  ProgressStore
	Files     Files
	Inline    int64 // bytes of the largest result that is stored with its task, not as a file
	Inputs    Inputs
	Adapters  *provider.Registry
	Catalogue *catalogue.Catalogue
	Outcomes  Outcomes
	Endings   *Endings // shared with the Service
	Vendors   *Vendors // the same
	Logger    *slog.Logger
	Now       func() time.Time   // the time that all nodes go by; nil: time.Now
	Fault     func(point string) // called between steps, for tests; may be nil
}

// Worker runs tasks, each adapter's apart from the others'.
type Worker struct {
	WorkerOptions
	teller  Teller
	renewed chan struct{} // there are queues that do not run yet

	mu        sync.Mutex
	queues    map[string]*queue     // by adapter
	idle      []*queue              // that do not run yet
	slots     map[string]*slots     // by account
	running   map[string]*execution // by task id
	accounts  map[string]int        // how many of them each has
	claiming  int                   // claims that go on
	cancelled map[string]bool       // tasks that were cancelled meanwhile
}

// NewWorker returns a Worker that Run sets going.
func NewWorker(o WorkerOptions) *Worker {
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Worker{WorkerOptions: o, renewed: make(chan struct{}, 1), queues: map[string]*queue{}, slots: map[string]*slots{},
		running: map[string]*execution{}, accounts: map[string]int{}, cancelled: map[string]bool{}}
	w.teller = Teller{Reports: o.Progress, Outcomes: &w.Outcomes}
	w.Renew()
	w.Vendors.room = w.room
	return w
}

// defaultSlots is how many runs of an adapter without a limit go on at a time.
const defaultSlots = 64

// Renew takes in that there are other adapters. Runs that go on do so by the one that
// they were begun with.
func (w *Worker) Renew() {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := slices.Collect(maps.Values(w.queues))
	limits := map[string]int{}
	for _, name := range w.Adapters.Names() {
		account, most := w.Adapters.Concurrency(name)
		most = cmp.Or(most, defaultSlots)
		if limit, ok := limits[account]; ok { // one of an adapter that is no longer written, perhaps
			most = min(most, limit)
		}
		limits[account] = most
		w.enlist(name, account, most)
	}
	for account, most := range limits {
		w.slots[account].set(most)
	}
	for _, q := range known {
		q.signal() // there may be more room, or an adapter that was missed
	}
	w.renew()
}

// renew has Run look for queues that do not run yet.
func (w *Worker) renew() {
	select {
	case w.renewed <- struct{}{}:
	default:
	}
}

// enlist has the queue of an adapter take on as many runs as the account has slots for.
// It is called with the lock held.
func (w *Worker) enlist(adapter, account string, most int) {
	s := w.slots[account]
	if s == nil {
		s = &slots{most: most}
		w.slots[account] = s
	}
	q := w.queues[adapter]
	switch {
	case q == nil:
		q = &queue{worker: w, name: adapter, wake: make(chan struct{}, 1)}
		w.queues[adapter] = q
		w.idle = append(w.idle, q)
	case q.slots == s:
		return
	default:
		q.slots.part(q)
	}
	q.slots = s
	s.join(q)
}

// slotsOf returns those that the runs of a queue take now.
func (w *Worker) slotsOf(q *queue) *slots {
	w.mu.Lock()
	defer w.mu.Unlock()
	return q.slots
}

// queue returns that of an adapter, or nil.
func (w *Worker) queue(adapter string) *queue {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queues[adapter]
}

// Created wakes the queue of an adapter.
func (w *Worker) Created(adapter string) {
	if q := w.queue(adapter); q != nil {
		q.signal()
	}
}

// Look looks for runs that are due and that this process was not told of.
func (w *Worker) Look(ctx context.Context) {
	for _, name := range w.Adapters.Names() {
		q := w.queue(name)
		if q == nil || w.slotsOf(q).free() <= 0 {
			continue
		}
		due, err := w.Runs.NextRun(ctx, name)
		if err == nil && !due.IsZero() && !due.After(w.Now()) {
			q.signal()
		}
	}
}

// room reports whether an adapter could take on one more run here.
func (w *Worker) room(adapter string) bool {
	q := w.queue(adapter)
	return q != nil && w.slotsOf(q).free() > 0
}

// Run works until ctx ends, then stops the runs that go on and gives them back.
func (w *Worker) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { w.reportProgress(ctx) })
	group.Go(func() { w.tellProgress(ctx) })
	group.Go(func() { w.watchAbsent(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.renewed:
		}
		for _, q := range w.fresh() {
			group.Go(func() { q.run(ctx) })
		}
	}
}

// fresh returns the queues that do not run yet.
func (w *Worker) fresh() []*queue {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.idle
	w.idle = nil
	return list
}

// fault marks a point between two steps, where tests crash the process.
func (w *Worker) fault(point string) {
	if w.Fault != nil {
		w.Fault(point)
	}
}
