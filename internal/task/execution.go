package task

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/provider"
)

// execution is a run that goes on here. It is the provider.Sink of its adapter.
type execution struct {
	worker  *Worker
	adapter provider.Adapter
	claimed taskhook.ClaimedRun
	node    string          // that it was claimed for
	stopped context.Context // ends when the server stops
	ctx     context.Context // of the run, with its time once that is known
	time    time.Duration   // that its model may take
	cancel  context.CancelCauseFunc
	over    *time.Timer // at the end of that time; may be nil
	left    func()      // called at its end
	results []taskhook.Artifact

	repeatable bool // asking a remote provider again does no harm
	doubtful   bool // it was asked before, and is not known whether it has heard
	percent    atomic.Int32
	stored     int         // the percent that was stored; only reportProgress uses it
	way        Way         // only tellProgress uses it
	ending     atomic.Bool // its outcome is being stored
}

// newExecution returns a run as it begins. What a remote provider may have heard of
// stays so, whatever becomes of asking again.
func newExecution(ctx context.Context, w *Worker, a provider.Adapter, node string, c taskhook.ClaimedRun, left func()) *execution {
	x := &execution{worker: w, adapter: a, claimed: c, node: node, stopped: ctx, left: left, repeatable: isRepeatable(a)}
	x.way = Way{Node: node, RunID: c.Run.ID, Task: &x.claimed.Task, Sequence: c.Task.Told}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	_, remote := a.(provider.Remote)
	before := c.Run.Submission
	if remote && c.Run.Handle == "" && (before == taskhook.SubmissionSending || before == taskhook.SubmissionUnknown) {
		x.doubtful, x.claimed.Run.Submission = true, taskhook.SubmissionUnknown
	}
	return x
}

// timed is a context that says when it ends, which is up to who made it: a third of what
// context.WithTimeout takes, of which there may be one for each of many runs.
type timed struct {
	context.Context
	end time.Time
}

// Deadline is of context.Context.
func (t timed) Deadline() (time.Time, bool) { return t.end, true }

// limit has the run end when its time is over.
func (x *execution) limit(d time.Duration) {
	x.ctx = timed{x.ctx, time.Now().Add(d)}
	x.over = time.AfterFunc(d, func() { x.cancel(provider.ErrTimeout) })
}

// Progress is of provider.Sink. What falls is dropped, and 100 is kept for the
// end.
func (x *execution) Progress(percent int) {
	next := int32(min(percent, 99))
	for {
		last := x.percent.Load()
		if next <= last || x.percent.CompareAndSwap(last, next) {
			return
		}
	}
}

// Output is of provider.Sink.
func (x *execution) Output(ctx context.Context, o provider.Output, r io.Reader) error {
	now := x.worker.Now()
	id := taskhook.NewID(taskhook.PrefixArtifact, now)
	file, content, err := x.worker.Files.Take(ctx, id, o.Name, r, x.worker.Inline)
	if err != nil {
		return err
	}
	taskID, index := x.claimed.Task.ID, len(x.results)
	x.results = append(x.results, taskhook.Artifact{ID: id, TaskID: taskID, Index: index,
		Name: artifact.Name(taskID, index, file.Format), Format: file.Format, MediaType: file.MediaType,
		Size: file.Size, SHA256: file.SHA256, Duration: file.Duration, Safety: o.Safety, CreatedAt: now,
		Inline: content != nil, Content: content})
	x.worker.fault("artifact:stored")
	return nil
}

// finish makes the outcome durable, however long the database takes; a stop in
// between leaves the run to be done again.
func (x *execution) finish(ctx context.Context, failure *taskhook.TaskError) {
	w := x.worker
	w.fault("run:done")
	now := w.Now()
	k := x.claimed.Task
	k.Progress, k.FinishedAt = int(x.percent.Load()), now
	if k.State = taskhook.TaskSucceeded; failure != nil {
		k.State, k.Error = taskhook.TaskFailed, failure
		x.discard(ctx)
	}
	k.Results = x.results
	end := &taskhook.RunEnd{Node: x.node, Run: x.claimed.Run, Task: k, Publication: w.Outcomes.Publication(k, now)}
	failures := x.persist(ctx, "store outcome", func(ctx context.Context) error { return w.Runs.FinishRun(ctx, now, end) })
	w.Endings.Announce(&k)
	if end.Next != "" {
		w.Created(end.Next)
	}
	if end.Stale && failures == 0 {
		x.discard(ctx) // after a failure it may be stale because that one was stored after all
	}
}

// giveBack lets the run be taken on again from due on.
func (x *execution) giveBack(ctx context.Context, due time.Time, uncounted bool, cause error) {
	if cause != nil {
		x.warn("run is tried again", cause)
	}
	x.discard(ctx)
	x.persist(ctx, "give back run", func(ctx context.Context) error {
		return x.worker.Runs.ReleaseRun(ctx, x.node, x.claimed.Run, due, uncounted)
	})
}

// persist repeats a write until it is done and says how often it failed. It is
// tried once although ctx has ended; what a stop leaves undone comes free when
// the node leaves.
func (x *execution) persist(ctx context.Context, what string, write func(context.Context) error) (failures int) {
	for wait := errorPause; ; wait = min(2*wait, maxErrorPause) {
		err := write(context.WithoutCancel(ctx))
		if err == nil {
			return failures
		}
		failures++
		x.warn(what, err)
		if !sleep(ctx, wait) {
			return failures
		}
	}
}

// discard removes the files of an outcome that does not count, also when ctx has
// ended.
func (x *execution) discard(ctx context.Context) {
	for _, a := range x.results {
		if a.Inline {
			continue
		}
		if err := x.worker.Files.Remove(context.WithoutCancel(ctx), a.ID); err != nil {
			x.warn("remove result", err)
		}
	}
	x.results = nil
}

func (x *execution) warn(what string, err error) {
	x.worker.Logger.Warn(what, "task", x.claimed.Task.ID, "run", x.claimed.Run.ID, "adapter", x.claimed.Run.Adapter, "error", err)
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
