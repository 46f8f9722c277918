package interop

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// receiver is a server in Node that checks what it is sent by the verifier of
// the founding documentation.
type receiver struct {
	*script
	url string
}

// receipt is a request as the receiver saw it. Error is empty when it accepted.
type receipt struct {
	Path    string
	Headers map[string]string
	Body    string
	Error   string
}

func newReceiver(t *testing.T) receiver {
	t.Helper()
	r := receiver{script: start(t, "receiver.js")}
	var hello struct{ Port int }
	r.hear(&hello)
	r.url = fmt.Sprintf("http://127.0.0.1:%d/webhook", hello.Port)
	return r
}

// use makes the receiver check with the secret.
func (r receiver) use(secret string) {
	r.t.Helper()
	r.say([]byte(secret))
	var done struct{ Secret string }
	r.hear(&done)
}

// post sends a signed body and returns what the receiver says of it.
func (r receiver) post(headers http.Header, body []byte) receipt {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = headers.Clone()
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	res.Body.Close()
	var got receipt
	r.hear(&got)
	if accepted := res.StatusCode == http.StatusOK; accepted != (got.Error == "") {
		r.t.Fatalf("the receiver answered %d and says %q", res.StatusCode, got.Error)
	}
	return got
}

func TestSeedVerifierAccepts(t *testing.T) {
	t.Parallel()
	if !needNode(t) {
		return
	}
	r := newReceiver(t)
	for _, secret := range []string{webhook.NewSecret(), "chosen by a person, not base64"} {
		r.use(secret)
		signer, err := webhook.NewSigner(secret, []string{webhook.NewSecret(), secret})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range metadata {
			headers, sent := http.Header{}, body(t, m)
			signer.Sign(headers, "evt_0a", time.Now(), sent)
			if got := r.post(headers, sent); got.Error != "" {
				t.Errorf("metadata %s: %s\nsent %s", m, got.Error, sent)
			}
		}
	}
}

func TestSeedVerifierRefuses(t *testing.T) {
	t.Parallel()
	if !needNode(t) {
		return
	}
	r := newReceiver(t)
	secret := webhook.NewSecret()
	r.use(secret)
	signer, err := webhook.NewSigner(secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := body(t, metadata[2])
	signed := func(at time.Time) http.Header {
		headers := http.Header{}
		signer.Sign(headers, "evt_0a", at, sent)
		return headers
	}
	if got := r.post(signed(time.Now()), bytes.Replace(sent, []byte("u_123"), []byte("u_124"), 1)); got.Error == "" {
		t.Error("a changed body was accepted")
	}
	if got := r.post(signed(time.Now().Add(-10*time.Minute)), sent); got.Error == "" {
		t.Error("an old timestamp was accepted")
	}
	r.use(webhook.NewSecret())
	if got := r.post(signed(time.Now()), sent); got.Error == "" {
		t.Error("another secret was accepted")
	}
}
