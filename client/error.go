package client

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer that reports a failure.
type Error struct {
	Code    string        `json:"code,omitempty"` // "TASK_NOT_FOUND"; empty when something else than the API answered
	Message string        `json:"message"`
	Details *ErrorDetails `json:"details,omitempty"`

	Status     int           `json:"-"` // of HTTP
	RequestID  string        `json:"-"` // to quote to the operator
	RetryAfter time.Duration `json:"-"` // how long the server asks to wait; zero when it does not say
}

// ErrorDetails says which field of a request is at fault.
type ErrorDetails struct {
	Field  string `json:"field"` // "input.prompt"
	Reason string `json:"reason"`

	OldestCursor string `json:"oldestCursor,omitempty"` // of an expired cursor: where the feed begins now
}

// Error returns the status, the code and the message in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message)
}

// newError completes what the answer reported, if it did, with what its frame says.
func newError(res *http.Response, reported *Error, body []byte) *Error {
	e := reported
	if e == nil {
		e = &Error{Message: "the answer is not one of this API: " + excerpt(body)}
	}
	e.Status = res.StatusCode
	e.RequestID = res.Header.Get("X-Request-Id")
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

// excerpt returns the beginning of a body for an error message.
func excerpt(body []byte) string {
	const limit = 200
	if len(body) > limit {
		body = body[:limit]
	}
	return strconv.Quote(strings.ToValidUTF8(string(body), "\uFFFD"))
}
