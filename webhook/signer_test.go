package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/taskhook/taskhook/webhook"
)

// The message of the Standard Webhooks specification.
const (
	specSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	specID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	specSeconds   = 1614265330
	specBody      = `{"test": 2432232314}`
	specSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

// otherSecret is a second valid one: the base64 of 32 letters "k".
const otherSecret = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="

func newSigner(tb testing.TB, primary string, list ...string) *webhook.Signer {
	tb.Helper()
	s, err := webhook.NewSigner(primary, list)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// modelHunterSignature computes the value of X-Webhook-Signature as the
// documentation of ModelHunter.AI words it.
func modelHunterSignature(secret, timestamp, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(timestamp + "." + body))
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}

func TestSignSetsTheHeaders(t *testing.T) {
	t.Parallel()
	h := http.Header{"Content-Type": {"application/json"}}
	newSigner(t, specSecret).Sign(h, specID, time.Unix(specSeconds, 999), []byte(specBody))
	want := http.Header{
		"Content-Type":        {"application/json"},
		"Webhook-Id":          {specID},
		"Webhook-Timestamp":   {"1614265330"},
		"Webhook-Signature":   {specSignature},
		"X-Webhook-Id":        {specID},
		"X-Webhook-Timestamp": {"1614265330"},
		"X-Webhook-Signature": {modelHunterSignature(specSecret, "1614265330", specBody)},
	}
	if !maps.EqualFunc(h, want, slices.Equal) {
		t.Errorf("Sign set %v, want %v", h, want)
	}
	for name := range h {
		if http.CanonicalHeaderKey(name) != name {
			t.Errorf("%s is not in the form of http.Header", name)
		}
	}
}

func TestSignAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, body := range bodies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			newSigner(t, specSecret).Sign(h, specID, now, []byte(body))
			oracle, err := standardwebhooks.NewWebhook(specSecret)
			if err != nil {
				t.Fatal(err)
			}
			if err := oracle.Verify([]byte(body), h); err != nil {
				t.Errorf("the library of the standard refuses what Sign made: %v", err)
			}
			if got, want := h.Get("X-Webhook-Signature"), modelHunterSignature(specSecret, h.Get("X-Webhook-Timestamp"), body); got != want {
				t.Errorf("X-Webhook-Signature is %s, want %s", got, want)
			}
		})
	}
}

// bodies are those on which implementations have been known to differ.
func bodies() map[string]string {
	return map[string]string{
		"specification":    specBody,
		"empty":            "",
		"not ASCII":        `{"name":"Zürich – 日本 😀"}`,
		"line separators":  "{\"text\":\"\u2028\u2029\"}",
		"trailing newline": specBody + "\n",
		"not UTF-8":        "\xff\x00.",
		"full stops":       "1.2.3",
		"1 MiB":            strings.Repeat("a", 1<<20),
	}
}

func TestSignDuringRotation(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := http.Header{}
	newSigner(t, specSecret, otherSecret, specSecret).Sign(h, "evt_1", now, []byte(specBody))
	if got := len(strings.Fields(h.Get("webhook-signature"))); got != 2 {
		t.Errorf("webhook-signature has %d entries, want one for each secret", got)
	}
	for _, secret := range []string{specSecret, otherSecret} {
		oracle, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := oracle.Verify([]byte(specBody), h); err != nil {
			t.Errorf("a receiver with %s is refused: %v", secret, err)
		}
	}
	if got, want := h.Get("X-Webhook-Signature"), modelHunterSignature(specSecret, h.Get("X-Webhook-Timestamp"), specBody); got != want {
		t.Errorf("X-Webhook-Signature is %s, want that of the primary secret, %s", got, want)
	}
}

func TestSignConcurrently(t *testing.T) {
	t.Parallel()
	s := newSigner(t, specSecret, specSecret, otherSecret)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				h := http.Header{}
				s.Sign(h, specID, time.Unix(specSeconds, 0), []byte(specBody))
				if !strings.HasPrefix(h.Get("webhook-signature"), specSignature+" v1,") {
					t.Errorf("webhook-signature is %s", h.Get("webhook-signature"))
				}
			}
		})
	}
	group.Wait()
}

func TestNewSignerRefusesEmptySecrets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		primary string
		list    []string
	}{{"", nil}, {"whsec_", nil}, {"", []string{specSecret}}, {specSecret, []string{specSecret, ""}}} {
		if _, err := webhook.NewSigner(test.primary, test.list); err == nil {
			t.Errorf("NewSigner(%q, %q) took an empty secret", test.primary, test.list)
		}
	}
}

func TestNewSecret(t *testing.T) {
	t.Parallel()
	secret := webhook.NewSecret()
	if len(secret) != len("whsec_")+44 || !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("NewSecret returned %q, want whsec_ and the base64 of 32 bytes", secret)
	}
	if secret == webhook.NewSecret() {
		t.Error("NewSecret returned the same secret twice")
	}
	if _, err := standardwebhooks.NewWebhook(secret); err != nil {
		t.Errorf("the library of the standard refuses a new secret: %v", err)
	}
}

func BenchmarkSign(b *testing.B) {
	body := []byte(strings.Repeat("x", 800))
	now := time.Unix(specSeconds, 0)
	for name, s := range map[string]*webhook.Signer{
		"one secret":  newSigner(b, specSecret),
		"two secrets": newSigner(b, specSecret, specSecret, otherSecret),
	} {
		b.Run(name, func(b *testing.B) {
			h := http.Header{}
			b.ReportAllocs()
			for b.Loop() {
				s.Sign(h, specID, now, body)
			}
		})
	}
}
