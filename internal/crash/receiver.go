package crash

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// receiver verifies what it gets and refuses some of it.
type receiver struct {
	*httptest.Server
	ledger     receiverLedger
	configured atomic.Pointer[webhook.Verifier]
	perJob     atomic.Pointer[webhook.Verifier]
	refuse     float64 // of the requests that are answered with 500
}

// The paths of the two kinds of delivery.
const (
	configuredPath = "/configured"
	perJobPath     = "/per-job"
)

func newReceiver(journal *journal, refuse float64) *receiver {
	r := &receiver{ledger: receiverLedger{journal: journal}, refuse: refuse}
	r.Server = httptest.NewServer(r)
	return r
}

// ServeHTTP takes one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender was killed while it sent
	}
	got := receipt{Path: req.URL.Path, ID: req.Header.Get("webhook-id"), Hash: hashOf(body), At: time.Now(), Status: http.StatusOK}
	if seconds, err := strconv.ParseInt(req.Header.Get("webhook-timestamp"), 10, 64); err == nil {
		got.Timestamp = time.Unix(seconds, 0)
	}
	verifier := r.configured.Load()
	if req.URL.Path == perJobPath {
		verifier = r.perJob.Load()
	}
	if err := verifier.Verify(req.Header, body, got.At); err != nil {
		got.Invalid = err.Error()
	}
	if rand.Float64() < r.refuse {
		got.Status = http.StatusInternalServerError
	}
	r.ledger.add(got)
	w.WriteHeader(got.Status)
}
