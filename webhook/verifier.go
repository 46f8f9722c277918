package webhook

import (
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Tolerance is how far a timestamp may be from the receiver's clock, either way.
const Tolerance = 5 * time.Minute

// maxEntries is how many entries of webhook-signature are looked at, so that a
// forged header cannot make the receiver compute for long.
const maxEntries = 16

// Verifier checks webhooks against the keys that it knows. It may be used
// concurrently.
type Verifier struct {
	texts  [][]byte // secrets as they are written, for X-Webhook-Signature
	keys   [][]byte // the same decoded, for webhook-signature
	public []ed25519.PublicKey
}

// NewVerifier returns a Verifier for deliveries to a configured endpoint. While
// its secret is being changed give both texts. No secret, or an empty one, is an
// error.
func NewVerifier(secrets ...string) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("webhook: no secret is given")
	}
	v := &Verifier{}
	for _, text := range secrets {
		key, err := decodeSecret(text)
		if err != nil {
			return nil, err
		}
		v.texts = append(v.texts, []byte(text))
		v.keys = append(v.keys, key)
	}
	return v, nil
}

// NewJobVerifier returns a Verifier for per-job deliveries, given the sender's
// public keys; see ParseJWKS. No key, or one of a wrong size, is an error.
func NewJobVerifier(keys ...PublicKey) (*Verifier, error) {
	if len(keys) == 0 {
		return nil, errors.New("webhook: no public key is given")
	}
	v := &Verifier{}
	for _, key := range keys {
		if len(key.Key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("webhook: the public key %q has %d bytes, not %d", key.ID, len(key.Key), ed25519.PublicKeySize)
		}
		v.public = append(v.public, key.Key)
	}
	return v, nil
}

// Verify reports whether a known key signed the headers and the body, within
// Tolerance of now: nil if so, otherwise an error that wraps one of the Err
// values. The body must be the bytes as they were received.
//
// It goes by webhook-signature if that header is there and else by
// X-Webhook-Signature. The latter does not cover the id in the headers: to
// recognise a message that comes again, take the id from the body.
func (v *Verifier) Verify(h http.Header, body []byte, now time.Time) error {
	if len(v.texts) > 0 && len(h[HeaderSignature]) == 0 && len(h[HeaderXSignature]) > 0 {
		return v.verifyX(h, body, now)
	}
	fields, err := required(h, HeaderID, HeaderTimestamp, HeaderSignature)
	if err != nil {
		return err
	}
	id, timestamp, list := fields[0], fields[1], fields[2]
	if err := checkTimestamp(timestamp, now); err != nil {
		return err
	}
	entries := strings.SplitN(list, " ", maxEntries+1)
	entries = entries[:min(len(entries), maxEntries)]
	if v.matchHMAC(entries, appendPreamble(nil, id, timestamp), body) {
		return nil
	}
	if len(v.public) > 0 && v.matchEd25519(entries, signedText(id, timestamp, body)) {
		return nil
	}
	return ErrNoMatch
}

// verifyX checks the headers of ModelHunter.AI.
func (v *Verifier) verifyX(h http.Header, body []byte, now time.Time) error {
	fields, err := required(h, HeaderXID, HeaderXTimestamp, HeaderXSignature)
	if err != nil {
		return err
	}
	timestamp, signature := fields[1], []byte(fields[2])
	if err := checkTimestamp(timestamp, now); err != nil {
		return err
	}
	preamble := appendXPreamble(nil, timestamp)
	for _, text := range v.texts {
		if subtle.ConstantTimeCompare(signature, newMAC(text).appendHex(nil, preamble, body)) == 1 {
			return nil
		}
	}
	return ErrNoMatch
}

// matchHMAC compares whole entries with those that it would make, so that an
// empty or a partial signature is like any other that is wrong.
func (v *Verifier) matchHMAC(entries []string, preamble, body []byte) bool {
	for _, key := range v.keys {
		want := newMAC(key).appendEntry(nil, preamble, body)
		for _, entry := range entries {
			if subtle.ConstantTimeCompare([]byte(entry), want) == 1 {
				return true
			}
		}
	}
	return false
}

func (v *Verifier) matchEd25519(entries []string, text []byte) bool {
	for _, entry := range entries {
		encoded, ok := strings.CutPrefix(entry, markEd25519)
		if !ok {
			continue
		}
		signature, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(signature) != ed25519.SignatureSize {
			continue
		}
		for _, key := range v.public {
			if ed25519.Verify(key, text, signature) {
				return true
			}
		}
	}
	return false
}

// required returns the values of headers that must be there.
func required(h http.Header, names ...string) ([]string, error) {
	values := make([]string, len(names))
	for i, name := range names {
		if values[i] = h.Get(name); values[i] == "" {
			return nil, fmt.Errorf("%w: %s", ErrMissingHeader, name)
		}
	}
	return values, nil
}
