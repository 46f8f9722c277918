package workflow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// Queue is what the Worker asks of storage. A settlement, a failed step and an end
// change nothing when the execution has moved on since it was read.
type Queue interface {
	DueExecutions(ctx context.Context, now time.Time, limit int) ([]taskhook.Execution, error)
	NextExecution(ctx context.Context) (time.Time, error)
	SettleExecution(ctx context.Context, id string, revision int, due time.Time) error
	FailStep(ctx context.Context, now time.Time, try taskhook.StepTry, failure taskhook.TaskError) (stopped string, err error)
	FinishExecution(ctx context.Context, now time.Time, e *taskhook.ExecutionEnd) error
}

// Tasks creates the tasks of steps. A task for a try that is not the next of its
// step is CodeConflict.
type Tasks interface {
	Create(ctx context.Context, who taskhook.Identity, n taskhook.NewTask) (_ taskhook.Task, existed bool, err error)
}

// WorkerOptions make a Worker.
type WorkerOptions struct {
	Queue    Queue
	Tasks    Tasks
	Outcomes Outcomes
	Stopped  func(taskID string) // a task was cancelled; it must not wait
	Logger   *slog.Logger
	Now      func() time.Time // the time that all nodes go by; nil: time.Now
}

// Worker moves executions on.
type Worker struct {
	WorkerOptions
	wake chan struct{}
}

// NewWorker returns a Worker that Run sets going.
func NewWorker(o WorkerOptions) *Worker {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Worker{o, make(chan struct{}, 1)}
}

const (
	lookBite  = 50                     // executions that are read at a time
	lookEvery = time.Second            // how often is looked without being told to
	pauseStep = 5 * time.Second        // before a step that found no room is tried again
	patience  = 24 * time.Hour         // how long a step waits for room
	pauseLook = 250 * time.Millisecond // before a failing database is asked again
)

// Wake says that an execution has become due.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. What it leaves undone is done by the next Run.
func (w *Worker) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-w.wake:
		}
		wait, err := w.look(ctx)
		if err != nil && ctx.Err() == nil {
			w.Logger.Warn("move workflows on", "error", err)
		}
		timer.Reset(wait)
	}
}

// look moves on all that is due and says how long it is until something is again.
func (w *Worker) look(ctx context.Context) (wait time.Duration, err error) {
	for ctx.Err() == nil {
		due, err := w.Queue.DueExecutions(ctx, w.Now(), lookBite)
		if err != nil {
			return pauseLook, err
		}
		if len(due) == 0 {
			break
		}
		if err := w.moveAll(ctx, due); err != nil {
			return pauseLook, err
		}
	}
	next, err := w.Queue.NextExecution(ctx)
	if err != nil || next.IsZero() {
		return lookEvery, err
	}
	return min(lookEvery, max(next.Sub(w.Now()), time.Millisecond)), nil
}

// moveAll moves executions on, all at a time, so that their writes share commits.
func (w *Worker) moveAll(ctx context.Context, due []taskhook.Execution) error {
	errs := make([]error, len(due))
	var group sync.WaitGroup
	for i := range due {
		group.Go(func() { errs[i] = w.moveOn(ctx, &due[i]) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// moveOn moves one execution on. One that can't be now is put off, so that it does
// not keep others waiting.
func (w *Worker) moveOn(ctx context.Context, x *taskhook.Execution) error {
	revision := x.Revision
	err := w.advance(ctx, x)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	w.Logger.Warn("move a workflow on", "execution", x.ID, "error", err)
	return w.Queue.SettleExecution(ctx, x.ID, revision, w.Now().Add(pauseStep))
}

// advance does what an execution needs next. An error is one of storage; all is
// done again then, and what was done already changes nothing.
func (w *Worker) advance(ctx context.Context, x *taskhook.Execution) error {
	now := w.Now()
	d, err := Parse(x.Source)
	if err != nil {
		return w.finish(ctx, x, nil, taskhook.ExecutionFailed, &taskhook.TaskError{Code: taskhook.TaskErrorStepRefused,
			Message: "The server can no longer read this workflow: " + err.Error()})
	}
	p := d.plan(x.Steps, now)
	switch p.end {
	case taskhook.ExecutionCompleted:
		return w.finish(ctx, x, d, p.end, nil)
	case taskhook.ExecutionFailed:
		return w.finish(ctx, x, d, p.end, d.failure(x.Steps, p.failed))
	}
	for _, i := range p.late {
		failure := taskhook.TaskError{Code: taskhook.TaskErrorStepTimeout, Message: fmt.Sprintf("The step took longer than %s.", d.Steps[i].Timeout)}
		if err := w.fail(ctx, try(x, i, x.Steps[i].Tries), failure); err != nil {
			return err
		}
	}
	for _, i := range p.start {
		wait, err := w.start(ctx, x, d, i, now)
		if err != nil {
			return err
		}
		if wait {
			p.lookBy(now.Add(pauseStep))
		}
	}
	return w.Queue.SettleExecution(ctx, x.ID, x.Revision, p.next)
}

func try(x *taskhook.Execution, i, number int) taskhook.StepTry {
	return taskhook.StepTry{ExecutionID: x.ID, StepID: x.Steps[i].ID, Number: number}
}

// start creates the task of a step's next try. Wait says that there was no room for
// it, so that it must be tried later.
func (w *Worker) start(ctx context.Context, x *taskhook.Execution, d *Definition, i int, now time.Time) (wait bool, err error) {
	step, next := &d.Steps[i], try(x, i, x.Steps[i].Tries+1)
	v, err := newValues(x, w.Outcomes.Links.Permanent)
	if err != nil {
		return false, err
	}
	input, err := v.stepInput(step)
	if err != nil {
		return false, w.fail(ctx, next, taskhook.TaskError{Code: taskhook.TaskErrorStepRefused, Message: err.Error()})
	}
	metadata, err := marshal(stepMetadata{x.ID, step.ID})
	if err != nil {
		return false, err
	}
	_, _, err = w.Tasks.Create(ctx, taskhook.Identity{AccountID: x.AccountID, KeyID: x.KeyID, Test: x.Test}, taskhook.NewTask{
		Face: taskhook.FaceWorkflow, Provider: step.Provider, Capability: step.Capability, Model: step.Model, Input: input, Metadata: metadata, Step: &next})
	switch taskhook.ErrorCode(err) {
	case "", taskhook.CodeConflict:
		return false, nil
	case taskhook.CodeInternal:
		return false, fmt.Errorf("create the task of step %s: %w", step.ID, err)
	case taskhook.CodeRateLimited, taskhook.CodeUnavailable, taskhook.CodeStorageFull:
		if now.Sub(readySince(x)) < patience {
			return true, nil
		}
	}
	return false, w.fail(ctx, next, refused(err))
}

// stepMetadata tells those who see the task of a step what it is for.
type stepMetadata struct {
	Execution string `json:"execution_id"`
	Step      string `json:"step"`
}

// readySince is no later than when the last step that waits became ready.
func readySince(x *taskhook.Execution) time.Time {
	since := x.CreatedAt
	for i := range x.Steps {
		if end := x.Steps[i].FinishedAt; end.After(since) {
			since = end
		}
	}
	return since
}

// refused says in the words for users why no task could be made.
func refused(err error) taskhook.TaskError {
	message := err.Error()
	if bad, ok := errors.AsType[*taskhook.Error](err); ok {
		message = bad.Message
	}
	return taskhook.TaskError{Code: taskhook.TaskErrorStepRefused, Message: message}
}

func (w *Worker) fail(ctx context.Context, try taskhook.StepTry, failure taskhook.TaskError) error {
	stopped, err := w.Queue.FailStep(ctx, w.Now(), try, failure)
	if err == nil && stopped != "" {
		w.Stopped(stopped)
	}
	return err
}

// finish ends an execution and publishes that. D is nil for one whose definition
// can't be read.
func (w *Worker) finish(ctx context.Context, x *taskhook.Execution, d *Definition, state taskhook.ExecutionState, failure *taskhook.TaskError) error {
	now := w.Now().Truncate(time.Millisecond) // as it is stored, and told from then on
	x.State, x.Error, x.FinishedAt = state, failure, now
	p, err := w.Outcomes.publication(x, d, now)
	if err != nil {
		return err
	}
	end := &taskhook.ExecutionEnd{Execution: *x, Publication: p}
	if err := w.Queue.FinishExecution(ctx, now, end); err != nil {
		return err
	}
	for _, task := range end.Stopped {
		w.Stopped(task)
	}
	return nil
}
