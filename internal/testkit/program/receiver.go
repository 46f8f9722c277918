package program

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

func now() time.Time { return time.Now() }

// Request is what reached a Receiver.
type Request struct {
	Path   string
	Header http.Header
	Body   []byte
	At     time.Time
}

// Receiver keeps what it is sent.
type Receiver struct {
	URL string

	mu       sync.Mutex
	answers  []int // statuses of the next answers; then 200
	requests []Request
	arrived  chan struct{} // closed and renewed at each arrival
}

// NewReceiver returns a receiver that answers its first requests with the
// statuses and all others with 200.
func NewReceiver(t testing.TB, statuses ...int) *Receiver {
	r := &Receiver{answers: statuses, arrived: make(chan struct{})}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// ServeHTTP takes one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	status := http.StatusOK
	if len(r.answers) > 0 {
		status, r.answers = r.answers[0], r.answers[1:]
	}
	r.requests = append(r.requests, Request{req.URL.Path, req.Header, body, time.Now()})
	close(r.arrived)
	r.arrived = make(chan struct{})
	r.mu.Unlock()
	w.WriteHeader(status)
	io.WriteString(w, "thanks")
}

// Wait returns the requests when there are at least n.
func (r *Receiver) Wait(t testing.TB, n int) []Request {
	t.Helper()
	return r.WaitFor(t, n, func(Request) bool { return true })
}

// WaitFor returns the requests that match when there are at least n of them.
func (r *Receiver) WaitFor(t testing.TB, n int, match func(Request) bool) []Request {
	t.Helper()
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	for {
		r.mu.Lock()
		got, arrived := slices.DeleteFunc(slices.Clone(r.requests), func(q Request) bool { return !match(q) }), r.arrived
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-arrived:
		case <-patience.C:
			t.Fatalf("%d of %d requests reached the receiver within a minute", len(got), n)
		}
	}
}
