package task

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/provider"
)

// errCancelled is the cause that ends a run whose task was cancelled.
var errCancelled = errors.New("the task was cancelled")

// execution is a run that goes on here. It is the provider.Sink of its adapter.
type execution struct {
	worker  *Worker
	claimed taskhook.ClaimedRun
	cancel  context.CancelCauseFunc
	results []taskhook.Artifact
	percent atomic.Int32
	stored  int32       // the percent that was stored, guarded by the Worker's mutex
	ending  atomic.Bool // its outcome is being stored
}

// The bounds of how often a run is taken on.
const (
	maxTries         = 3  // of a run whose adapter fails in a way that may pass
	maxInterruptions = 25 // of a run that the end of a process cuts short
)

// execute works one claimed run to an end: finished, or given back.
func (w *Worker) execute(ctx context.Context, adapter provider.Adapter, c taskhook.ClaimedRun) {
	runCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	x := &execution{worker: w, claimed: c, cancel: cancel}
	w.mu.Lock()
	w.running[c.Task.ID] = x
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.running, c.Task.ID)
	}()
	ok, err := w.Runs.StartRun(runCtx, time.Now(), w.Node, c.Run)
	if err != nil {
		x.giveBack(ctx, time.Now().Add(errorPause), true, err)
		return
	}
	if !ok {
		return // cancelled before it began
	}
	x.conclude(ctx, x.work(runCtx, adapter))
}

// work runs the adapter within the model's time.
func (x *execution) work(ctx context.Context, adapter provider.Adapter) error {
	k := &x.claimed.Task
	if x.claimed.Claims > maxInterruptions {
		return provider.Permanent(taskhook.TaskErrorInterrupted,
			fmt.Sprintf("The task was cut short %d times by the end of the server's process; retry it when the server is stable.", x.claimed.Claims-1))
	}
	model, err := x.worker.Catalogue.Lookup(k.Provider, k.Capability, k.Model)
	if err != nil {
		return provider.Permanent(taskhook.TaskErrorNoProvider, "The server no longer knows this model: "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, model.Timeout)
	defer cancel()
	err = adapter.Run(ctx, provider.Request{TaskID: k.ID, RunID: x.claimed.Run.ID, Attempt: x.claimed.Run.Number,
		Provider: k.Provider, Capability: k.Capability, Model: k.Model, Medium: k.Medium, Input: k.Input}, x)
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errCancelled):
		return errCancelled
	case err != nil:
		return err
	case len(x.results) == 0:
		return provider.Permanent(taskhook.TaskErrorProvider, "The provider finished without a result.")
	}
	return nil
}

// conclude decides what the end of the work means.
func (x *execution) conclude(ctx context.Context, err error) {
	x.ending.Store(true)
	permanent := provider.IsPermanent(err) || errors.Is(err, context.DeadlineExceeded)
	switch {
	case err == nil:
		x.finish(ctx, nil)
	case errors.Is(err, errCancelled):
		x.discard()
	case ctx.Err() != nil && !permanent:
		x.giveBack(ctx, time.Now(), true, nil)
	case taskhook.ErrorCode(err) == taskhook.CodeStorageFull:
		x.giveBack(ctx, time.Now().Add(roomPause), true, err)
	case !permanent && x.claimed.Claims < maxTries:
		x.giveBack(ctx, time.Now().Add(pause(x.claimed.Claims)), false, err)
	default:
		x.log("run failed", err)
		x.finish(ctx, provider.TaskError(err))
	}
}

// roomPause is how long a run waits for room on the disk.
const roomPause = 5 * time.Second

// pause is how long a run that failed waits before its next try.
func pause(tries int) time.Duration { return time.Second << (2 * min(tries, 5)) }

// finish makes the outcome durable, however long the database takes; a stop in
// between leaves the run to be done again.
func (x *execution) finish(ctx context.Context, failure *taskhook.TaskError) {
	w := x.worker
	w.fault("run:done")
	now := time.Now()
	k := x.claimed.Task
	k.Progress, k.FinishedAt = int(x.percent.Load()), now
	if k.State = taskhook.TaskSucceeded; failure != nil {
		k.State, k.Error = taskhook.TaskFailed, failure
		x.discard()
	}
	k.Results = x.results
	end := &taskhook.RunEnd{Node: w.Node, Run: x.claimed.Run, Task: k, Publication: w.Outcomes.publication(k, now)}
	for {
		err := w.Runs.FinishRun(context.WithoutCancel(ctx), now, end)
		if err == nil {
			break
		}
		x.log("store outcome", err)
		if !sleep(ctx, errorPause) {
			return
		}
	}
	if end.Stale {
		x.discard()
	}
}

// giveBack lets the run be taken on again from due on.
func (x *execution) giveBack(ctx context.Context, due time.Time, uncounted bool, cause error) {
	if cause != nil {
		x.log("run is tried again", cause)
	}
	x.discard()
	err := x.worker.Runs.ReleaseRun(context.WithoutCancel(ctx), x.worker.Node, x.claimed.Run, due, uncounted)
	if err != nil {
		x.log("give back run", err)
	}
}

// discard removes the files of an outcome that does not count.
func (x *execution) discard() {
	for _, a := range x.results {
		if err := x.worker.Files.Remove(a.ID); err != nil {
			x.log("remove result", err)
		}
	}
	x.results = nil
}

func (x *execution) log(what string, err error) {
	x.worker.Logger.Warn(what, "task", x.claimed.Task.ID, "run", x.claimed.Run.ID, "adapter", x.claimed.Run.Adapter, "error", err)
}

// Progress is of provider.Sink.
func (x *execution) Progress(percent int) { x.percent.Store(int32(max(0, min(percent, 99)))) }

// moved returns the progress when it grew since it was last stored, else 0.
func (x *execution) moved() int {
	p := x.percent.Load()
	if p <= x.stored {
		return 0
	}
	x.stored = p
	return int(p)
}

// Output is of provider.Sink.
func (x *execution) Output(ctx context.Context, name string, r io.Reader) error {
	now := time.Now()
	id := taskhook.NewID(taskhook.PrefixArtifact, now)
	file, err := x.worker.Files.Put(ctx, id, name, r)
	if err != nil {
		return err
	}
	taskID, index := x.claimed.Task.ID, len(x.results)
	x.results = append(x.results, taskhook.Artifact{ID: id, TaskID: taskID, Index: index,
		Name: artifact.Name(taskID, index, file.Format), Format: file.Format, MediaType: file.MediaType,
		Size: file.Size, SHA256: file.SHA256, Duration: file.Duration, CreatedAt: now})
	x.worker.fault("artifact:stored")
	return nil
}

// sleep waits and reports false when ctx ended first.
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
