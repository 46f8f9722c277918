package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Signer signs what one configured endpoint is sent, with keys made ready once.
// It may be used concurrently.
type Signer struct {
	mu      sync.Mutex // over all below; a lock costs less than new hashes do
	primary hash.Hash
	list    []hash.Hash
	buf     []byte
}

// NewSigner returns a Signer for the text of the secrets. The primary one makes
// X-Webhook-Signature, which has room for a single value; each of the others
// makes an entry of webhook-signature, in the order given. Without others the
// primary secret makes both. An empty secret is an error.
func NewSigner(primary string, others ...string) (*Signer, error) {
	if len(others) == 0 {
		others = []string{primary}
	}
	if _, err := decodeSecret(primary); err != nil {
		return nil, err
	}
	s := &Signer{primary: hmac.New(sha256.New, []byte(primary))}
	for _, text := range others {
		key, err := decodeSecret(text)
		if err != nil {
			return nil, err
		}
		s.list = append(s.list, hmac.New(sha256.New, key))
	}
	return s, nil
}

// Sign sets the six headers of a configured delivery made at now. The id must
// not contain a full stop, which separates it from what follows. Body is read,
// not kept.
func (s *Signer) Sign(h http.Header, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	s.mu.Lock()
	defer s.mu.Unlock()

	s.buf = appendPreamble(s.buf[:0], id, timestamp)
	preamble := s.buf
	text := append(preamble, markHex...)
	text = hex.AppendEncode(text, s.sum(s.primary, preamble[len(id)+1:], body))
	hexSignature := string(text[len(preamble):])

	text = text[:len(preamble)]
	for i, mac := range s.list {
		if i > 0 {
			text = append(text, ' ')
		}
		text = append(text, markHMAC+","...)
		text = base64.StdEncoding.AppendEncode(text, s.sum(mac, preamble, body))
	}
	list := string(text[len(preamble):])
	s.buf = text

	values := []string{id, timestamp, list, id, timestamp, hexSignature}
	setIdentity(h, values)
	h[HeaderSignature] = values[2:3:3]
	h[HeaderXSignature] = values[5:6:6]
}
