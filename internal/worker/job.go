package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/provider"
)

// Why a task is stopped before it is done.
var (
	errGivenBack = errors.New("the worker is stopping")
	errNotOurs   = errors.New("the server says that the task is no longer this worker's")
)

// job is a task that goes on. It is the provider.Sink of its adapter.
type job struct {
	*Worker
	lease   client.Lease
	log     *slog.Logger
	drain   func() // ends the call for tasks that may wait at the server; again, it does nothing
	cancel  context.CancelCauseFunc
	percent atomic.Int32
	outputs []client.Output
}

// work works one task to an end: done, failed, given back, or no longer ours. Signs of
// life go on until the server knows how it ended.
func (w *Worker) work(hurry context.Context, lease client.Lease, drain func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(hurry))
	defer cancel(nil)
	defer context.AfterFunc(hurry, func() { cancel(errGivenBack) })()
	j := &job{Worker: w, lease: lease, drain: drain, cancel: cancel,
		log: w.Logger.With("task", lease.Task, "model", lease.Provider+"/"+lease.Model, "attempt", lease.Attempt)}
	var beats sync.WaitGroup
	defer beats.Wait()
	beating, stop := context.WithCancel(ctx)
	defer stop()
	beats.Go(func() { j.beat(beating) })
	j.log.Info("task begins")
	j.conclude(ctx, j.run(ctx))
}

func (j *job) run(ctx context.Context) error {
	l := &j.lease
	return j.Adapter.Run(ctx, provider.Request{TaskID: l.Task, RunID: taskhook.NewID(taskhook.PrefixRun, time.Now()), Attempt: l.Attempt,
		Provider: l.Provider, Capability: l.Capability, Model: l.Model, Medium: taskhook.Medium(l.Type), Input: l.Input}, j)
}

// conclude tells the server how the task ended.
func (j *job) conclude(ctx context.Context, err error) {
	id := j.lease.ID
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errNotOurs):
		j.log.Info("task stopped", "reason", cause)
		return
	case errors.Is(cause, errGivenBack):
		j.log.Info("task given back")
		j.drain() // or that call, which we have hung up, would be given the task
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		err = j.persist(short, "give the task back", func(ctx context.Context) error { return j.Server.Release(ctx, id) })
	case err == nil:
		err = j.persist(ctx, "complete the task", func(ctx context.Context) error { return j.Server.Complete(ctx, id, j.outputs) })
		switch {
		case err == nil:
			j.log.Info("task done", "outputs", len(j.outputs))
		case isRefused(err): // of a result that was damaged on its way, say
			j.log.Warn("the server refuses the results", "error", err)
			err = j.fail(ctx, client.Failed{Message: "The results did not arrive as they were made."})
		}
	default:
		failed := client.Failed{Message: provider.TaskError(err).Message, Permanent: provider.IsPermanent(err)}
		j.log.Warn("task failed", "error", err, "permanent", failed.Permanent)
		err = j.fail(ctx, failed)
	}
	if err != nil {
		j.log.Warn("the server did not take how the task ended", "error", err)
	}
}

func (j *job) fail(ctx context.Context, f client.Failed) error {
	return j.persist(ctx, "tell of the failure", func(ctx context.Context) error { return j.Server.Fail(ctx, j.lease.ID, f) })
}

// beat gives signs of life, and stops a task that is no longer wanted. That the server
// is away stops nothing: it may be back before the lease is over, or give it more time.
func (j *job) beat(ctx context.Context) {
	every := interval(j.lease.Heartbeat)
	last, told := time.Now(), int32(0)
	for sleep(ctx, min(every, lively)) {
		percent := j.percent.Load()
		if percent == told && time.Since(last) < every-lively {
			continue
		}
		short, cancel := context.WithTimeout(ctx, callTime)
		answer, err := j.Server.Heartbeat(short, j.lease.ID, int(percent))
		cancel()
		switch {
		case err == nil:
			last, told = time.Now(), percent
			j.heard(answer)
			if answer.Heartbeat > 0 {
				every = interval(answer.Heartbeat)
			}
		case ctx.Err() == nil:
			j.log.Warn("sign of life", "error", err)
		}
	}
}

// interval is between two signs of life that are to come so often, in seconds.
func interval(seconds float64) time.Duration {
	return max(time.Duration(seconds*float64(time.Second)), minPause)
}

// lively is how often progress is told.
const lively = 2 * time.Second

func (j *job) heard(answer client.Heartbeat) {
	if answer.Status != client.LeaseContinue {
		j.cancel(fmt.Errorf("%w: %s", errNotOurs, answer.Status))
	}
}

// Progress is of provider.Sink.
func (j *job) Progress(percent int) { j.percent.Store(int32(percent)) }

var errRemote = errors.New("a worker does not run remote adapters")

// Asking is of provider.Sink; only a Remote calls it.
func (j *job) Asking(context.Context) error { return errRemote }

// Sent is of provider.Sink; the same.
func (j *job) Sent(context.Context, string) error { return errRemote }
