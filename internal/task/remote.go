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
	patience   = 24 * time.Hour // from the task's creation on
)

// Sent is of provider.Sink.
func (x *execution) Sent(ctx context.Context, handle string) error {
	w := x.worker
	w.fault("run:submitted")
	w.Vendors.note(x.claimed.Run.Adapter, w.Now(), nil)
	x.claimed.Run.Submission, x.claimed.Run.Handle = taskhook.SubmissionSent, handle // known when the run is given back, too
	ok, err := false, error(nil)
	x.persist(ctx, "store handle", func(ctx context.Context) error {
		ok, err = w.Ledger.SentRun(ctx, x.node, x.claimed.Run.ID, handle)
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("the run is no longer this node's, and the provider knows its work as %q", handle)
	}
	w.fault("run:sent")
	return nil
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

// refused returns the refusal that the run ended by, with how long to wait, or nil
// when it did not, or has for too long.
func (x *execution) refused(err error) *provider.Refused {
	r, ok := errors.AsType[*provider.Refused](err)
	if !ok || x.worker.Now().Sub(x.claimed.Task.CreatedAt) > patience {
		return nil
	}
	return &provider.Refused{After: min(max(r.After, minRefusal), maxRefusal), Err: err}
}
