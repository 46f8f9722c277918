package webhook

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// MaxBody is the size in bytes of the largest body that VerifyRequest reads: 1 MiB.
const MaxBody = 1 << 20

// VerifyRequest reads the body of a request to a configured endpoint and returns
// it if the request was signed with secret a short time ago; see
// Verifier.VerifyRequest.
func VerifyRequest(r *http.Request, secret string) (body []byte, err error) {
	v, err := NewVerifier(secret)
	if err != nil {
		return nil, err
	}
	return v.VerifyRequest(r)
}

// VerifyRequest reads the body of a request, of at most MaxBody bytes, and
// returns it if Verify accepts it by the clock of this machine. Otherwise the
// error wraps one of the Err values, or is that of reading. The body of the
// request is used up.
func (v *Verifier) VerifyRequest(r *http.Request) (body []byte, err error) {
	body, err = io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("webhook: read the body: %w", err)
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: over %d bytes", ErrBodyTooLarge, MaxBody)
	}
	if err := v.Verify(r.Header, body, time.Now()); err != nil {
		return nil, err
	}
	return body, nil
}
