package httpserver

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	NewAnswers(slog.New(slog.DiscardHandler)).WriteJSON(w, get("/"), http.StatusTeapot, []byte(`{"a":1}`))
	if h := w.Header(); w.Code != http.StatusTeapot || w.Body.String() != `{"a":1}` || h.Get("Content-Type") != "application/json" || h.Get("Content-Length") != "7" {
		t.Errorf("%d %s %v", w.Code, w.Body, h)
	}
}

// hungUp is a client that has gone.
type hungUp struct{ *httptest.ResponseRecorder }

func (hungUp) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// A client that is gone is no fault: it is told to who looks for it.
func TestWriteToNobody(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	answers := NewAnswers(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	answers.WriteJSON(hungUp{httptest.NewRecorder()}, get("/"), http.StatusOK, []byte("{}"))
	if line := logged.String(); !strings.Contains(line, "level=DEBUG") || !strings.Contains(line, "client gone before its answer") || !strings.Contains(line, "broken pipe") {
		t.Errorf("log = %s", line)
	}
}

func TestEncodeJSON(t *testing.T) {
	t.Parallel()
	got, err := EncodeJSON(map[string]any{"link": "https://a.example/?a=1&b=<2>", "n": []int{1, 2}})
	if want := `{"link":"https://a.example/?a=1&b=<2>","n":[1,2]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if _, err := EncodeJSON(func() {}); err == nil {
		t.Error("a function is JSON")
	}
}
