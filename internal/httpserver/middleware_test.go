package httpserver

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// visit sends r through Wrap and returns the answer and what was logged.
func visit(t *testing.T, next http.HandlerFunc, r *http.Request) (rec *httptest.ResponseRecorder, logged string, abort any) {
	t.Helper()
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	rec = httptest.NewRecorder()
	defer func() { logged, abort = text.String(), recover() }()
	Wrap(log, next).ServeHTTP(rec, r)
	return rec, "", nil
}

func get(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

func TestRequestID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 65)
	for given, kept := range map[string]bool{
		"": false, "abc-123_X.y": true, long[:64]: true, long: false, "a b": false, "a\tb": false, "é": false, `a"b`: false,
	} {
		r := get("/")
		r.Header["X-Request-Id"] = []string{given}
		var seen string
		rec, _, _ := visit(t, func(w http.ResponseWriter, _ *http.Request) { seen = RequestID(w) }, r)
		if got := rec.Header().Get("X-Request-Id"); got == "" || got != seen || (got == given) != kept {
			t.Errorf("given %q, the id is %q, seen as %q", given, got, seen)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	rec, _, _ := visit(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "max-age=5") }, get("/"))
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "max-age=5",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	_, logged, _ := visit(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "12345")
		io.Copy(w, strings.NewReader("678"))
	}, get("/results/x?signature=secret"))
	for _, want := range []string{"level=DEBUG", "method=GET", "path=/results/x ", "status=418", "bytes=8", "request_id=req_"} {
		if !strings.Contains(logged, want) {
			t.Errorf("log lacks %s: %s", want, logged)
		}
	}
	if strings.Contains(logged, "secret") {
		t.Errorf("log tells a signature: %s", logged)
	}
}

func TestEarlyHintsAreNoAnswer(t *testing.T) {
	t.Parallel()
	rec := &recorder{ResponseWriter: httptest.NewRecorder()}
	rec.WriteHeader(http.StatusEarlyHints)
	if rec.status != 0 {
		t.Errorf("status = %d", rec.status)
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	rec, logged, abort := visit(t, func(http.ResponseWriter, *http.Request) { panic("boom") }, get("/"))
	if rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "boom") || abort != nil ||
		!strings.Contains(rec.Body.String(), "request id "+rec.Header().Get("X-Request-Id")) {
		t.Errorf("answer = %d %s, abort = %v", rec.Code, rec.Body, abort)
	}
	if strings.Count(logged, "level=ERROR") != 1 || !strings.Contains(logged, "panic=boom") || !strings.Contains(logged, "middleware_test.go") {
		t.Errorf("log = %s", logged)
	}
}

// Half an answer is cut off rather than completed.
func TestPanicInTheMiddle(t *testing.T) {
	t.Parallel()
	_, logged, abort := visit(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		panic(errors.New("boom"))
	}, get("/"))
	if abort != http.ErrAbortHandler || !strings.Contains(logged, "boom") {
		t.Errorf("abort = %v, log = %s", abort, logged)
	}
}

func TestAbortIsNoFault(t *testing.T) {
	t.Parallel()
	_, logged, abort := visit(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, get("/"))
	if abort != http.ErrAbortHandler || strings.Contains(logged, "ERROR") {
		t.Errorf("abort = %v, log = %s", abort, logged)
	}
}

func TestControllerReachesTheConnection(t *testing.T) {
	t.Parallel()
	rec, _, _ := visit(t, func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
	}, get("/"))
	if !rec.Flushed {
		t.Error("nothing was flushed")
	}
}

func BenchmarkWrap(b *testing.B) {
	handler := Wrap(slog.New(slog.DiscardHandler), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r, w := get("/"), httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(w, r)
	}
}
