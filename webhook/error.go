package webhook

import "errors"

// The reasons for which a webhook is refused, to be told apart by errors.Is.
var (
	// ErrMissingHeader means that a header of the signature is absent or empty.
	ErrMissingHeader = errors.New("webhook: a header is missing")
	// ErrBadTimestamp means that the timestamp is not a number of seconds.
	ErrBadTimestamp = errors.New("webhook: the timestamp is not Unix seconds in decimal")
	// ErrTooOld means that the timestamp is more than Tolerance in the past: a
	// message sent again by someone else, or a clock that is wrong.
	ErrTooOld = errors.New("webhook: the timestamp is too old")
	// ErrTooNew means that the timestamp is more than Tolerance in the future.
	ErrTooNew = errors.New("webhook: the timestamp is too far in the future")
	// ErrNoMatch means that no signature fits the body and a known key.
	ErrNoMatch = errors.New("webhook: no signature matches")
	// ErrBodyTooLarge means that the request has more than MaxBody bytes.
	ErrBodyTooLarge = errors.New("webhook: the body is too large")
)
