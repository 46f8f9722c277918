package upstream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// The bounds of polling.
const (
	maxDelay   = 30 * time.Second // between two looks that went well
	maxBackOff = 5 * time.Minute  // after looks that went wrong, unless the API asks for more
	strangeFor = 2 * time.Minute  // how long an API may not know what it has just taken on
	maxGarbled = 5                // answers in a row that can't be read
)

// errStrange is a look at work that the API does not know.
var errStrange = errors.New("the provider does not know the work")

// garbled is an answer that the definition does not fit.
type garbled struct{ err error }

func (g *garbled) Error() string { return "read the provider's answer: " + g.err.Error() }
func (g *garbled) Unwrap() error { return g.err }

// watch waits for the end of work, and looks at it at the pace of its like. Between
// looks there is a timer, and no goroutine.
type watch struct {
	adapter *Adapter
	ctx     context.Context // of the run
	scope   *scope
	sink    provider.Sink
	model   string
	began   time.Time
	timer   *time.Timer
	forget  func() bool // of the end of ctx
	ended   func()

	mu      sync.Mutex
	looking bool
	woken   bool // while it was looking
	over    bool
	misses  int
	missed  error // of the last look, if it went wrong

	// How it has ended; set before ended is called.
	last *standing
	err  error
}

func (a *Adapter) newWatch(ctx context.Context, r provider.Request, s *scope, sink provider.Sink) *watch {
	return &watch{adapter: a, ctx: ctx, scope: s, sink: sink, model: r.Model, began: time.Now()}
}

// start begins to wait.
func (w *watch) start(ended func()) {
	a := w.adapter
	wait := delay(a.program.Poll.Every, 0, a.memory.typical(a.name, w.model))
	if w.scope.resumed { // it began before, and so did many others perhaps
		wait = rand.N(a.program.Poll.Every)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = ended
	a.memory.enter(w.scope.run, w)
	w.timer = time.AfterFunc(a.together(wait), w.due)
	w.forget = context.AfterFunc(w.ctx, w.giveUp)
}

// together has looks of which many are made by one call fall due at the same times.
func (a *Adapter) together(wait time.Duration) time.Duration {
	if a.program.Poll.Batch == 1 {
		return wait
	}
	grid := max(a.program.Poll.Every/8, time.Millisecond)
	due := time.Now().Add(wait)
	return wait + (grid-due.Sub(due.Truncate(grid)))%grid
}

// due has the work looked at.
func (w *watch) due() {
	w.mu.Lock()
	if w.over || w.looking {
		w.mu.Unlock()
		return
	}
	w.looking = true
	w.mu.Unlock()
	w.adapter.rounds.add(w)
}

// wake has it looked at now.
func (w *watch) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over:
	case w.looking:
		w.woken = true
	default:
		w.timer.Reset(0)
	}
}

// giveUp ends the waiting with its context.
func (w *watch) giveUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish(nil, errors.Join(w.ctx.Err(), w.missed))
}

// finish is called with the lock held. It may be called again, for a look and the end
// of the context may meet.
func (w *watch) finish(last *standing, err error) {
	if w.over {
		return
	}
	w.over, w.last, w.err = true, last, err
	w.timer.Stop()
	w.forget()
	w.adapter.memory.leave(w.scope.run, w)
	time.AfterFunc(0, w.ended)
}

// told takes in what a look has told.
func (w *watch) told(in any, err error) {
	last := &standing{}
	if err == nil {
		if last, err = w.adapter.read(w.ctx, in, w.scope); err != nil {
			err = &garbled{err}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	age, every := time.Since(w.began), w.adapter.program.Poll.Every
	w.looking = false
	switch {
	case w.over || w.ctx.Err() != nil: // giveUp comes, or came
		return
	case err != nil:
		w.missed, w.misses = err, w.misses+1
		if final := hopeless(err, w.misses, age); final != nil {
			w.finish(nil, final)
			return
		}
		w.again(backOff(every, w.misses, err))
	case last.state.final():
		w.finish(last, nil)
	default:
		w.missed, w.misses = nil, 0
		if last.percent > 0 {
			w.sink.Progress(last.percent)
		}
		w.again(w.adapter.together(delay(every, age, w.adapter.memory.typical(w.adapter.name, w.model))))
	}
}

// again has the next look made, at once if that was asked for meanwhile.
func (w *watch) again(wait time.Duration) {
	if w.woken {
		wait, w.woken = 0, false
	}
	w.timer.Reset(wait)
}

// hopeless returns the failure of work that further looks will tell nothing of, or
// nil.
func hopeless(err error, misses int, age time.Duration) error {
	_, unread := errors.AsType[*garbled](err)
	switch {
	case errors.Is(err, errStrange) && age > strangeFor:
		return &provider.Failure{Code: taskhook.TaskErrorProvider, Message: "The provider does not know the work any more.", Err: err}
	case unread && misses >= maxGarbled:
		return &provider.Failure{Code: taskhook.TaskErrorProvider, Err: err,
			Message: "The provider's answers can't be understood; the server's log tells more."}
	}
	return nil
}

// delay is how long to wait before work of an age is looked at again: not before
// most of the time is over that its like takes, often around that, and ever more
// rarely later.
func delay(every, age, typical time.Duration) time.Duration {
	switch likely := typical * 7 / 10; {
	case age < likely:
		return max(every, min(likely-age, maxDelay))
	case age < 2*typical:
		return max(every, min(typical/20, maxDelay))
	}
	return max(every, min(age/10, maxDelay))
}

// backOff is how long to wait after looks that went wrong.
func backOff(every time.Duration, misses int, err error) time.Duration {
	wait := min(every<<min(misses, 10), maxBackOff)
	if busy, ok := errors.AsType[*provider.Refused](err); ok {
		return max(busy.After, wait)
	}
	return wait
}

// seen says what the answer to a poll is worth.
func (a *Adapter) seen(got *answer) error {
	switch {
	case got.status == http.StatusNotFound, got.status == http.StatusGone:
		return errStrange
	case slices.Contains(a.program.Busy, got.status):
		return &provider.Refused{After: got.retryAfter(time.Now()), Err: fmt.Errorf("the provider is busy: %s", a.excerpt(got))}
	case got.status/100 != 2:
		return fmt.Errorf("the provider answered with %s", a.excerpt(got))
	case got.json == nil:
		return fmt.Errorf("the answer is not JSON: %s", a.excerpt(got))
	}
	return nil
}

func (a *Adapter) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
