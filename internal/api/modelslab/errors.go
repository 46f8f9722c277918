package modelslab

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// wireError is how the API says a code.
type wireError struct {
	status     int
	message    string // in place of the service's; empty: that
	retryAfter int    // seconds to ask for; 0: not said
}

// wireErrorOf is the one table of errors. Statuses and sentences are those of (ML)
// where it has one. Its clients know no other statuses, so what is too large or in
// the wrong state is 400 too.
func wireErrorOf(code taskhook.Code) wireError {
	switch code {
	case taskhook.CodeMalformed, taskhook.CodeMissing, taskhook.CodeInvalid, taskhook.CodeModelNotFound, taskhook.CodeConflict, taskhook.CodeCursorExpired,
		taskhook.CodeTooLarge, taskhook.CodeFileTooLarge:
		return wireError{status: http.StatusBadRequest}
	case taskhook.CodeUnauthenticated:
		return wireError{status: http.StatusUnauthorized, message: `API key is required: send it as "key" in the body`}
	case taskhook.CodeBadKey, taskhook.CodeKeyRevoked, taskhook.CodeKeyExpired:
		return wireError{status: http.StatusUnauthorized, message: "Invalid API key"}
	case taskhook.CodeNoBalance, taskhook.CodeSpendLimit:
		return wireError{status: http.StatusPaymentRequired}
	case taskhook.CodeKeyPermission, taskhook.CodeForbidden:
		return wireError{status: http.StatusForbidden}
	case taskhook.CodeNotFound, taskhook.CodeTaskNotFound, taskhook.CodeProviderNotFound:
		return wireError{status: http.StatusNotFound}
	case taskhook.CodeMethod:
		return wireError{status: http.StatusMethodNotAllowed}
	case taskhook.CodeRateLimited:
		return wireError{status: http.StatusTooManyRequests, retryAfter: 1}
	case taskhook.CodeStorageFull:
		return wireError{status: http.StatusServiceUnavailable, retryAfter: 60}
	case taskhook.CodeUnavailable:
		return wireError{status: http.StatusServiceUnavailable, retryAfter: 5}
	}
	return wireError{status: http.StatusInternalServerError}
}

// queueRetry is what clients are told to wait when their queue is full (ML).
const queueRetry = 30

// inTheirWords says of an error about a submission what (ML) says of it.
func inTheirWords(err error, n taskhook.NewTask) error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok {
		return err
	}
	said := *bad
	switch {
	case bad.Code == taskhook.CodeModelNotFound:
		said.Message = fmt.Sprintf("Model not found: %.128s", n.Model)
	case bad.Field == "webhookUrl":
		said.Message = "webhook" + strings.TrimPrefix(bad.Message, bad.Field)
		if !strings.HasPrefix(strings.ToLower(n.WebhookURL), "https://") {
			said.Message = "webhook must be an https URL"
		}
	default:
		return err
	}
	return &said
}

// writeError answers with err, and logs it if it is a fault of ours.
func (f *Face) writeError(w http.ResponseWriter, r *http.Request, old bool, err error) {
	bad := f.answers.Readable(w, r, err)
	wire := wireErrorOf(bad.Code)
	if wire.message == "" {
		wire.message = httpserver.Shorten(bad.Message)
	}
	if bad.Limit > 0 && bad.Code == taskhook.CodeRateLimited {
		wire.message = fmt.Sprintf("Rate limit exceeded. Maximum %d queued requests allowed.", bad.Limit)
		wire.retryAfter = queueRetry
	}
	if bad.RetryAfter > 0 {
		wire.retryAfter = int((bad.RetryAfter + time.Second - 1) / time.Second)
	}
	if _, ok := errors.AsType[unfitError](err); ok {
		wire.status = http.StatusUnprocessableEntity
	}
	o := newObject().text("status", statusError).text("message", wire.message)
	if old {
		o.text("messege", wire.message)
	}
	if wire.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wire.retryAfter))
		o.number("retry_after", float64(wire.retryAfter))
	}
	f.write(w, r, wire.status, o.end())
}

// fault answers in place of a handler that panicked, which is logged already.
func (f *Face) fault(w http.ResponseWriter, r *http.Request) {
	f.write(w, r, http.StatusInternalServerError, newObject().text("status", statusError).text("message", httpserver.InternalFault(w).Message).end())
}
