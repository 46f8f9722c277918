package egress_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/hostile"
)

func TestTrusted(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("the answer may be compressed")
		}
		io.Copy(w, r.Body)
	}))
	defer server.Close()
	transport := egress.NewTrusted(egress.TrustedOptions{})
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("private, and in plain http"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "private, and in plain http" {
		t.Errorf("%q, %v", body, err)
	}
}

// TestTrustedStall: what stops flowing does not hold a request for ever, wherever
// it stops.
func TestTrustedStall(t *testing.T) {
	t.Parallel()
	for name, behave := range map[string]hostile.Behaviour{
		"reads nothing":       func(c *hostile.Conn) { c.Hold() },
		"says nothing":        func(c *hostile.Conn) { c.ReadRequest(); c.Hold() },
		"stops in the header": func(c *hostile.Conn) { c.ReadRequest(); c.Say("HTTP/1.1 200 OK\r\nConte"); c.Hold() },
		"stops in the body": func(c *hostile.Conn) {
			c.ReadRequest()
			c.Say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
			c.Hold()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := hostile.New(t, behave)
			transport := egress.NewTrusted(egress.TrustedOptions{Stall: 50 * time.Millisecond})
			defer transport.CloseIdleConnections()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL, io.LimitReader(zeros{}, 64<<20))
			if err != nil {
				t.Fatal(err)
			}
			if name != "reads nothing" {
				r.Body = http.NoBody
			}
			answer, err := transport.RoundTrip(r)
			if err == nil {
				_, err = io.ReadAll(answer.Body)
				answer.Body.Close()
			}
			if err == nil {
				t.Error("it ended well")
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
