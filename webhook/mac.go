package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
)

// mac makes signatures with one shared key. It is reused, because setting up
// the hash costs as much as a short body; it must not be used concurrently.
type mac struct {
	hash   hash.Hash
	digest [sha256.Size]byte
}

func newMAC(key []byte) *mac { return &mac{hash: hmac.New(sha256.New, key)} }

// sum returns the digest of preamble and body, valid until the next call.
func (m *mac) sum(preamble, body []byte) []byte {
	m.hash.Reset()
	m.hash.Write(preamble)
	m.hash.Write(body)
	return m.hash.Sum(m.digest[:0])
}

// appendEntry appends an entry of webhook-signature.
func (m *mac) appendEntry(dst, preamble, body []byte) []byte {
	dst = append(dst, markHMAC...)
	return base64.StdEncoding.AppendEncode(dst, m.sum(preamble, body))
}

// appendHex appends the value of X-Webhook-Signature.
func (m *mac) appendHex(dst, preamble, body []byte) []byte {
	dst = append(dst, markHex...)
	return hex.AppendEncode(dst, m.sum(preamble, body))
}

// appendPreamble appends what stands before the body in the signed text of
// Standard Webhooks.
func appendPreamble(dst []byte, id, timestamp string) []byte {
	dst = append(dst, id...)
	dst = append(dst, '.')
	return appendXPreamble(dst, timestamp)
}

// appendXPreamble is appendPreamble for ModelHunter.AI, which leaves out the id.
func appendXPreamble(dst []byte, timestamp string) []byte {
	dst = append(dst, timestamp...)
	return append(dst, '.')
}
