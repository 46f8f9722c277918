package crash

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// receiver writes down what it gets and refuses some of it.
type receiver struct {
	*httptest.Server
	ledger receiverLedger
	down   atomic.Bool // refuse all of it
	refuse float64     // of the requests, when it is not down

	mu    sync.Mutex
	conns map[net.Conn]bool // those that are open
	fewer chan struct{}     // one was closed
}

// The paths of deliveries: of the webhook that is there all the time, of tasks, and
// the beginning of those of webhooks that come and go.
const (
	configuredPath = "/configured"
	perJobPath     = "/per-job"
	hookPath       = "/hook/"

	goneMark = "gone-" // begins what follows hookPath where nobody wants anything any more

	drainPath = "/drain" // our own
)

func newReceiver(journal *journal, refuse float64) *receiver {
	r := &receiver{ledger: receiverLedger{journal: journal}, refuse: refuse, conns: map[net.Conn]bool{}, fewer: make(chan struct{}, 1)}
	r.Server = httptest.NewUnstartedServer(r)
	own := r.Server.Config.ConnState // of httptest, which must see them too
	r.Server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		r.see(c, state)
		if own != nil {
			own(c, state)
		}
	}
	r.Server.Start()
	return r
}

// see counts connections.
func (r *receiver) see(c net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if state != http.StateClosed && state != http.StateHijacked {
		r.conns[c] = true
		return
	}
	delete(r.conns, c)
	select {
	case r.fewer <- struct{}{}:
	default:
	}
}

func (r *receiver) open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}

// drainTime is how long a receiver may take to read what a dead server has sent.
const drainTime = 30 * time.Second

// drain returns when everything is read that a server had sent which is dead now, so
// that none of it is taken for its successor's. Connections are accepted in the
// order in which they were made: when ours is, all others are too, and end when
// they are read to their end.
func (r *receiver) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+drainPath, nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("drain the receiver: %w", err)
	}
	resp.Body.Close()
	for r.open() > 0 {
		select {
		case <-r.fewer:
		case <-ctx.Done():
			return fmt.Errorf("drain the receiver: %d connections of a dead server stay open: %w", r.open(), context.Cause(ctx))
		}
	}
	return nil
}

// ServeHTTP takes one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == drainPath {
		return
	}
	at := time.Now()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender was killed while it sent
	}
	got := receipt{Path: req.URL.Path, Query: req.URL.RawQuery, ID: req.Header.Get("webhook-id"), At: at,
		Status: http.StatusOK, Header: req.Header.Clone(), Body: body}
	if seconds, err := strconv.ParseInt(req.Header.Get("webhook-timestamp"), 10, 64); err == nil {
		got.Timestamp = time.Unix(seconds, 0)
	}
	switch {
	case r.down.Load():
		got.Status = http.StatusServiceUnavailable
	case strings.HasPrefix(req.URL.Path, hookPath+goneMark):
		got.Status = http.StatusGone
	case rand.Float64() < r.refuse:
		got.Status = http.StatusInternalServerError
	}
	got.Answered = time.Now()
	r.ledger.add(got)
	w.WriteHeader(got.Status)
}
