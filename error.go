package taskhook

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code says what kind of thing went wrong. Each face maps every code to its own
// status and body; see Codes.
type Code string

// All codes that a service may answer with.
const (
	CodeMalformed        Code = "malformed"          // the request as a whole can't be read
	CodeMissing          Code = "missing"            // a required field is absent
	CodeInvalid          Code = "invalid"            // a field has a value that can't be used
	CodeUnauthenticated  Code = "unauthenticated"    // no key was given
	CodeBadKey           Code = "bad_key"            // the key is malformed or unknown
	CodeKeyExpired       Code = "key_expired"        // the key is past its expiry
	CodeKeyRevoked       Code = "key_revoked"        // the key was revoked
	CodeKeyPermission    Code = "key_permission"     // the key lacks a permission
	CodeForbidden        Code = "forbidden"          // the request comes from where it may not
	CodeNotFound         Code = "not_found"          // no such thing in this account
	CodeTaskNotFound     Code = "task_not_found"     // no such task in this account
	CodeModelNotFound    Code = "model_not_found"    // the catalogue has no such model
	CodeProviderNotFound Code = "provider_not_found" // the catalogue has no such provider or capability
	CodeMethod           Code = "method_not_allowed" // the path exists, the method does not
	CodeCursorExpired    Code = "cursor_expired"     // what follows the cursor is no longer kept
	CodeConflict         Code = "conflict"           // the thing is in a state that forbids this
	CodeTooLarge         Code = "too_large"          // the request is over a limit
	CodeFileTooLarge     Code = "file_too_large"     // a file to be uploaded is over a limit
	CodeNoBalance        Code = "no_balance"         // the account can't pay for the task
	CodeSpendLimit       Code = "spend_limit"        // the task would cost more than the key may still spend
	CodeRateLimited      Code = "rate_limited"       // too many requests or too much waiting work
	CodeStorageFull      Code = "storage_full"       // the disk is full; nothing was accepted
	CodeUnavailable      Code = "unavailable"        // stopping or overloaded; nothing was accepted
	CodeInternal         Code = "internal"           // a fault of ours
)

// Codes lists every code, for the tests that walk all of them through a face.
func Codes() []Code {
	return []Code{CodeMalformed, CodeMissing, CodeInvalid, CodeUnauthenticated, CodeBadKey, CodeKeyExpired,
		CodeKeyRevoked, CodeKeyPermission, CodeForbidden, CodeNotFound, CodeTaskNotFound, CodeModelNotFound, CodeProviderNotFound,
		CodeMethod, CodeCursorExpired, CodeConflict, CodeTooLarge, CodeFileTooLarge, CodeNoBalance, CodeSpendLimit, CodeRateLimited, CodeStorageFull, CodeUnavailable, CodeInternal}
}

// Error is a failure that a user may read. Message is a sentence for the user
// that says what to do; Err is the cause, for the log only.
type Error struct {
	Code    Code
	Field   string // the field at fault, where one is ("input.prompt"), else empty
	Message string
	Err     error
	Limit   int // the most unfinished tasks that an account may have, where that was met; else 0

	Oldest     Cursor        // from which on the feed is kept, of CodeCursorExpired; else 0
	RetryAfter time.Duration // when to try again, where that is known; else 0
}

// Error returns the message with its cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ForOperator reports whether its cause is to be logged, for the operator has to do
// something about it: the disk is full, or what this server needs does not answer.
func (e *Error) ForOperator() bool {
	return e.Code == CodeStorageFull || e.Code == CodeUnavailable && e.Err != nil
}

// Errorf returns an Error with the code and a message for the user.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf returns an Error about one field of the request.
func FieldErrorf(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Below says of an error about a field that the field is part of what path names,
// such as one of a list: "inputs[3]". Other errors are of that as a whole.
func Below(path string, err error) error {
	bad, ok := errors.AsType[*Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", path, err)
	}
	below := *bad
	below.Field = strings.TrimSuffix(path+"."+bad.Field, ".")
	below.Message = path + ": " + bad.Message
	return &below
}

// ErrorCode returns the code of err: that of the first Error in its chain, else
// CodeInternal, and "" for nil.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
