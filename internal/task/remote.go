package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// The bounds of how long a provider that refuses for now is asked again.
const (
	minRefusal = time.Second    // between two times
	maxRefusal = time.Hour      // the same, whatever it says
	patience   = 24 * time.Hour // from when the run was first taken on
)

// Asking is of provider.Sink. Whoever can't say so in the ledger does not ask, nor who
// by then is to stop, or is another node than the one that has the run.
func (x *execution) Asking(ctx context.Context) error {
	ok, err := x.note(ctx, "note that the provider is asked", x.worker.Ledger.SendingRun)
	if err != nil {
		return err
	}
	if !ok || !x.mine() {
		x.cancel(errStopped)
	}
	return context.Cause(x.ctx)
}

// Sent is of provider.Sink.
func (x *execution) Sent(ctx context.Context, handle string) error {
	w, run := x.worker, &x.claimed.Run
	w.fault("run:submitted")
	w.Vendors.note(run.Adapter, w.Now(), nil)
	run.Submission, run.Handle, run.SentAt = taskhook.SubmissionSent, handle, w.Now() // known when the run is given back, too
	switch ok, err := x.note(ctx, "store handle", w.Ledger.SentRun); {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("the run is no longer this node's, and the provider knows its work as %q", handle)
	}
	w.fault("run:sent")
	return nil
}

// note writes what is known of the run's submission into the ledger.
func (x *execution) note(ctx context.Context, what string, write func(context.Context, string, taskhook.Run) (bool, error)) (ok bool, err error) {
	x.persist(ctx, what, func(ctx context.Context) error {
		ok, err = write(ctx, x.node, x.claimed.Run)
		return err
	})
	return ok, err
}

// mine reports whether this process is the node that the run was claimed for, and may
// begin something.
func (x *execution) mine() bool {
	lease := x.worker.Lease()
	return lease.Node == x.node && lease.Allows(time.Now())
}

func isRepeatable(a provider.Adapter) bool {
	r, ok := a.(provider.Remote)
	return ok && r.Repeatable()
}

func isUnclear(err error) bool {
	_, ok := errors.AsType[*provider.Unclear](err)
	return ok
}

// unclear ends a run of which is not known whether it was paid for, unless asking
// again does no harm.
func (x *execution) unclear(ctx context.Context, now time.Time, err error) {
	if x.repeatable && x.claimed.Claims < maxInterruptions {
		x.claimed.Run.Submission = taskhook.SubmissionUnknown                 // what it says later of having taken nothing on proves nothing
		x.giveBack(ctx, now.Add(pause(min(x.claimed.Claims, 3))), false, err) // claims count the ends of processes too
		return
	}
	x.warn("it is not known whether the provider took the run on", err)
	x.claimed.Run.Submission = taskhook.SubmissionUnknown
	x.finish(ctx, &taskhook.TaskError{Code: taskhook.TaskErrorSubmissionUnknown,
		Message: "It is not known whether the provider took the task on, so it was not asked again. Look there: attach its id to this task, or retry the task."})
}

// impatient reports whether providers have refused the run for too long. How long it
// waited before one was asked does not count.
func (x *execution) impatient(now time.Time) bool {
	return now.Sub(x.claimed.Task.StartedAt) > patience
}

// refused returns the refusal that the run ended by, with how long to wait, or nil
// when it did not, or has for too long.
func (x *execution) refused(err error) *provider.Refused {
	r, ok := errors.AsType[*provider.Refused](err)
	if !ok || x.impatient(x.worker.Now()) {
		return nil
	}
	return &provider.Refused{After: min(max(r.After, minRefusal), maxRefusal), Err: err}
}
