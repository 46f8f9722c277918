package egress

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// Request is one POST. The same URL and Body may be used by many requests at
// once; Header belongs to Send from then on.
type Request struct {
	URL    *url.URL // as CheckURL returned it
	Header http.Header
	Body   []byte
}

// Result is what came of a request.
type Result struct {
	Status int            // HTTP status; 0 when none came
	Class  taskhook.Class // empty when the context was cancelled first: nothing was learnt
	Error  string         // a sentence for the owner of the URL when Class is not ok
	// Response is the first bytes of the answer's body, as they came.
	Response []byte
	// RetryAfter is what a failing answer asked for, uncapped; 0: nothing.
	RetryAfter time.Duration
	// Err is the cause, for the log only. It stands beside Class ok when the
	// connection broke after the status had come.
	Err error
}

// Sender sends webhooks over kept-alive connections. It is safe for concurrent
// use, follows no redirects and decompresses nothing.
type Sender struct {
	policy    *Policy
	opts      Options
	transport *http.Transport
	buffers   sync.Pool // of *[]byte, ReadBytes long
}

// NewSender returns a Sender that goes only where the policy allows.
func NewSender(p *Policy, o Options) *Sender {
	o = o.withDefaults()
	s := &Sender{policy: p, opts: o, transport: newTransport(newDialer(p, o), o)}
	s.buffers.New = func() any {
		b := make([]byte, o.ReadBytes)
		return &b
	}
	return s
}

// newTransport returns the only transport of this process: HTTP/1.1, no proxy
// (it would dial in our place, unguarded), no compression.
func newTransport(d *dialer, o Options) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:            d.dial,
		DialTLSContext:         d.dialTLS,
		Protocols:              &protocols,
		DisableCompression:     true,
		MaxIdleConns:           o.IdleConns,
		MaxIdleConnsPerHost:    o.IdleConnsPerHost,
		IdleConnTimeout:        o.Idle,
		MaxResponseHeaderBytes: o.HeaderBytes,
	}
}

// Send makes one request and reads its answer, within the context's time. The
// outcome is decided by the status: what happens to the body after a 2xx does
// not undo it. A request that meets a dead kept-alive connection is sent again
// at once on a new one.
func (s *Sender) Send(ctx context.Context, r *Request) Result {
	if err := s.policy.admits(r.URL); err != nil {
		return Result{Class: taskhook.ClassBlocked, Error: err.Error(), Err: err}
	}
	start := time.Now()
	resp, err := s.transport.RoundTrip(newRequest(ctx, r))
	if err != nil {
		return failure(ctx, r.URL, start, err)
	}
	defer resp.Body.Close() // closes the connection if the body was not read to its end
	result := answer(r.URL, resp, time.Now())
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body would ignore the context
		result.Response, result.Err = s.excerpt(resp.Body)
	}
	return result
}

// Close closes the connections that are not in use.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// newRequest builds the request by hand: the URL is already parsed.
func newRequest(ctx context.Context, r *Request) *http.Request {
	header := r.Header
	if header == nil {
		header = make(http.Header, 1)
	}
	if _, ok := header["Idempotency-Key"]; !ok {
		// Present but empty, it is not sent, yet makes the transport treat the
		// POST as one that may be repeated on a dead kept-alive connection.
		header["Idempotency-Key"] = nil
	}
	return (&http.Request{
		Method:        http.MethodPost,
		URL:           r.URL,
		Host:          r.URL.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          newBody(r.Body),
		GetBody:       func() (io.ReadCloser, error) { return newBody(r.Body), nil },
		ContentLength: int64(len(r.Body)),
	}).WithContext(ctx)
}

// newBody is made of exactly these types because net/http then knows that the
// body is in memory, and writes it together with the headers.
func newBody(b []byte) io.ReadCloser {
	if len(b) == 0 {
		return http.NoBody
	}
	return io.NopCloser(bytes.NewReader(b))
}

// excerpt reads up to ReadBytes, so that the connection of a modest answer can
// be used again, and returns a copy of the first KeepBytes.
func (s *Sender) excerpt(r io.Reader) ([]byte, error) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	var n int
	var err error
	for n < len(*buffer) && err == nil {
		var more int
		more, err = r.Read((*buffer)[n:])
		n += more
	}
	if err == io.EOF {
		err = nil
	}
	if n == 0 {
		return nil, err
	}
	return bytes.Clone((*buffer)[:min(n, s.opts.KeepBytes)]), err
}
