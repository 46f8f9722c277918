package upstream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
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

// watch looks at the work, at the pace of its like, until it has ended.
func (a *Adapter) watch(ctx context.Context, r provider.Request, s *scope, sink provider.Sink) (*standing, error) {
	wake := a.waiting.enter(r.RunID)
	defer a.waiting.leave(r.RunID)
	began, age := time.Now(), time.Duration(0)
	wait := delay(a.program.Poll.Every, 0, a.typical.of(r.Model))
	if r.Handle != "" { // it began before, and so did many others perhaps
		wait = rand.N(a.program.Poll.Every)
	}
	var missed error
	for misses := 0; ; {
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), missed)
		case <-wake:
		case <-time.After(wait):
		}
		last, err := a.look(ctx, s)
		age = time.Since(began)
		switch {
		case ctx.Err() != nil:
			return nil, errors.Join(ctx.Err(), missed)
		case err != nil:
			missed, misses = err, misses+1
			if final := hopeless(err, misses, age); final != nil {
				return nil, final
			}
			wait = backOff(a.program.Poll.Every, misses, err)
			continue
		case last.state.final():
			return last, nil
		}
		missed, misses, wait = nil, 0, delay(a.program.Poll.Every, age, a.typical.of(r.Model))
		if last.percent > 0 {
			sink.Progress(last.percent)
		}
	}
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

// look asks how the work stands.
func (a *Adapter) look(ctx context.Context, s *scope) (*standing, error) {
	in, err := a.rounds.look(ctx, s)
	if err != nil {
		return nil, err
	}
	last, err := a.read(ctx, in, s)
	if err != nil {
		return nil, &garbled{err}
	}
	return last, nil
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
