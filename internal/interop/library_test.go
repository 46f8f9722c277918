package interop

import (
	"crypto/ed25519"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// tamperings are changes of a delivery that no verifier may accept.
var tamperings = [...]struct {
	name   string
	change func(*question)
}{
	{"another body", func(q *question) { q.Body += " " }},
	{"another id", func(q *question) { q.Headers["webhook-id"] += "x" }},
	{"another time", func(q *question) { q.Headers["webhook-timestamp"] = "1700000000" }},
	{"an empty signature", func(q *question) {
		version, _, _ := strings.Cut(q.Headers["webhook-signature"], ",")
		q.Headers["webhook-signature"] = version + ","
	}},
	{"half a signature", func(q *question) {
		first, _, _ := strings.Cut(q.Headers["webhook-signature"], " ")
		q.Headers["webhook-signature"] = first[:len(first)/2]
	}},
}

// delivery returns the question whether a freshly signed body is accepted.
func delivery(sign func(h http.Header, id string, now time.Time, body []byte), sent []byte) question {
	headers := http.Header{}
	sign(headers, "evt_0a", time.Now(), sent)
	return question{Headers: lower(headers), Body: string(sent)}
}

func TestStandardWebhooksLibraries(t *testing.T) {
	t.Parallel()
	if !needPackages(t) {
		return
	}
	o := newOracle(t)
	secret, former := webhook.NewSecret(), webhook.NewSecret()
	signer, err := webhook.NewSigner(former, []string{secret, former})
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"standardwebhooks", "svix"} {
		for _, m := range metadata {
			q := delivery(signer.Sign, body(t, m))
			q.Ask = library
			for _, q.Secret = range []string{secret, former} {
				if _, thrown := o.ask(q); thrown != "" {
					t.Errorf("%s refused metadata %s: %s", library, m, thrown)
				}
			}
		}
		for _, tt := range tamperings {
			q := delivery(signer.Sign, body(t, metadata[2]))
			q.Ask, q.Secret = library, secret
			tt.change(&q)
			if _, thrown := o.ask(q); thrown == "" {
				t.Errorf("%s accepted %s", library, tt.name)
			}
		}
	}
}

func TestPerJobSignature(t *testing.T) {
	t.Parallel()
	if !needPackages(t) {
		return
	}
	o := newOracle(t)
	signer, keys := newJobSigner(t)
	_, other := newJobSigner(t)
	for _, m := range metadata {
		q := delivery(signer.Sign, body(t, m))
		q.Ask, q.Keys = "ed25519", keys
		if _, thrown := o.ask(q); thrown != "" {
			t.Errorf("refused metadata %s: %s", m, thrown)
		}
		if q.Headers["x-webhook-signature"] != "" {
			t.Error("a per-job delivery has a signature with a secret")
		}
		q.Keys = other
		if _, thrown := o.ask(q); thrown == "" {
			t.Error("accepted with another key")
		}
	}
	for _, tt := range tamperings {
		q := delivery(signer.Sign, body(t, metadata[2]))
		q.Ask, q.Keys = "ed25519", keys
		tt.change(&q)
		if _, thrown := o.ask(q); thrown == "" {
			t.Errorf("accepted %s", tt.name)
		}
	}
}

// newJobSigner returns a signer with a new key, and its public key as a set.
func newJobSigner(t *testing.T) (_ *webhook.JobSigner, keys string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return webhook.NewJobSigner(private), string(webhook.EncodeJWKS(webhook.PublicKey{ID: "k1", Key: public}))
}
