package webhook

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Signer signs what one configured endpoint is sent, with its keys made ready
// once. It may be used concurrently.
type Signer struct {
	mu       sync.Mutex // over the rest
	primary  *mac
	list     []*mac
	preamble []byte
	text     []byte
}

// NewSigner returns a Signer for the texts of an endpoint's secrets. The primary
// one makes X-Webhook-Signature, which has room for a single value. Those of the
// list make the entries of webhook-signature, in the order given; an empty list
// stands for the primary alone. A secret that is empty is an error.
func NewSigner(primary string, list []string) (*Signer, error) {
	if len(list) == 0 {
		list = []string{primary}
	}
	if _, err := decodeSecret(primary); err != nil {
		return nil, err
	}
	s := &Signer{primary: newMAC([]byte(primary))}
	for _, text := range list {
		key, err := decodeSecret(text)
		if err != nil {
			return nil, err
		}
		s.list = append(s.list, newMAC(key))
	}
	return s, nil
}

// Sign sets the six headers of a delivery that is attempted at now. The id must
// not contain a full stop, because one separates it from the timestamp.
func (s *Signer) Sign(h http.Header, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	s.mu.Lock()
	defer s.mu.Unlock()

	s.preamble = appendPreamble(s.preamble[:0], id, timestamp)
	s.text = s.text[:0]
	for i, m := range s.list {
		if i > 0 {
			s.text = append(s.text, ' ')
		}
		s.text = m.appendEntry(s.text, s.preamble, body)
	}
	list := string(s.text)

	s.preamble = appendXPreamble(s.preamble[:0], timestamp)
	s.text = s.primary.appendHex(s.text[:0], s.preamble, body)
	setHeaders(h, id, timestamp, list, string(s.text))
}
