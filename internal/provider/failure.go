package provider

import (
	"context"
	"errors"

	"github.com/taskhook/taskhook"
)

// Failure is an end of a run that another try would not mend.
type Failure struct {
	Code    string // one of the taskhook.TaskError codes
	Message string // a sentence for the user
	Err     error  // the cause, for the log only; may be nil
	Untaken bool   // the provider refused the work and charges nothing; another may do it
}

// Permanent returns a Failure with a message for the user.
func Permanent(code, message string) *Failure {
	return &Failure{Code: code, Message: message}
}

// Error returns the message with its cause, for logs.
func (f *Failure) Error() string {
	if f.Err != nil {
		return f.Message + ": " + f.Err.Error()
	}
	return f.Message
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// IsPermanent reports whether another try of the run could not end otherwise.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*Failure](err)
	return ok
}

// TaskError says in the user's words why a run failed. Of errors that were not
// written for users it tells nothing: they are for the log.
func TaskError(err error) *taskhook.TaskError {
	if f, ok := errors.AsType[*Failure](err); ok {
		return &taskhook.TaskError{Code: f.Code, Message: f.Message}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &taskhook.TaskError{Code: taskhook.TaskErrorTimeout, Message: "The provider took longer than it may."}
	}
	return &taskhook.TaskError{Code: taskhook.TaskErrorProvider, Message: "The provider could not finish the task. Try again later."}
}
