package modelhunter

import (
	"net/http"
	"strconv"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// wireError is how the API says a code.
type wireError struct {
	status     int
	code       string
	retryAfter int // seconds to ask for; 0: not said
}

// wireErrorOf is the one table of errors. The codes are those of ModelHunter.AI's
// documents where these have one, and in their style else.
func wireErrorOf(code taskhook.Code) wireError {
	switch code {
	case taskhook.CodeMalformed:
		return wireError{status: http.StatusBadRequest, code: "VALIDATION_ERROR"}
	case taskhook.CodeMissing:
		return wireError{status: http.StatusBadRequest, code: "MISSING_PARAMETER"}
	case taskhook.CodeInvalid:
		return wireError{status: http.StatusBadRequest, code: "INVALID_PARAMETER"}
	case taskhook.CodeUnauthenticated:
		return wireError{status: http.StatusUnauthorized, code: "AUTH_REQUIRED"}
	case taskhook.CodeBadKey:
		return wireError{status: http.StatusUnauthorized, code: "AUTH_INVALID_TOKEN"}
	case taskhook.CodeKeyExpired:
		return wireError{status: http.StatusUnauthorized, code: "AUTH_TOKEN_EXPIRED"}
	case taskhook.CodeKeyRevoked:
		return wireError{status: http.StatusForbidden, code: "KEY_REVOKED"}
	case taskhook.CodeKeyPermission:
		return wireError{status: http.StatusForbidden, code: "KEY_PERMISSION_DENIED"}
	case taskhook.CodeForbidden:
		return wireError{status: http.StatusForbidden, code: "FORBIDDEN"}
	case taskhook.CodeNotFound:
		return wireError{status: http.StatusNotFound, code: "NOT_FOUND"}
	case taskhook.CodeTaskNotFound:
		return wireError{status: http.StatusNotFound, code: "TASK_NOT_FOUND"}
	case taskhook.CodeModelNotFound:
		return wireError{status: http.StatusNotFound, code: "MODEL_NOT_FOUND"}
	case taskhook.CodeProviderNotFound:
		return wireError{status: http.StatusNotFound, code: "PROVIDER_NOT_FOUND"}
	case taskhook.CodeMethod:
		return wireError{status: http.StatusMethodNotAllowed, code: "METHOD_NOT_ALLOWED"}
	case taskhook.CodeCursorExpired:
		return wireError{status: http.StatusGone, code: "CURSOR_EXPIRED"}
	case taskhook.CodeConflict:
		return wireError{status: http.StatusConflict, code: "CONFLICT"}
	case taskhook.CodeTooLarge:
		return wireError{status: http.StatusRequestEntityTooLarge, code: "PAYLOAD_TOO_LARGE"}
	case taskhook.CodeFileTooLarge:
		return wireError{status: http.StatusUnprocessableEntity, code: "FILE_TOO_LARGE"}
	case taskhook.CodeNoBalance:
		return wireError{status: http.StatusPaymentRequired, code: "INSUFFICIENT_BALANCE"}
	case taskhook.CodeSpendLimit:
		return wireError{status: http.StatusPaymentRequired, code: "SPEND_LIMIT_EXCEEDED"}
	case taskhook.CodeRateLimited:
		return wireError{status: http.StatusTooManyRequests, code: "RATE_LIMIT_EXCEEDED", retryAfter: 1}
	case taskhook.CodeStorageFull:
		return wireError{status: http.StatusServiceUnavailable, code: "STORAGE_FULL", retryAfter: 60}
	case taskhook.CodeUnavailable:
		return wireError{status: http.StatusServiceUnavailable, code: "SERVICE_UNAVAILABLE", retryAfter: 5}
	}
	return wireError{status: http.StatusInternalServerError, code: "INTERNAL_ERROR"}
}

// writeError answers with err, and logs it if it is a fault of ours.
func (f *Face) writeError(w http.ResponseWriter, r *http.Request, err error) {
	f.writeReadable(w, r, f.answers.Readable(w, r, err))
}

func (f *Face) writeReadable(w http.ResponseWriter, r *http.Request, bad *taskhook.Error) {
	wire := wireErrorOf(bad.Code)
	if wire.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wire.retryAfter))
	}
	if wire.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	out := client.Error{Code: wire.code, Message: httpserver.Shorten(bad.Message)}
	if bad.Field != "" {
		out.Details = &client.ErrorDetails{Field: httpserver.Shorten(bad.Field), Reason: out.Message}
	}
	if bad.Code == taskhook.CodeCursorExpired && out.Details != nil {
		out.Details.OldestCursor = renderCursor(bad.Oldest)
	}
	f.write(w, r, wire.status, envelope{Error: &out})
}

// fault answers in place of a handler that panicked, which is logged already.
func (f *Face) fault(w http.ResponseWriter, r *http.Request) {
	f.writeReadable(w, r, httpserver.InternalFault(w))
}
