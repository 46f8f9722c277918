package httpserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskhook/taskhook"
)

// readable asks what a user is told of an error, in a request that may be given up.
func readable(err error, gone bool) (*taskhook.Error, string) {
	var logged bytes.Buffer
	answers := NewAnswers(slog.New(slog.NewTextHandler(&logged, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if gone {
		cancel()
	}
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "req_17")
	r := httptest.NewRequest(http.MethodGet, "/path?key=secret", nil).WithContext(ctx)
	return answers.Readable(w, r, err), logged.String()
}

func TestReadable(t *testing.T) {
	t.Parallel()
	fire := errors.New("disk on fire")
	for _, tt := range []struct {
		name   string
		err    error
		gone   bool
		code   taskhook.Code
		said   string
		logged bool
	}{
		{"for the user", fmt.Errorf("create: %w", taskhook.Errorf(taskhook.CodeInvalid, "Use another.")), false, taskhook.CodeInvalid, "Use another.", false},
		{"for both", &taskhook.Error{Code: taskhook.CodeStorageFull, Message: "The disk is full.", Err: fire}, false, taskhook.CodeStorageFull, "The disk is full.", true},
		{"a fault", fmt.Errorf("create: %w", fire), false, taskhook.CodeInternal, "quote request id req_17", true},
		{"an internal error", &taskhook.Error{Code: taskhook.CodeInternal, Message: "secret", Err: fire}, false, taskhook.CodeInternal, "quote request id req_17", true},
		{"a client that is gone", fmt.Errorf("create: %w", context.Canceled), true, taskhook.CodeUnavailable, "given up", false},
		{"cancelled by ourselves", fmt.Errorf("create: %w: %w", fire, context.Canceled), false, taskhook.CodeInternal, "req_17", true},
		{"a fault with the client gone", fire, true, taskhook.CodeInternal, "req_17", true},
	} {
		bad, logged := readable(tt.err, tt.gone)
		if bad.Code != tt.code || !strings.Contains(bad.Message, tt.said) || strings.Contains(bad.Message, "fire") {
			t.Errorf("%s is told as %s: %s", tt.name, bad.Code, bad.Message)
		}
		if tt.logged != (strings.Count(logged, "level=ERROR") == 1) || tt.logged != strings.Contains(logged, "disk on fire") {
			t.Errorf("%s is logged as %q", tt.name, logged)
		}
		if tt.logged && (!strings.Contains(logged, "path=/path ") || !strings.Contains(logged, "request_id=req_17")) || strings.Contains(logged, "key=secret") {
			t.Errorf("%s is logged as %q", tt.name, logged)
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for text, cut := range map[string]bool{"": false, strings.Repeat("x", 2000): false, strings.Repeat("x", 2001): true, strings.Repeat("€", 1000): true} {
		got := Shorten(text)
		if (got != text) != cut || len(got) > 2005 || !utf8.ValidString(got) || cut && !strings.HasPrefix(text, strings.TrimSuffix(got, " …")) {
			t.Errorf("%d bytes become %d: %.20q", len(text), len(got), got)
		}
	}
}
