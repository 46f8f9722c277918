package modelhunter

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

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

func TestEveryCode(t *testing.T) {
	t.Parallel()
	want := map[taskhook.Code]string{
		taskhook.CodeMalformed:        "400 VALIDATION_ERROR",
		taskhook.CodeMissing:          "400 MISSING_PARAMETER",
		taskhook.CodeInvalid:          "400 INVALID_PARAMETER",
		taskhook.CodeUnauthenticated:  "401 AUTH_REQUIRED",
		taskhook.CodeBadKey:           "401 AUTH_INVALID_TOKEN",
		taskhook.CodeKeyExpired:       "401 AUTH_TOKEN_EXPIRED",
		taskhook.CodeKeyRevoked:       "403 KEY_REVOKED",
		taskhook.CodeKeyPermission:    "403 KEY_PERMISSION_DENIED",
		taskhook.CodeForbidden:        "403 FORBIDDEN",
		taskhook.CodeNotFound:         "404 NOT_FOUND",
		taskhook.CodeTaskNotFound:     "404 TASK_NOT_FOUND",
		taskhook.CodeModelNotFound:    "404 MODEL_NOT_FOUND",
		taskhook.CodeProviderNotFound: "404 PROVIDER_NOT_FOUND",
		taskhook.CodeMethod:           "405 METHOD_NOT_ALLOWED",
		taskhook.CodeCursorExpired:    "410 CURSOR_EXPIRED",
		taskhook.CodeConflict:         "409 CONFLICT",
		taskhook.CodeTooLarge:         "413 PAYLOAD_TOO_LARGE",
		taskhook.CodeFileTooLarge:     "422 FILE_TOO_LARGE",
		taskhook.CodeNoBalance:        "402 INSUFFICIENT_BALANCE",
		taskhook.CodeSpendLimit:       "402 SPEND_LIMIT_EXCEEDED",
		taskhook.CodeRateLimited:      "429 RATE_LIMIT_EXCEEDED",
		taskhook.CodeStorageFull:      "503 STORAGE_FULL",
		taskhook.CodeUnavailable:      "503 SERVICE_UNAVAILABLE",
		taskhook.CodeInternal:         "500 INTERNAL_ERROR",
	}
	for _, code := range taskhook.Codes() {
		w := newWorld()
		w.err = fmt.Errorf("create task: %w", taskhook.FieldErrorf(code, "webhookUrl", "A <sentence> for the user."))
		rec := w.ask(t, "POST", "/api/v1/vidu/text-to-video", `{"model":"m","input":{}}`)
		e := open(t, rec)
		if got := fmt.Sprint(rec.Code, " ", e.Error.Code); got != want[code] {
			t.Errorf("%s is answered with %s, want %s", code, got, want[code])
		}
		if code == taskhook.CodeInternal {
			continue
		}
		if e.Error.Message != "A <sentence> for the user." || e.Error.Details == nil || e.Error.Details.Field != "webhookUrl" {
			t.Errorf("%s: error = %+v", code, e.Error)
		}
		if waits := rec.Code == 429 || rec.Code == 503; waits != (rec.Header().Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After = %q", code, rec.Header().Get("Retry-After"))
		}
	}
}

// A fault of ours is logged with its cause, and the client learns nothing but
// what to quote.
func TestFault(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"plain":    errors.New("disk on fire"),
		"internal": &taskhook.Error{Code: taskhook.CodeInternal, Message: "secret", Err: errors.New("disk on fire")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, logged := fail(t, err)
			e := open(t, rec)
			id := rec.Header().Get("X-Request-Id")
			if rec.Code != http.StatusInternalServerError || id == "" || !strings.Contains(e.Error.Message, "quote request id "+id) {
				t.Errorf("answer = %d %+v, request id %q", rec.Code, e.Error, id)
			}
			if strings.Contains(rec.Body.String(), "fire") || strings.Contains(rec.Body.String(), "secret") {
				t.Errorf("the cause is told: %s", rec.Body)
			}
			if strings.Count(logged, "level=ERROR") != 1 || !strings.Contains(logged, "disk on fire") || !strings.Contains(logged, id) {
				t.Errorf("log = %s", logged)
			}
		})
	}
}

// fail asks for a task whose service fails.
func fail(t *testing.T, err error) (*httptest.ResponseRecorder, string) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	w := newWorld()
	w.err = err
	face := New(Config{Keys: w, Tasks: w, Log: log})
	r := httptest.NewRequest("GET", "/api/v1/tasks/task_abc123", nil)
	r.Header.Set("Authorization", "Bearer "+ownerKey)
	if errors.Is(err, context.Canceled) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r = r.WithContext(ctx)
	}
	rec := httptest.NewRecorder()
	httpserver.Wrap(log, face).ServeHTTP(rec, r)
	return rec, logged.String()
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	rec, logged := fail(t, fmt.Errorf("read task: %w", context.Canceled))
	if rec.Code != http.StatusServiceUnavailable || logged != "" {
		t.Errorf("answer = %d %s, log = %s", rec.Code, rec.Body, logged)
	}
}

// A panic is answered in the envelope.
func TestPanic(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	handler := httpserver.Wrap(log, New(Config{Log: log})) // no services: nil pointers
	rec, e := answer(t, handler, httptest.NewRequest("GET", "/api/v1/models", nil))
	if rec.Code != http.StatusInternalServerError || e.Error.Code != "INTERNAL_ERROR" {
		t.Errorf("answer = %d %s", rec.Code, rec.Body)
	}
	if strings.Count(logged.String(), "level=ERROR") != 1 {
		t.Errorf("log = %s", logged.String())
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("é", 100_000)
	rec := newWorld().ask(t, "POST", "/api/v1/events", `{"`+key+`":1,"`+key+`":2}`)
	if open(t, rec); rec.Code != http.StatusBadRequest || rec.Body.Len() > 5000 {
		t.Errorf("answer = %d of %d bytes", rec.Code, rec.Body.Len())
	}
}
