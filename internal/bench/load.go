package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// assignment is the task of one who makes requests.
type assignment struct {
	URL         string `json:"url"`
	Key         string `json:"key"`
	Body        string `json:"body"`
	Requests    int    `json:"requests"`
	Connections int    `json:"connections"`
}

// outcome is what came of them. Every request was answered as it should be.
type outcome struct {
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at"`
	P50        time.Duration `json:"p50"`
	P99        time.Duration `json:"p99"`
}

// worker makes one request after the other on one connection, as long as next
// gives it numbers, and calls done after each.
type worker func(ctx context.Context, next func() (number int, ok bool), done func(start time.Time)) error

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
	var taken atomic.Int64
	next := func() (int, bool) {
		n := int(taken.Add(1))
		return n, n <= a.Requests
	}
	times := make([][]time.Duration, len(workers))
	o := outcome{StartedAt: time.Now()}
	group, ctx := errgroup.WithContext(ctx)
	for i, work := range workers {
		times[i] = make([]time.Duration, 0, 2*a.Requests/len(workers))
		group.Go(func() error {
			return work(ctx, next, func(start time.Time) { times[i] = append(times[i], time.Since(start)) })
		})
	}
	if err := group.Wait(); err != nil {
		return o, err
	}
	o.FinishedAt = time.Now()
	all := slices.Sorted(slices.Values(slices.Concat(times...)))
	o.P50, o.P99 = all[len(all)/2], all[len(all)*99/100]
	return o, nil
}

// loader is the process that plays one.
type loader struct{ *part }

// startLoader starts a client that is prepared to make the requests.
func (r *run) startLoader(ctx context.Context, name, url, key string) (*loader, error) {
	p, err := r.start(ctx, name, assignment{URL: url, Key: key, Body: body(r.BodyBytes), Requests: r.Publishes, Connections: r.Connections})
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

// eventType is the type of all events that are published.
const eventType = "bench.burst"

// body returns a publish of the size in bytes, or the smallest one.
func body(size int) string {
	const frame = `{"type":"` + eventType + `","data":{"object":"order","total":4200,"note":"%s"}}`
	note := max(0, size-(len(frame)-len("%s")))
	return fmt.Sprintf(frame, strings.Repeat("n", note))
}
