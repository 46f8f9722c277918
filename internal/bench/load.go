package bench

import (
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// call is a request that is prepared before anything is measured.
type call struct {
	Path string `json:"path"`
	Body string `json:"body"`
}

// assignment is the task of one who makes requests.
type assignment struct {
	Servers     []string `json:"servers"` // URLs; connections are shared out among them
	Header      string   `json:"header"`  // further headers, each ending in CR LF
	Calls       []call   `json:"calls"`   // taken in turn
	Status      int      `json:"status"`  // that every answer must have
	Requests    int      `json:"requests"`
	Connections int      `json:"connections"`
	// Rate is how many requests a second are planned; each takes as long as from then
	// to its answer, so that one who is kept waiting counts all of the wait. 0: each
	// connection makes its next one when the last is answered.
	Rate float64 `json:"rate"`
	Warm int     `json:"warm"` // requests before those whose times count
}

// outcome is what came of them. Every request was answered as it should be.
type outcome struct {
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	quantiles
}

// quantiles are the times within which half, 99 and 99.9 of a hundred were.
type quantiles struct {
	P50  time.Duration `json:"p50"`
	P99  time.Duration `json:"p99"`
	P999 time.Duration `json:"p999"`
}

func quantilesOf(times []time.Duration) (q quantiles) {
	if len(times) == 0 {
		return q
	}
	slices.Sort(times)
	return quantiles{times[len(times)/2], times[len(times)*99/100], times[len(times)*999/1000]}
}

// worker makes one request after the other on one connection, as long as next
// gives it numbers with the times at which they are to be made, and calls done with
// that after each.
type worker func(ctx context.Context, next turns, done func(planned time.Time)) error

type turns func() (number int, planned time.Time, ok bool)

// opener prepares a worker for each connection.
type opener func(ctx context.Context, a *assignment) ([]worker, error)

// load plays a client: it says when it is prepared, waits for the word, makes the
// requests and tells what came of them.
func load(ctx context.Context, in *json.Decoder, out *json.Encoder, open opener) error {
	var a assignment
	if err := in.Decode(&a); err != nil {
		return err
	}
	workers, err := open(ctx, &a)
	if err != nil {
		return err
	}
	var word string
	if err := out.Encode("prepared"); err != nil {
		return err
	}
	if err := in.Decode(&word); err != nil {
		return err
	}
	result, err := work(ctx, &a, workers)
	if err != nil {
		return err
	}
	return out.Encode(result)
}

func work(ctx context.Context, a *assignment, workers []worker) (outcome, error) {
	times := make([][]time.Duration, len(workers))
	o := outcome{StartedAt: time.Now()}
	group, ctx := errgroup.WithContext(ctx)
	next := a.turns(ctx, o.StartedAt)
	for i, work := range workers {
		times[i] = make([]time.Duration, 0, 2*a.Requests/len(workers))
		group.Go(func() error {
			return work(ctx, next, func(planned time.Time) { times[i] = append(times[i], time.Since(planned)) })
		})
	}
	if err := group.Wait(); err != nil {
		return o, err
	}
	o.FinishedAt = time.Now()
	o.quantiles = quantilesOf(slices.Concat(times...))
	return o, nil
}

// turns hands out the requests, each when its time has come.
func (a *assignment) turns(ctx context.Context, start time.Time) turns {
	var taken atomic.Int64
	return func() (int, time.Time, bool) {
		n := int(taken.Add(1))
		if n > a.Requests || ctx.Err() != nil {
			return 0, time.Time{}, false
		}
		if a.Rate == 0 {
			return n, time.Now(), true
		}
		planned := start.Add(time.Duration(float64(n) / a.Rate * float64(time.Second)))
		if wait := time.Until(planned); wait > 0 {
			pause(ctx, wait)
		}
		return n, planned, true
	}
}

// loader is the process that plays one.
type loader struct{ *part }

// startLoader starts a client that is prepared to make the requests.
func (r *run) startLoader(ctx context.Context, name string, a assignment) (*loader, error) {
	a.Connections = r.Connections
	p, err := r.start(ctx, name, a)
	if err != nil {
		return nil, err
	}
	var word string
	return &loader{p}, p.hear(&word)
}

// run makes the requests and returns the outcome and the CPU time that they cost.
func (l *loader) run() (o outcome, cpu time.Duration, err error) {
	if err := l.tell("go"); err != nil {
		return o, 0, err
	}
	if err := l.hear(&o); err != nil {
		return o, 0, err
	}
	cpu, err = l.stop()
	return o, cpu, err
}
