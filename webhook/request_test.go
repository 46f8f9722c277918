package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

func signedRequest(tb testing.TB, body string) *http.Request {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
	newSigner(tb, specSecret).Sign(r.Header, "evt_1", time.Now(), []byte(body))
	return r
}

func TestVerifyRequest(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", specBody, strings.Repeat("a", webhook.MaxBody)} {
		got, err := webhook.VerifyRequest(signedRequest(t, body), specSecret)
		if err != nil || string(got) != body {
			t.Errorf("VerifyRequest of %d bytes returned %d, %v", len(body), len(got), err)
		}
	}
}

func TestVerifyRequestRefuses(t *testing.T) {
	t.Parallel()
	broken := signedRequest(t, specBody)
	broken.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	unsigned := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(specBody))
	old := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(specBody))
	newSigner(t, specSecret).Sign(old.Header, "evt_1", time.Now().Add(-time.Hour), []byte(specBody))
	tests := []struct {
		name, secret string
		request      *http.Request
		want         error
	}{
		{"too large", specSecret, signedRequest(t, strings.Repeat("a", webhook.MaxBody+1)), webhook.ErrBodyTooLarge},
		{"another secret", otherSecret, signedRequest(t, specBody), webhook.ErrNoMatch},
		{"unsigned", specSecret, unsigned, webhook.ErrMissingHeader},
		{"old", specSecret, old, webhook.ErrTooOld},
		{"broken off", specSecret, broken, io.ErrUnexpectedEOF},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body, err := webhook.VerifyRequest(test.request, test.secret)
			if !errors.Is(err, test.want) || body != nil {
				t.Errorf("VerifyRequest = %d bytes, %v, want %v", len(body), err, test.want)
			}
		})
	}
	if _, err := webhook.VerifyRequest(signedRequest(t, specBody), ""); err == nil {
		t.Error("VerifyRequest took an empty secret")
	}
}
