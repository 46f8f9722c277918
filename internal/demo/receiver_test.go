package demo

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// secret is what the receiver of a test trusts.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{ledger: newLedger()}
	if err := r.trust(secret); err != nil {
		t.Fatal(err)
	}
	return r
}

// signed returns a webhook as the server sends it.
func signed(t *testing.T, secret, id, body string) *http.Request {
	t.Helper()
	signer, err := webhook.NewSigner(secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hook", strings.NewReader(body))
	signer.Sign(req.Header, id, time.Now(), []byte(body))
	return req
}

func post(r *receiver, req *http.Request) int {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code
}

const (
	ofEvent = `{"id":"evt_1","type":"order.paid","data":{"order":1}}`
	ofTask  = `{"id":"evt_2","type":"task.completed","data":{"task":{"id":"task_2","type":"image"}}}`
)

func TestReceiverAccepts(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.ledger.owe("evt_1")
	r.ledger.owe("task_2")
	for _, req := range []*http.Request{signed(t, secret, "evt_1", ofEvent), signed(t, secret, "evt_2", ofTask)} {
		if code := post(r, req); code != http.StatusNoContent {
			t.Errorf("the receiver answers %d", code)
		}
	}
	if err := r.ledger.report().err(); err != nil {
		t.Error(err)
	}
	if n := r.unanswered(); n != 0 {
		t.Errorf("%d are not answered", n)
	}
}

func TestReceiverRefuses(t *testing.T) {
	t.Parallel()
	changed := signed(t, secret, "evt_1", ofEvent)
	changed.Body = http.NoBody
	tests := map[string]*http.Request{
		"another secret": signed(t, webhook.NewSecret(), "evt_1", ofEvent),
		"another id":     signed(t, secret, "evt_9", ofEvent),
		"another body":   changed,
		"no JSON":        signed(t, secret, "evt_1", "hello"),
		"no signature":   httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(ofEvent)),
	}
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			if code := post(r, req); code != http.StatusUnauthorized {
				t.Errorf("the receiver answers %d", code)
			}
			if r.ledger.report().err() == nil {
				t.Error("the ledger has not noticed")
			}
		})
	}
}

func TestReceiverFailsOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.failOnce()
	if code := post(r, signed(t, secret, "evt_1", ofEvent)); code != http.StatusInternalServerError {
		t.Errorf("first the receiver answers %d", code)
	}
	if h := r.lastFailed(); h == nil || h.id != "evt_1" || len(r.ledger.since(0)) != 0 {
		t.Errorf("failed is %+v, and %+v came", h, r.ledger.since(0))
	}
	if code := post(r, signed(t, secret, "evt_1", ofEvent)); code != http.StatusNoContent {
		t.Errorf("then the receiver answers %d", code)
	}
}

// What was entered before the sender went away has come, and comes again.
func TestReceiverEntersBeforeItAnswers(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.ledger.owe("evt_1")
	r.dawdle(time.Hour)
	ctx, gone := context.WithCancel(t.Context())
	gone()
	post(r, signed(t, secret, "evt_1", ofEvent).WithContext(ctx))
	r.dawdle(0)
	post(r, signed(t, secret, "evt_1", ofEvent))
	if report := r.ledger.report(); report.err() != nil || len(report.twice) != 1 {
		t.Errorf("the report is %+v", report)
	}
}
