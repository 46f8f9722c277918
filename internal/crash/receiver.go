package crash

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"
)

// receiver writes down what it gets and refuses some of it.
type receiver struct {
	*httptest.Server
	ledger receiverLedger
	down   atomic.Bool // refuse all of it
	refuse float64     // of the requests, when it is not down
}

// The paths of deliveries: of the webhook that is there all the time, of tasks, and
// the beginning of those of webhooks that come and go.
const (
	configuredPath = "/configured"
	perJobPath     = "/per-job"
	hookPath       = "/hook/"
)

func newReceiver(journal *journal, refuse float64) *receiver {
	r := &receiver{ledger: receiverLedger{journal: journal}, refuse: refuse}
	r.Server = httptest.NewServer(r)
	return r
}

// ServeHTTP takes one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
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
	if r.down.Load() {
		got.Status = http.StatusServiceUnavailable
	} else if rand.Float64() < r.refuse {
		got.Status = http.StatusInternalServerError
	}
	got.Answered = time.Now()
	r.ledger.add(got)
	w.WriteHeader(got.Status)
}
