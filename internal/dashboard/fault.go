package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// errorView is what the page of an error shows.
type errorView struct {
	Heading, Message string
}

// readable returns err as one that the user may read, if it is.
func readable(err error) (*taskhook.Error, bool) {
	bad, ok := errors.AsType[*taskhook.Error](err)
	return bad, ok && statusOf(bad.Code) != http.StatusInternalServerError
}

// statusOf returns the HTTP status of a code.
func statusOf(code taskhook.Code) int {
	switch code {
	case taskhook.CodeNotFound, taskhook.CodeTaskNotFound, taskhook.CodeModelNotFound, taskhook.CodeProviderNotFound:
		return http.StatusNotFound
	case taskhook.CodeUnauthenticated, taskhook.CodeBadKey, taskhook.CodeKeyExpired, taskhook.CodeKeyRevoked:
		return http.StatusUnauthorized
	case taskhook.CodeMalformed, taskhook.CodeMissing, taskhook.CodeInvalid:
		return http.StatusUnprocessableEntity
	case taskhook.CodeForbidden, taskhook.CodeKeyPermission:
		return http.StatusForbidden
	case taskhook.CodeMethod:
		return http.StatusMethodNotAllowed
	case taskhook.CodeCursorExpired:
		return http.StatusGone
	case taskhook.CodeConflict:
		return http.StatusConflict
	case taskhook.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case taskhook.CodeRateLimited:
		return http.StatusTooManyRequests
	case taskhook.CodeStorageFull, taskhook.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// showError answers with a page about err, and logs it if it is a fault of ours.
// Nobody need be signed in.
func (d *Dashboard) showError(w http.ResponseWriter, r *http.Request, s *session, err error) {
	bad, ok := readable(err)
	switch {
	case !ok && errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // nobody is there to answer
	case !ok:
		d.Log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("request_id", httpserver.RequestID(w)),
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("error", err))
		d.showFault(w, r, s)
		return
	}
	v := errorView{"That did not work", bad.Message}
	status := statusOf(bad.Code)
	if status == http.StatusNotFound {
		v.Heading = "Not here"
	}
	d.show(w, r, s, view{template: "error.html", title: v.Heading, status: status, still: true, data: v})
}

// showFault answers for a fault that is logged already.
func (d *Dashboard) showFault(w http.ResponseWriter, r *http.Request, s *session) {
	d.show(w, r, s, view{template: "error.html", title: "Fault", status: http.StatusInternalServerError, still: true, data: errorView{
		"The server has a fault", "Try again; if it persists, quote request id " + httpserver.RequestID(w) + " to its operator."}})
}

// fault answers in place of a handler that panicked.
func (d *Dashboard) fault(w http.ResponseWriter, r *http.Request) { d.showFault(w, r, nil) }

// nothingHere answers for paths that do not exist.
func (d *Dashboard) nothingHere(w http.ResponseWriter, r *http.Request) {
	d.showError(w, r, nil, taskhook.Errorf(taskhook.CodeNotFound, "There is no page at this address."))
}

// denyCrossOrigin answers for forms that other sites have sent.
func (d *Dashboard) denyCrossOrigin(w http.ResponseWriter, r *http.Request) {
	d.showError(w, r, nil, taskhook.Errorf(taskhook.CodeForbidden,
		"The request came from another site and was not carried out. If you meant it, do it on the page here. "+
			"If a proxy stands before this server, the setting public-url must be the address in your browser."))
}
