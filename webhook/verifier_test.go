package webhook_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/taskhook/taskhook/webhook"
)

func newVerifier(tb testing.TB, secrets ...string) *webhook.Verifier {
	tb.Helper()
	v, err := webhook.NewVerifier(secrets...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// specHeader returns the headers of the specification's message in both schemes.
func specHeader() http.Header {
	h := http.Header{}
	h.Set("webhook-id", specID)
	h.Set("webhook-timestamp", strconv.Itoa(specSeconds))
	h.Set("webhook-signature", specSignature)
	h.Set("x-webhook-id", specID)
	h.Set("x-webhook-timestamp", strconv.Itoa(specSeconds))
	h.Set("x-webhook-signature", modelHunterSignature(specSecret, strconv.Itoa(specSeconds), specBody))
	return h
}

// only returns h without the headers of the other scheme.
func only(scheme string, h http.Header) http.Header {
	for name := range h {
		if strings.HasPrefix(name, "X-") != (scheme == "ModelHunter") {
			delete(h, name)
		}
	}
	return h
}

// TestVerify changes one thing at a time in the headers of each scheme.
func TestVerify(t *testing.T) {
	t.Parallel()
	hexOf := modelHunterSignature(specSecret, strconv.Itoa(specSeconds), specBody)
	schemes := map[string]struct {
		prefix                    string
		empty, partial, longer    string
		wrongMark, upper, another string
	}{
		"Standard": {
			prefix: "webhook-", empty: "v1,", partial: specSignature[:20], longer: specSignature + "A",
			wrongMark: "v2" + specSignature[2:], upper: strings.ToUpper(specSignature),
			another: "v1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
		},
		"ModelHunter": {
			prefix: "x-webhook-", empty: "sha256=", partial: hexOf[:20], longer: hexOf + "0",
			wrongMark: "sha512=" + hexOf[7:], upper: strings.ToUpper(hexOf),
			another: "sha256=" + strings.Repeat("0", 64),
		},
	}
	for name, s := range schemes {
		id, timestamp, signature := s.prefix+"id", s.prefix+"timestamp", s.prefix+"signature"
		tests := []struct {
			name  string
			edit  func(http.Header)
			after time.Duration // of the clock behind the timestamp
			want  error
		}{
			{"untouched", func(http.Header) {}, 0, nil},
			{"no id", func(h http.Header) { h.Del(id) }, 0, webhook.ErrMissingHeader},
			{"no timestamp", func(h http.Header) { h.Del(timestamp) }, 0, webhook.ErrMissingHeader},
			{"no signature", func(h http.Header) { h.Del(signature) }, 0, webhook.ErrMissingHeader},
			{"blank signature", func(h http.Header) { h.Set(signature, "") }, 0, webhook.ErrMissingHeader},
			{"timestamp in words", func(h http.Header) { h.Set(timestamp, "yesterday") }, 0, webhook.ErrBadTimestamp},
			{"timestamp with a sign", func(h http.Header) { h.Set(timestamp, "+1614265330") }, 0, webhook.ErrBadTimestamp},
			{"timestamp with a fraction", func(h http.Header) { h.Set(timestamp, "1614265330.5") }, 0, webhook.ErrBadTimestamp},
			{"timestamp beyond all bounds", func(h http.Header) { h.Set(timestamp, strings.Repeat("9", 30)) }, 0, webhook.ErrBadTimestamp},
			{"timestamp in a million years", func(h http.Header) { h.Set(timestamp, strings.Repeat("9", 18)) }, 0, webhook.ErrTooNew},
			{"other timestamp", func(h http.Header) { h.Set(timestamp, "1614265331") }, 0, webhook.ErrNoMatch},
			{"5 minutes old", func(http.Header) {}, webhook.Tolerance, nil},
			{"older", func(http.Header) {}, webhook.Tolerance + time.Second, webhook.ErrTooOld},
			{"5 minutes ahead", func(http.Header) {}, -webhook.Tolerance, nil},
			{"further ahead", func(http.Header) {}, -webhook.Tolerance - time.Second, webhook.ErrTooNew},
			{"empty signature", func(h http.Header) { h.Set(signature, s.empty) }, 0, webhook.ErrNoMatch},
			{"partial signature", func(h http.Header) { h.Set(signature, s.partial) }, 0, webhook.ErrNoMatch},
			{"longer signature", func(h http.Header) { h.Set(signature, s.longer) }, 0, webhook.ErrNoMatch},
			{"other mark", func(h http.Header) { h.Set(signature, s.wrongMark) }, 0, webhook.ErrNoMatch},
			{"upper case", func(h http.Header) { h.Set(signature, s.upper) }, 0, webhook.ErrNoMatch},
			{"another signature", func(h http.Header) { h.Set(signature, s.another) }, 0, webhook.ErrNoMatch},
		}
		for _, test := range tests {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				h := only(name, specHeader())
				test.edit(h)
				now := time.Unix(specSeconds, 0).Add(test.after)
				if err := newVerifier(t, specSecret).Verify(h, []byte(specBody), now); !errors.Is(err, test.want) {
					t.Errorf("Verify says %v, want %v", err, test.want)
				}
			})
		}
	}
}

func TestVerifyBodies(t *testing.T) {
	t.Parallel()
	now := time.Now()
	v := newVerifier(t, specSecret)
	for name, body := range bodies() {
		for _, scheme := range []string{"Standard", "ModelHunter"} {
			t.Run(name+"/"+scheme, func(t *testing.T) {
				t.Parallel()
				h := http.Header{}
				newSigner(t, specSecret).Sign(h, specID, now, []byte(body))
				h = only(scheme, h)
				if err := v.Verify(h, []byte(body), now); err != nil {
					t.Errorf("Verify refuses what Sign made: %v", err)
				}
				if err := v.Verify(h, []byte(body+" "), now); !errors.Is(err, webhook.ErrNoMatch) {
					t.Errorf("Verify of a longer body says %v", err)
				}
			})
		}
	}
}

func TestVerifyAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	oracle, err := standardwebhooks.NewWebhook(specSecret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, body := range bodies() {
		signature, err := oracle.Sign("evt_1", now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{"Webhook-Id": {"evt_1"}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signature}}
		if err := newVerifier(t, specSecret).Verify(h, []byte(body), now); err != nil {
			t.Errorf("%s: Verify refuses what the library of the standard made: %v", name, err)
		}
	}
}

func TestVerifyList(t *testing.T) {
	t.Parallel()
	junk := "v1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="
	tests := []struct {
		name, list string
		want       error
	}{
		{"wrong versions first", "v2," + specSignature[3:] + " v1a," + specSignature[3:] + " " + specSignature, nil},
		{"wrong signature first", junk + " " + specSignature, nil},
		{"junk around", "v1 , v1, ,, " + specSignature + " v1,", nil},
		{"only junk", "v1 , v1, ,, v1,=", webhook.ErrNoMatch},
		{"without version", specSignature[3:], webhook.ErrNoMatch},
		{"last that is looked at", strings.Repeat(junk+" ", 15) + specSignature, nil},
		{"too far behind", strings.Repeat(junk+" ", 16) + specSignature, webhook.ErrNoMatch},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := only("Standard", specHeader())
			h.Set("webhook-signature", test.list)
			if err := newVerifier(t, specSecret).Verify(h, []byte(specBody), time.Unix(specSeconds, 0)); !errors.Is(err, test.want) {
				t.Errorf("Verify says %v, want %v", err, test.want)
			}
		})
	}
}

// TestVerifyGoesByTheStronger makes sure that a good X-Webhook-Signature does
// not help a message whose id, which it does not cover, was changed.
func TestVerifyGoesByTheStronger(t *testing.T) {
	t.Parallel()
	h := specHeader()
	h.Set("webhook-id", "evt_other")
	h.Set("x-webhook-id", "evt_other")
	err := newVerifier(t, specSecret).Verify(h, []byte(specBody), time.Unix(specSeconds, 0))
	if !errors.Is(err, webhook.ErrNoMatch) {
		t.Errorf("Verify of another id says %v", err)
	}
}

func TestVerifySecrets(t *testing.T) {
	t.Parallel()
	now := time.Unix(specSeconds, 0)
	tests := []struct {
		name, sign string
		verify     []string
		want       error
	}{
		{"prefix left out", specSecret, []string{strings.TrimPrefix(specSecret, "whsec_")}, nil},
		{"not base64", "a plain secret!", []string{"a plain secret!"}, nil},
		{"prefixed, not base64", "whsec_a plain secret!", []string{"whsec_a plain secret!"}, nil},
		{"second of two", specSecret, []string{otherSecret, specSecret}, nil},
		{"another", specSecret, []string{otherSecret}, webhook.ErrNoMatch},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			newSigner(t, test.sign).Sign(h, specID, now, []byte(specBody))
			if err := newVerifier(t, test.verify...).Verify(only("Standard", h), []byte(specBody), now); !errors.Is(err, test.want) {
				t.Errorf("Verify says %v, want %v", err, test.want)
			}
		})
	}
	for _, secrets := range [][]string{nil, {""}, {"whsec_"}, {specSecret, ""}} {
		if _, err := webhook.NewVerifier(secrets...); err == nil {
			t.Errorf("NewVerifier(%q) took no or an empty secret", secrets)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(specID, "1614265330", specSignature, specBody)
	f.Add("", "+1", "v1,", "")
	v := newVerifier(f, specSecret)
	f.Fuzz(func(t *testing.T, id, timestamp, signature, body string) {
		h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {signature}}
		err := v.Verify(h, []byte(body), time.Unix(specSeconds, 0))
		if err == nil && (id != specID || body != specBody) {
			t.Errorf("Verify accepts %q, %q with %q, %q", id, body, timestamp, signature)
		}
	})
}
