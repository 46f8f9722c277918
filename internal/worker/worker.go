package worker

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/provider"
)

// Options make a Worker.
type Options struct {
	Server  *client.Workers
	Adapter provider.Adapter // works the tasks; all at once, up to Capacity
	Ask     client.LeaseRequest
	Logger  *slog.Logger
}

// Worker fetches tasks and runs them.
type Worker struct {
	Options
	slots chan struct{} // holds one element for each task that goes on
}

// New returns a Worker that Run sets going.
func New(o Options) *Worker {
	return &Worker{Options: o, slots: make(chan struct{}, o.Ask.Capacity)}
}

// The pauses after a call that failed, while the server may be away.
const (
	minPause = 500 * time.Millisecond
	maxPause = 15 * time.Second
)

// callTime is how long a short call may take.
const callTime = 20 * time.Second

// pollTime is how long the server may wait for a task.
const pollTime = 30 * time.Second

// Run fetches tasks until ctx ends, or the server says that there will be no more, and
// then finishes those that it has. When hurry ends it stops them instead, and gives them
// back. It fails when the server does not take it for a worker.
func (w *Worker) Run(ctx, hurry context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	fetching, stop := context.WithCancel(hurry)
	defer stop()
	drain := sync.OnceFunc(func() { w.drain(context.WithoutCancel(hurry)) })
	defer context.AfterFunc(ctx, func() {
		drain()
		time.AfterFunc(callTime, stop) // the server did not answer the call for tasks
	})()
	for wait := minPause; ; {
		select {
		case w.slots <- struct{}{}: // one is free
			<-w.slots
		case <-ctx.Done():
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		got, err := w.fetch(fetching)
		switch {
		case err == nil:
			wait = minPause
		case isRefused(err):
			return err
		case fetching.Err() != nil:
			return nil
		default:
			w.Logger.Warn("ask for tasks", "error", err)
			sleep(ctx, spread(wait))
			wait = min(2*wait, maxPause)
		}
		for _, lease := range got.Leases {
			w.slots <- struct{}{}
			group.Go(func() {
				defer func() { <-w.slots }()
				w.work(hurry, lease, drain)
			})
		}
		if got.Draining {
			w.Logger.Info("draining: no more tasks are fetched", "under_way", len(w.slots))
			return nil
		}
	}
}

func (w *Worker) fetch(ctx context.Context) (client.Leased, error) {
	ask := w.Ask
	ask.Free, ask.Wait = new(cap(w.slots)-len(w.slots)), int(pollTime/time.Second)
	ctx, cancel := context.WithTimeout(ctx, pollTime+callTime)
	defer cancel()
	return w.Server.Lease(ctx, ask)
}

// drain tells the server, which then answers a call that waits for tasks.
func (w *Worker) drain(ctx context.Context) {
	w.Logger.Info("stopping: what there is is finished; a second signal gives it back", "under_way", len(w.slots))
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := w.Server.Drain(ctx, w.Ask.Worker); err != nil {
		w.Logger.Warn("tell the server to send no more tasks", "error", err)
	}
}

// isRefused reports whether a call can't succeed however often it is repeated.
func isRefused(err error) bool {
	answer, ok := errors.AsType[*client.Error](err)
	return ok && answer.Status/100 == 4 && answer.Status != http.StatusTooManyRequests && answer.Status != http.StatusRequestTimeout
}

// sleep waits, and reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// spread is about d, so that not all workers of a server that was away come at once.
func spread(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// persist repeats a call until it succeeds, is refused, or ctx ends.
func (w *Worker) persist(ctx context.Context, what string, call func(context.Context) error) error {
	for wait := minPause; ; wait = min(2*wait, maxPause) {
		err := call(ctx)
		if err == nil || isRefused(err) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.Logger.Warn(what+"; trying again", "error", err)
		if !sleep(ctx, spread(wait)) {
			return context.Cause(ctx)
		}
	}
}
