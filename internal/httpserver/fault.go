package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// Readable returns err as an Error that a user may read, for the face to say in its
// own form. What is not one, or is CodeInternal, is a fault of ours, which is logged
// here and told without its cause, unless the client went away in the middle. What
// is for the operator, such as a full disk, is logged too.
func (a *Answers) Readable(w http.ResponseWriter, r *http.Request, err error) *taskhook.Error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok && errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return taskhook.Errorf(taskhook.CodeUnavailable, "The request was given up by its client.")
	}
	fault := !ok || bad.Code == taskhook.CodeInternal
	if fault || bad.ForOperator() {
		a.LogFault(w, r, err)
	}
	if fault {
		return InternalFault(w)
	}
	return bad
}

// LogFault logs that the request failed for a fault of ours. Of its address only
// the path is logged, since queries may hold keys.
func (a *Answers) LogFault(w http.ResponseWriter, r *http.Request, err error) {
	a.log.LogAttrs(r.Context(), slog.LevelError, "request failed",
		slog.String("request_id", RequestID(w)), slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.Any("error", err))
}

// InternalFault returns what a user is told of a fault of ours that was logged: the
// id to quote. The code is CodeInternal.
func InternalFault(w http.ResponseWriter) *taskhook.Error {
	return taskhook.Errorf(taskhook.CodeInternal,
		"The server has a fault. Try again; if it persists, quote request id %s to its operator.", RequestID(w))
}

// Shorten cuts a text that quotes too much of a request, for an answer.
func Shorten(text string) string {
	const limit = 2000
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " …"
}
