package provider

import (
	"context"
	"errors"
	"time"
)

// Refused is the error of a provider that takes nothing on now, for a reason that
// passes: it is busy, or its limit is reached.
type Refused struct {
	After time.Duration // what it asked to wait; 0: nothing
	Err   error
}

// Error is for the log.
func (r *Refused) Error() string { return r.Err.Error() }

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.Err }

// Unreached is the error of a provider that was certainly not asked: there was no
// connection to it, or nothing that could be sent.
type Unreached struct{ Err error }

// Error is for the log.
func (u *Unreached) Error() string { return u.Err.Error() }

// Unwrap returns the cause.
func (u *Unreached) Unwrap() error { return u.Err }

// Untaken reports whether err is of a provider that has certainly not taken the
// work on, so that another may be asked.
func Untaken(err error) bool {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Untaken
	}
	_, busy := errors.AsType[*Refused](err)
	_, unreached := errors.AsType[*Unreached](err)
	return busy || unreached
}

// Unclear is the error of a call that asked for work, and of which is not known
// whether it was heard: it broke off, or was answered with nothing of use.
type Unclear struct{ Err error }

// Error is for the log.
func (u *Unclear) Error() string {
	return "it is not known whether the provider took the work on: " + u.Err.Error()
}

// Unwrap returns the cause.
func (u *Unclear) Unwrap() error { return u.Err }

// The causes for which a context of a run ends together with its task: nobody
// wants the work any more.
var (
	ErrCancelled = errors.New("the task was cancelled")
	ErrTimeout   = errors.New("the model's time is over")
)

// Abandoned reports whether the run's context ended because its task did, not
// because the server stops.
func Abandoned(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, ErrCancelled) || errors.Is(cause, ErrTimeout)
}
