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

// Sender sends webhooks over kept-alive connections in HTTP/1.1. It is safe for
// concurrent use, knows no proxies (one would dial in our place, unguarded),
// follows no redirects and decompresses nothing.
type Sender struct {
	policy  *Policy
	opts    Options
	pool    *pool
	buffers sync.Pool // of *[]byte, ReadBytes long
}

// NewSender returns a Sender that goes only where the policy allows.
func NewSender(p *Policy, o Options) *Sender {
	o = o.withDefaults()
	s := &Sender{policy: p, opts: o, pool: newPool(newDialer(p, o), o)}
	s.buffers.New = func() any {
		b := make([]byte, o.ReadBytes)
		return &b
	}
	return s
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
	c, got, err := s.roundTrip(ctx, r)
	if err != nil {
		return failure(ctx, r.URL, start, err)
	}
	result := answer(r.URL, got, time.Now())
	var whole bool
	if got.StatusCode != http.StatusSwitchingProtocols {
		result.Response, whole, err = s.excerpt(got.Body)
		result.Err = explain(ctx, err)
	}
	if c.finish(got, whole) {
		s.pool.put(c)
	} else {
		c.Close()
	}
	return result
}

// roundTrip makes the request on an idle connection or a new one. An idle one may
// have died unnoticed: if nothing comes back, a new one is tried.
func (s *Sender) roundTrip(ctx context.Context, r *Request) (*conn, *http.Response, error) {
	for fresh := false; ; fresh = true {
		c, err := s.pool.get(ctx, r.URL, fresh)
		if err != nil {
			return nil, nil, err
		}
		got, err := c.roundTrip(ctx, r, s.opts.HeaderBytes)
		if err == nil {
			return c, got, nil
		}
		c.leave()
		c.Close()
		if !c.used || c.heard || ctx.Err() != nil {
			return nil, nil, err
		}
	}
}

// Close closes the connections that are not in use, and later those that are when
// their request ends.
func (s *Sender) Close() { s.pool.close() }

// excerpt reads up to ReadBytes, so that the connection of a modest answer can
// be used again, and returns a copy of the first KeepBytes; whole says that there
// was no more.
func (s *Sender) excerpt(r io.Reader) (kept []byte, whole bool, err error) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	var n int
	for n < len(*buffer) && err == nil {
		var more int
		more, err = r.Read((*buffer)[n:])
		n += more
	}
	if whole = err == io.EOF; whole {
		err = nil
	}
	if n == 0 {
		return nil, whole, err
	}
	return bytes.Clone((*buffer)[:min(n, s.opts.KeepBytes)]), whole, err
}
