package delivery

import (
	"net/http"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/webhook"
)

// userAgent names us to receivers.
const userAgent = "taskhook/1 (+webhooks)"

// target is where and how a lane sends.
type target struct {
	active bool
	url    *url.URL        // of an endpoint; nil: each delivery has its own
	signer *webhook.Signer // of an endpoint
	until  time.Time       // when the secrets in force change; zero: never

	rate, maxInFlight int // see taskhook.Endpoint
}

// originTarget is the target of all lanes of per-job deliveries.
func originTarget() *target { return &target{active: true} }

// newTarget prepares an endpoint's target once for many sends.
func newTarget(e *taskhook.Endpoint, now time.Time) (*target, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return nil, err
	}
	primary, all := e.SigningSecrets(now)
	signer, err := webhook.NewSigner(primary, all)
	if err != nil {
		return nil, err
	}
	t := &target{active: e.State == taskhook.EndpointActive, url: u, signer: signer, rate: e.Rate, maxInFlight: e.MaxInFlight}
	for _, s := range e.Secrets {
		for _, change := range []time.Time{s.PromotedAt, s.ExpiresAt} {
			if change.After(now) && (t.until.IsZero() || change.Before(t.until)) {
				t.until = change
			}
		}
	}
	return t, nil
}

// stale reports whether the secrets in force have changed since.
func (t *target) stale(now time.Time) bool { return !t.until.IsZero() && !now.Before(t.until) }

// request builds one attempt: the same bytes and id each time, time and
// signature anew.
func (t *target) request(d *taskhook.Outgoing, jobs *webhook.JobSigner, now time.Time) (*egress.Request, error) {
	h := make(http.Header, 8)
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{userAgent}
	if t.url != nil {
		t.signer.Sign(h, d.EventID, now, d.Body)
		return &egress.Request{URL: t.url, Header: h, Body: d.Body}, nil
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return nil, err
	}
	jobs.Sign(h, d.EventID, now, d.Body)
	h["X-Webhook-Event"] = []string{d.EventType}
	h["X-Job-Id"] = []string{d.Subject}
	return &egress.Request{URL: u, Header: h, Body: d.Body}, nil
}
