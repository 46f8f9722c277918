package webhook_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// A receiver with a registered endpoint checks each request with the secret that
// it was given when it registered.
func ExampleVerifyRequest() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := webhook.VerifyRequest(r, secret)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		fmt.Printf("%s: %s\n", r.Header.Get("webhook-id"), body)
		w.WriteHeader(http.StatusNoContent)
	}

	body := `{"id":"evt_1","type":"task.completed"}`
	r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
	signer, err := webhook.NewSigner(secret, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer.Sign(r.Header, "evt_1", time.Now(), []byte(body))
	w := httptest.NewRecorder()
	receive(w, r)
	fmt.Println(w.Code)
	// Output:
	// evt_1: {"id":"evt_1","type":"task.completed"}
	// 204
}

// While a secret is being changed, a receiver knows both.
func ExampleNewVerifier() {
	before, after := webhook.NewSecret(), webhook.NewSecret()
	verifier, err := webhook.NewVerifier(after, before)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := webhook.NewSigner(before, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	h := http.Header{}
	signer.Sign(h, "evt_1", now, []byte(`{}`))
	fmt.Println(verifier.Verify(h, []byte(`{}`), now))
	fmt.Println(errors.Is(verifier.Verify(h, []byte(`{}`), now.Add(time.Hour)), webhook.ErrTooOld))
	// Output:
	// <nil>
	// true
}

// The receiver of per-job deliveries fetches the sender's public keys from
// /.well-known/jwks.json once, and again when a signature does not match.
func ExampleNewJobVerifier() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	published := webhook.EncodeJWKS(webhook.PublicKey{ID: "2026", Key: private.Public().(ed25519.PublicKey)})

	keys, err := webhook.ParseJWKS(published)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := webhook.NewJobVerifier(keys...)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	h := http.Header{}
	webhook.NewJobSigner(private).Sign(h, "evt_1", now, []byte(`{}`))
	fmt.Println(verifier.Verify(h, []byte(`{}`), now))
	// Output: <nil>
}
