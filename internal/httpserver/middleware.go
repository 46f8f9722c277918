package httpserver

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

// requestIDHeader carries a request's id in answers, and in requests of clients
// and proxies that bring their own.
const requestIDHeader = "X-Request-Id"

// RequestID returns the id of the request that w answers. It stands in the
// answer's header, where it costs no context.
func RequestID(w http.ResponseWriter) string { return w.Header().Get(requestIDHeader) }

// edge is what every request passes through.
type edge struct {
	log     *slog.Logger
	next    http.Handler
	headers []header
}

// header is a header in the form in which http.Header keeps it, so that setting
// it allocates nothing.
type header struct {
	name   string
	values []string
}

// Wrap returns a handler that gives every request an id, sets the headers that
// keep browsers from misusing an answer, logs each request at level debug, and
// turns a panic into a plain answer with status 500. Headers that next sets win.
func Wrap(log *slog.Logger, next http.Handler) http.Handler {
	return &edge{
		log:  log,
		next: Recover(log, http.HandlerFunc(plainFault), next),
		headers: []header{
			{"X-Content-Type-Options", []string{"nosniff"}},
			{"Cache-Control", []string{"no-store"}},
			{"Referrer-Policy", []string{"no-referrer"}},
			{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
		},
	}
}

// ServeHTTP serves one request.
func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	answer := w.Header()
	for _, h := range e.headers {
		answer[h.name] = h.values
	}
	id := r.Header.Get(requestIDHeader)
	if !usableID(id) {
		id = taskhook.NewID("req_", start)
	}
	answer[requestIDHeader] = []string{id}
	rec := &recorder{ResponseWriter: w}
	e.next.ServeHTTP(rec, r)
	if !e.log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	e.log.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("request_id", id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
		slog.Duration("duration", time.Since(start)), slog.String("remote", r.RemoteAddr))
}

// usableID reports whether a client's own id is short and plain enough to be
// logged and sent back.
func usableID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
