package webhook_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// The key pair of RFC 8037, appendix A.
const (
	rfcSeed   = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	rfcPublic = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
)

func rfcKey(tb testing.TB) ed25519.PrivateKey {
	tb.Helper()
	seed, err := base64.RawURLEncoding.DecodeString(rfcSeed)
	if err != nil {
		tb.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func publicKey(key ed25519.PrivateKey) webhook.PublicKey {
	return webhook.PublicKey{ID: "one", Key: key.Public().(ed25519.PublicKey)}
}

func newJobVerifier(tb testing.TB, keys ...webhook.PublicKey) *webhook.Verifier {
	tb.Helper()
	v, err := webhook.NewJobVerifier(keys...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestJobSigner(t *testing.T) {
	t.Parallel()
	key := rfcKey(t)
	h := http.Header{"X-Webhook-Signature": {"stale"}, "X-Job-Id": {"task_1"}}
	webhook.NewJobSigner(key).Sign(h, specID, time.Unix(specSeconds, 0), []byte(specBody))

	signed := ed25519.Sign(key, []byte(specID+".1614265330."+specBody))
	want := map[string]string{
		"Webhook-Id": specID, "Webhook-Timestamp": "1614265330",
		"Webhook-Signature": "v1a," + base64.StdEncoding.EncodeToString(signed),
		"X-Webhook-Id":      specID, "X-Webhook-Timestamp": "1614265330", "X-Job-Id": "task_1",
	}
	if len(h) != len(want) {
		t.Errorf("Sign left %v, want no X-Webhook-Signature", h)
	}
	for name, value := range want {
		if got := h[name]; !slices.Equal(got, []string{value}) {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func TestJobVerifier(t *testing.T) {
	t.Parallel()
	key := rfcKey(t)
	stranger := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	now := time.Unix(specSeconds, 0)
	tests := []struct {
		name string
		edit func(h http.Header)
		keys []webhook.PublicKey
		want error
	}{
		{"untouched", func(http.Header) {}, []webhook.PublicKey{publicKey(key)}, nil},
		{"one of two keys", func(http.Header) {}, []webhook.PublicKey{publicKey(stranger), publicKey(key)}, nil},
		{"behind a v1", func(h http.Header) { h.Set("webhook-signature", specSignature+" "+h.Get("webhook-signature")) }, []webhook.PublicKey{publicKey(key)}, nil},
		{"another key", func(http.Header) {}, []webhook.PublicKey{publicKey(stranger)}, webhook.ErrNoMatch},
		{"other id", func(h http.Header) { h.Set("webhook-id", "evt_2") }, []webhook.PublicKey{publicKey(key)}, webhook.ErrNoMatch},
		{"empty", func(h http.Header) { h.Set("webhook-signature", "v1a,") }, []webhook.PublicKey{publicKey(key)}, webhook.ErrNoMatch},
		{"partial", func(h http.Header) { h.Set("webhook-signature", h.Get("webhook-signature")[:44]) }, []webhook.PublicKey{publicKey(key)}, webhook.ErrNoMatch},
		{"as v1", func(h http.Header) { h.Set("webhook-signature", "v1"+h.Get("webhook-signature")[3:]) }, []webhook.PublicKey{publicKey(key)}, webhook.ErrNoMatch},
		{"not base64", func(h http.Header) { h.Set("webhook-signature", "v1a,!") }, []webhook.PublicKey{publicKey(key)}, webhook.ErrNoMatch},
		{"none", func(h http.Header) { h.Del("webhook-signature") }, []webhook.PublicKey{publicKey(key)}, webhook.ErrMissingHeader},
		{"old", func(h http.Header) { h.Set("webhook-timestamp", "1614265000") }, []webhook.PublicKey{publicKey(key)}, webhook.ErrTooOld},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			webhook.NewJobSigner(key).Sign(h, specID, now, []byte(specBody))
			test.edit(h)
			if err := newJobVerifier(t, test.keys...).Verify(h, []byte(specBody), now); !errors.Is(err, test.want) {
				t.Errorf("Verify says %v, want %v", err, test.want)
			}
		})
	}
}

// TestKindsDoNotMix gives each kind of verifier what the other kind is sent.
func TestKindsDoNotMix(t *testing.T) {
	t.Parallel()
	now := time.Unix(specSeconds, 0)
	perJob := http.Header{}
	webhook.NewJobSigner(rfcKey(t)).Sign(perJob, specID, now, []byte(specBody))
	if err := newVerifier(t, specSecret).Verify(perJob, []byte(specBody), now); !errors.Is(err, webhook.ErrNoMatch) {
		t.Errorf("a secret against a per-job delivery says %v", err)
	}
	if err := newJobVerifier(t, publicKey(rfcKey(t))).Verify(specHeader(), []byte(specBody), now); !errors.Is(err, webhook.ErrNoMatch) {
		t.Errorf("a public key against a configured delivery says %v", err)
	}
}

func TestNewJobVerifierRefusesBadKeys(t *testing.T) {
	t.Parallel()
	if _, err := webhook.NewJobVerifier(); err == nil {
		t.Error("NewJobVerifier took no key at all")
	}
	if _, err := webhook.NewJobVerifier(webhook.PublicKey{ID: "short", Key: make([]byte, 31)}); err == nil || !strings.Contains(err.Error(), "short") {
		t.Errorf("NewJobVerifier of a short key says %v", err)
	}
}

func TestJWKS(t *testing.T) {
	t.Parallel()
	key := publicKey(rfcKey(t))
	text := webhook.EncodeJWKS(key, webhook.PublicKey{ID: "two", Key: make([]byte, ed25519.PublicKeySize)})
	want := `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","use":"sig","alg":"EdDSA","x":"` + rfcPublic + `"},` +
		`{"kty":"OKP","crv":"Ed25519","kid":"two","use":"sig","alg":"EdDSA","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`
	if string(text) != want {
		t.Errorf("EncodeJWKS = %s, want %s", text, want)
	}
	keys, err := webhook.ParseJWKS(text)
	if err != nil || len(keys) != 2 || keys[0].ID != "one" || !keys[0].Key.Equal(key.Key) || keys[1].ID != "two" {
		t.Errorf("ParseJWKS = %v, %v", keys, err)
	}
	if empty := webhook.EncodeJWKS(); string(empty) != `{"keys":[]}` {
		t.Errorf("EncodeJWKS of nothing = %s", empty)
	}
}

func TestParseJWKS(t *testing.T) {
	t.Parallel()
	ours := `{"kty":"OKP","crv":"Ed25519","x":"` + rfcPublic + `"}`
	tests := []struct {
		name, text string
		keys       int // 0: an error
	}{
		{"other kinds beside", `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"X25519","x":"AA"},7,` + ours + `]}`, 1},
		{"for encryption", `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","x":"` + rfcPublic + `"}]}`, 0},
		{"no keys", `{"keys":[]}`, 0},
		{"no set", `{}`, 0},
		{"a bare key", ours, 0},
		{"short key", `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AAAA"}]}`, 0},
		{"not base64url", `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"+/+/"}]}`, 0},
		{"not JSON", `<html>`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			keys, err := webhook.ParseJWKS([]byte(test.text))
			if len(keys) != test.keys || (err == nil) != (test.keys > 0) {
				t.Errorf("ParseJWKS(%s) = %v, %v, want %d keys", test.text, keys, err, test.keys)
			}
		})
	}
}

func FuzzParseJWKS(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + rfcPublic + `"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := webhook.ParseJWKS(text)
		if err != nil {
			return
		}
		again, err := webhook.ParseJWKS(webhook.EncodeJWKS(keys...))
		if err != nil || len(again) != len(keys) {
			t.Errorf("%s does not survive encoding: %v", text, err)
		}
		if !json.Valid(text) {
			t.Errorf("%q is not JSON", text)
		}
	})
}
