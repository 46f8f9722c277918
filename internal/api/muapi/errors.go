package muapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// wireError is how the API says a code. Its errors are those of FastAPI: a text,
// or for what does not fit the call a list of faults.
type wireError struct {
	status     int
	detail     string // said in place of the message, where clients know the words
	fault      string // type of the entry in a list of faults; empty: a text
	retryAfter int    // seconds to ask for; 0: not said
}

// The words of the API that stand for several codes.
const (
	textNotFound = "Not Found"
	textBadKey   = "Invalid API key"
)

// wireErrorOf is the one table of errors.
func wireErrorOf(code taskhook.Code) wireError {
	switch code {
	case taskhook.CodeMalformed:
		return wireError{status: http.StatusUnprocessableEntity, fault: "json_invalid"}
	case taskhook.CodeMissing:
		return wireError{status: http.StatusUnprocessableEntity, fault: "missing", detail: "Field required"}
	case taskhook.CodeInvalid:
		return wireError{status: http.StatusUnprocessableEntity, fault: "value_error"}
	case taskhook.CodeUnauthenticated, taskhook.CodeBadKey:
		return wireError{status: http.StatusUnauthorized, detail: textBadKey}
	case taskhook.CodeKeyExpired, taskhook.CodeKeyRevoked:
		return wireError{status: http.StatusUnauthorized}
	case taskhook.CodeKeyPermission, taskhook.CodeForbidden:
		return wireError{status: http.StatusForbidden}
	case taskhook.CodeNotFound, taskhook.CodeTaskNotFound, taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound:
		return wireError{status: http.StatusNotFound, detail: textNotFound}
	case taskhook.CodeMethod:
		return wireError{status: http.StatusMethodNotAllowed, detail: "Method Not Allowed"}
	case taskhook.CodeConflict:
		return wireError{status: http.StatusConflict}
	case taskhook.CodeTooLarge, taskhook.CodeFileTooLarge:
		return wireError{status: http.StatusRequestEntityTooLarge}
	case taskhook.CodeNoBalance:
		return wireError{status: http.StatusPaymentRequired, detail: "Insufficient credits"}
	case taskhook.CodeSpendLimit:
		return wireError{status: http.StatusPaymentRequired}
	case taskhook.CodeRateLimited:
		return wireError{status: http.StatusTooManyRequests, detail: "Rate limit exceeded", retryAfter: 1}
	case taskhook.CodeStorageFull:
		return wireError{status: http.StatusServiceUnavailable, retryAfter: 60}
	case taskhook.CodeUnavailable:
		return wireError{status: http.StatusServiceUnavailable, retryAfter: 5}
	}
	return wireError{status: http.StatusInternalServerError}
}

// refusal is the body of an error.
type refusal struct {
	Detail any `json:"detail"` // a text or []fault
}

// fault says what is wrong with one place of a request.
type fault struct {
	Loc  []any  `json:"loc"` // ["body", "images_list", 0]
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

// writeError answers with err, and logs it if it is a fault of ours.
func (f *Face) writeError(w http.ResponseWriter, r *http.Request, err error) {
	f.writeReadable(w, r, f.readable(w, r, err))
}

func (f *Face) writeReadable(w http.ResponseWriter, r *http.Request, bad *taskhook.Error) {
	wire := wireErrorOf(bad.Code)
	if wire.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wire.retryAfter))
	}
	text := wire.detail
	if text == "" {
		text = shorten(bad.Message)
	}
	if wire.fault == "" {
		f.write(w, r, wire.status, refusal{text})
		return
	}
	f.write(w, r, wire.status, refusal{[]fault{{Loc: location(bad.Field), Msg: text, Type: wire.fault}}})
}

// What begins the field of an error about a parameter that is not in the body.
const (
	inQuery = "query."
	inPath  = "path."
)

// location is the place of a field: that of the input "input.images_list.0" is
// ["body", "images_list", 0], for here the body is the input.
func location(field string) []any {
	if place, name, ok := strings.Cut(field, "."); ok && (place+"." == inQuery || place+"." == inPath) {
		return []any{place, name}
	}
	loc := []any{"body"}
	if field == "input" || field == "" {
		return loc
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(shorten(field), "input."), ".") {
		if n, err := strconv.Atoi(part); err == nil && n >= 0 {
			loc = append(loc, n)
		} else {
			loc = append(loc, part)
		}
	}
	return loc
}

// readable returns err as an Error that a user may read. What is not one is a
// fault of ours, unless the client went away in the middle.
func (f *Face) readable(w http.ResponseWriter, r *http.Request, err error) *taskhook.Error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok && errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return taskhook.Errorf(taskhook.CodeUnavailable, "The request was given up by its client.")
	}
	if ok && wireErrorOf(bad.Code).status != http.StatusInternalServerError {
		if bad.ForOperator() {
			f.logFault(w, r, err)
		}
		return bad
	}
	f.logFault(w, r, err)
	return internalFault(w)
}

func (f *Face) logFault(w http.ResponseWriter, r *http.Request, err error) {
	f.Log.LogAttrs(r.Context(), slog.LevelError, "request failed",
		slog.String("request_id", httpserver.RequestID(w)), slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.Any("error", err))
}

func internalFault(w http.ResponseWriter) *taskhook.Error {
	return taskhook.Errorf(taskhook.CodeInternal,
		"The server has a fault. Try again; if it persists, quote request id %s to its operator.", httpserver.RequestID(w))
}

// fault answers in place of a handler that panicked, which is logged already.
func (f *Face) fault(w http.ResponseWriter, r *http.Request) {
	f.writeReadable(w, r, internalFault(w))
}

// shorten cuts a message that quotes too much of a request.
func shorten(message string) string {
	const limit = 2000
	if len(message) <= limit {
		return message
	}
	return strings.ToValidUTF8(message[:limit], "") + " …"
}
