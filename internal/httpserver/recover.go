package httpserver

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// Recover returns a handler that logs a panic of next and lets fault answer in
// its place. If the answer had begun already the connection is cut, so that half
// of it is not taken for the whole. A face uses it to answer in its own form.
func Recover(log *slog.Logger, fault, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause) // net/http's own way of cutting a connection
			}
			log.LogAttrs(r.Context(), slog.LevelError, "panic in a handler",
				slog.String("request_id", RequestID(w)), slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.String("panic", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler)
			}
			fault.ServeHTTP(w, r)
		}()
		next.ServeHTTP(w, r)
	})
}

// plainFault answers where no face has.
func plainFault(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "The server has a fault. If it persists, quote request id "+RequestID(w)+" to its operator.",
		http.StatusInternalServerError)
}
