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

// receiver writes down what it gets and refuses some of it. It has an address for
// each node, to tell their requests apart.
type receiver struct {
	*httptest.Server
	name   string // URL by its name, which each node knows another address of
	ledger receiverLedger
	down   atomic.Bool // refuse all of it
	refuse float64     // of the requests, when it is not down

	mu    sync.Mutex
	conns map[net.Conn]bool // those that are open
	fewer chan struct{}     // one was closed
}

// Close ends all connections.
func (r *receiver) Close() {
	r.Config.Close() // the listeners of other nodes too
	r.Server.Close()
}

// receiverAddr is the address that stands for the receiver at a node.
func receiverAddr(node int) string { return fmt.Sprintf("127.0.0.%d", 1+node) }

// nodeOf tells from the address where a request arrived which node sent it.
func nodeOf(c net.Addr) int {
	if tcp, ok := c.(*net.TCPAddr); ok {
		return int(tcp.IP.To4()[3]) - 1
	}
	return 0
}

// The paths of deliveries: of the webhook that is there all the time, of tasks, and
// the beginning of those of webhooks that come and go.
const (
	configuredPath = "/configured"
	perJobPath     = "/per-job"
	hookPath       = "/hook/"
	volumePath     = "/volume/" // of those that only get much

	goneMark = "gone-" // begins what follows hookPath where nobody wants anything any more

	drainPath = "/drain" // our own
)

func newReceiver(journal *journal, refuse float64, nodes int) (*receiver, error) {
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
	r.name = r.URL
	if nodes > 1 {
		_, port, err := net.SplitHostPort(r.Listener.Addr().String())
		if err != nil {
			return nil, err
		}
		r.name = "http://receiver.test:" + port
		for node := 1; node < nodes; node++ {
			l, err := net.Listen("tcp", net.JoinHostPort(receiverAddr(node), port))
			if err != nil {
				return nil, fmt.Errorf("listen for another node: %w", err)
			}
			go r.Config.Serve(l) // until Close
		}
	}
	return r, nil
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

// open is how many connections of a node there are.
func (r *receiver) open(node int) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		if nodeOf(c.LocalAddr()) == node {
			n++
		}
	}
	return n
}

// drainTime is how long a receiver may take to read what a dead server has sent.
const drainTime = 30 * time.Second

// drain returns when everything is read that a server of a node had sent which is dead now, so
// that none of it is taken for its successor's. Connections are accepted in the
// order in which they were made: when ours is, all others are too, and end when
// they are read to their end.
func (r *receiver) drain(ctx context.Context, node int) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.Replace(r.URL, receiverAddr(0), receiverAddr(node), 1)+drainPath, nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("drain the receiver: %w", err)
	}
	resp.Body.Close()
	for r.open(node) > 0 {
		select {
		case <-r.fewer:
		case <-ctx.Done():
			return fmt.Errorf("drain the receiver: %d connections of a dead server stay open: %w", r.open(node), context.Cause(ctx))
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
	local, _ := req.Context().Value(http.LocalAddrContextKey).(net.Addr)
	got := receipt{node: nodeOf(local), Path: req.URL.Path, Query: req.URL.RawQuery, ID: req.Header.Get("webhook-id"), At: at,
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
