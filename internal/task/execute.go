package task

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// errStopped is why a run ends before its adapter has finished, besides
// provider.ErrCancelled and provider.ErrTimeout.
var errStopped = errors.New("the server is stopping")

// The bounds of how often a run is taken on.
const (
	maxTries         = 3  // of a run whose adapter fails in a way that may pass
	maxInterruptions = 25 // of a run that the end of a process cuts short
)

// execute works the run to an end: finished, or given back. It returns when nothing is
// to be done but to wait for somebody else.
func (x *execution) execute() {
	if x.claimed.Task.State.Final() {
		x.callOff()
		return
	}
	if rest := x.resting(x.worker.Now()); rest != nil {
		x.settle(rest)
		return
	}
	x.settle(x.work())
}

// settle concludes a run, or lets it be until its work elsewhere has ended.
func (x *execution) settle(err error) {
	if p, ok := errors.AsType[*provider.Parked](err); ok {
		p.Wait(func() { x.settle(x.resume(p)) })
		return
	}
	x.conclude(x.stopped, err)
	x.leave()
}

// callOff has a provider stop work of a task that was cancelled while no node waited
// for it.
func (x *execution) callOff() {
	x.cancel(provider.ErrCancelled)
	k, r := &x.claimed.Task, &x.claimed.Run
	err := guarded(func() error {
		return x.adapter.Run(x.ctx, provider.Request{TaskID: k.ID, RunID: r.ID, Attempt: r.Number, Provider: k.Provider, Capability: k.Capability,
			Model: k.Model, Medium: k.Medium, Handle: r.Handle}, x)
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		x.warn("call off the work of a cancelled task", err)
	}
	x.finish(x.stopped, nil) // changes the run only, for the task has ended
	x.leave()
}

// leave ends the execution.
func (x *execution) leave() {
	if x.over != nil {
		x.over.Stop()
	}
	x.cancel(nil)
	x.worker.leave(x)
	x.left()
}

// work runs the adapter within the model's time.
func (x *execution) work() error {
	k := &x.claimed.Task
	if err := x.mayBegin(); err != nil { // first: what is unclear must not be given back as if nothing had been asked for
		return err
	}
	if cause := context.Cause(x.ctx); errors.Is(cause, provider.ErrCancelled) {
		return provider.ErrCancelled
	}
	if x.ctx.Err() != nil || !x.mine() {
		return errStopped // another may have it by the time that this was begun
	}
	model, err := x.worker.Catalogue.Lookup(k.Provider, k.Capability, k.Model)
	switch {
	case err == nil:
	case x.claimed.Run.Handle != "": // what was asked for is waited for
		model = &catalogue.Model{Name: k.Model, Timeout: patience}
	default:
		return provider.Permanent(taskhook.TaskErrorNoProvider, "The server no longer knows this model: "+err.Error())
	}
	x.limit(x.remains(model))
	x.time = model.Timeout
	return x.judged(x.call(model.At(x.adapter.Name())))
}

// resume goes on with a run whose work elsewhere has ended.
func (x *execution) resume(p *provider.Parked) error {
	return x.judged(guarded(p.Resume))
}

// judged says what the end of a call means, as to whether the run was to end anyway.
func (x *execution) judged(err error) error {
	if _, parked := errors.AsType[*provider.Parked](err); parked {
		return err
	}
	cause := context.Cause(x.ctx)
	if cause == nil {
		x.judge(err)
	}
	switch {
	case errors.Is(cause, provider.ErrCancelled):
		return provider.ErrCancelled
	case isUnclear(err): // though the server stops: it must not be asked again as if it had not been
		return err
	case err == nil && len(x.results) == 0:
		return provider.Permanent(taskhook.TaskErrorProvider, "The provider finished without a result.")
	case err == nil || provider.IsPermanent(err):
		return err
	case errors.Is(cause, provider.ErrTimeout):
		return timedOut(x.time, err)
	case cause != nil:
		return errStopped
	}
	return err
}

// mayBegin looks at what an earlier try left behind. Work that was asked for may be
// waited for as often as need be.
func (x *execution) mayBegin() error {
	switch {
	case x.claimed.Run.Handle != "":
		return nil
	case x.doubtful && !x.repeatable:
		return &provider.Unclear{Err: errors.New("the server's process ended while it asked")}
	case x.claimed.Claims > maxInterruptions:
		return provider.Permanent(taskhook.TaskErrorInterrupted,
			fmt.Sprintf("The task was cut short %d times by the end of the server's process; retry it when the server is stable.", x.claimed.Claims-1))
	}
	return nil
}

// remains is how much of the model's time is left. That of work that was asked
// for went on while this process did not; it is looked at once more in any case.
func (x *execution) remains(model *catalogue.Model) time.Duration {
	if x.claimed.Run.Handle == "" {
		return model.Timeout
	}
	since := x.claimed.Run.SentAt
	if since.IsZero() {
		since = x.claimed.Task.StartedAt
	}
	return max(lastLook, model.Timeout-x.worker.Now().Sub(since))
}

// lastLook is the time for a look at work whose own time is over.
const lastLook = time.Minute

// timedOut is the failure of a run that took longer than its model may.
func timedOut(most time.Duration, err error) error {
	return &provider.Failure{Code: taskhook.TaskErrorTimeout, Err: err,
		Message: fmt.Sprintf("The provider took longer than the %s that the model may take.", most)}
}

// call runs the adapter, which knows the model by that name.
func (x *execution) call(model string) error {
	k, r := &x.claimed.Task, &x.claimed.Run
	input := k.Input
	if !k.Sandbox {
		input = provider.WithoutSteering(input)
	}
	input, err := x.worker.Inputs.Resolve(x.ctx, k.AccountID, input)
	if err != nil {
		return unresolved(err)
	}
	return guarded(func() error {
		return x.adapter.Run(x.ctx, provider.Request{TaskID: k.ID, RunID: r.ID, Attempt: r.Number, Provider: k.Provider, Capability: k.Capability,
			Model: model, Medium: k.Medium, Input: input, Handle: r.Handle, Park: true}, x)
	})
}

// guarded lets an adapter that panics have failed; the process goes on.
func guarded(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &provider.Failure{Code: taskhook.TaskErrorProvider, Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack()),
				Message: "The provider's adapter broke down; the server's log tells more."}
		}
	}()
	return run()
}

// unresolved is the failure of a run whose input names a file that is gone. Other
// errors may pass.
func unresolved(err error) error {
	if bad, ok := errors.AsType[*taskhook.Error](err); ok && bad.Code == taskhook.CodeInvalid {
		return provider.Permanent(taskhook.TaskErrorProvider, bad.Message)
	}
	return fmt.Errorf("find the files of the input: %w", err)
}

// conclude decides what the end of the work means.
func (x *execution) conclude(ctx context.Context, err error) {
	x.ending.Store(true)
	now := x.worker.Now()
	refused := x.refused(err)
	in, uncounted, passed := x.elsewhere(now, err)
	switch {
	case err == nil:
		x.finish(ctx, nil)
	case errors.Is(err, provider.ErrCancelled):
		x.discard(ctx)
	case errors.Is(err, errStopped):
		x.giveBack(ctx, now, true, nil)
	case isUnclear(err):
		x.unclear(ctx, now, err)
	case passed:
		x.giveBack(ctx, now.Add(in), uncounted, nil)
		x.worker.Created(x.claimed.Run.Adapter)
	case refused != nil:
		x.giveBack(ctx, now.Add(refused.After), true, err)
	case waitsForStorage(err):
		x.giveBack(ctx, now.Add(roomPause), true, err)
	case !provider.IsPermanent(err) && x.claimed.Claims < maxTries:
		x.giveBack(ctx, now.Add(pause(x.claimed.Claims)), false, err)
	default:
		x.warn("run failed", err)
		x.finish(ctx, provider.TaskError(err))
	}
}

// waitsForStorage reports whether a run failed for want of room on the disk, or of
// the storage of files: that the work is lost is not its fault.
func waitsForStorage(err error) bool {
	code := taskhook.ErrorCode(err)
	return code == taskhook.CodeStorageFull || code == taskhook.CodeUnavailable
}

// roomPause is how long a run waits for room on the disk.
const roomPause = 5 * time.Second

// pause is how long a run that failed waits before its next try.
func pause(tries int) time.Duration { return time.Second << (2 * min(tries, 5)) }
