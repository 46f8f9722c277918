package webhook

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"
)

// JobSigner signs per-job deliveries, whose receivers share no secret with the
// sender. It may be used concurrently.
type JobSigner struct {
	key ed25519.PrivateKey
}

// NewJobSigner returns a JobSigner that signs with key.
func NewJobSigner(key ed25519.PrivateKey) *JobSigner { return &JobSigner{key: key} }

// Sign sets the headers of a per-job delivery that is attempted at now: those of
// Signer.Sign but for X-Webhook-Signature, which it removes. The id must not
// contain a full stop. Ed25519 needs its text in one piece, so body is copied
// for the time of the call.
func (s *JobSigner) Sign(h http.Header, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	signature := ed25519.Sign(s.key, signedText(id, timestamp, body))

	entry := make([]byte, 0, len(markEd25519)+base64.StdEncoding.EncodedLen(ed25519.SignatureSize))
	entry = append(entry, markEd25519...)
	entry = base64.StdEncoding.AppendEncode(entry, signature)
	setHeaders(h, id, timestamp, string(entry), "")
}

// signedText returns the preamble and the body in one piece.
func signedText(id, timestamp string, body []byte) []byte {
	text := make([]byte, 0, len(id)+len(timestamp)+len("..")+len(body))
	text = appendPreamble(text, id, timestamp)
	return append(text, body...)
}
