package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit/hostile"
)

func TestSendPostsTheBytesAndNothingUnasked(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.Body("thanks"))
	sender := newSender(t, egress.Dev(), egress.Options{})
	got := sender.Send(t.Context(), post(t, server.URL))
	if got.Class != taskhook.ClassOK || string(got.Response) != "thanks" {
		t.Fatalf("result is %+v", got)
	}
	request := server.Requests()[0]
	if request.Method != "POST" || string(request.Body) != `{"id":"evt_1"}` {
		t.Errorf("receiver read %s %q", request.Method, request.Body)
	}
	for _, name := range []string{"Accept-Encoding", "Idempotency-Key", "Transfer-Encoding", "Cookie"} {
		if _, ok := request.Header[name]; ok {
			t.Errorf("%s was sent", name)
		}
	}
}

func TestSendKeepsConnections(t *testing.T) {
	t.Parallel()
	ca := hostile.NewAuthority(t)
	server := hostile.NewTLS(t, ca.Valid(t), hostile.Body(strings.Repeat("x", 10<<10)))
	sender := newSender(t, egress.Dev(), egress.Options{RootCAs: ca.Pool})
	for range 5 {
		got := sender.Send(t.Context(), post(t, server.URL))
		if got.Class != taskhook.ClassOK || len(got.Response) != 4<<10 {
			t.Fatalf("class %q, %d bytes kept: %v", got.Class, len(got.Response), got.Err)
		}
	}
	if n := server.Accepted(); n != 1 {
		t.Errorf("%d connections for 5 requests, want 1", n)
	}
}

func TestSendRepeatsOnADeadConnection(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.CloseOnReuse())
	sender := newSender(t, egress.Dev(), egress.Options{})
	for i := range 2 {
		if got := sender.Send(t.Context(), post(t, server.URL)); got.Class != taskhook.ClassOK {
			t.Fatalf("request %d: %+v", i, got)
		}
	}
	requests := server.Requests()
	if len(requests) != 3 || server.Accepted() != 2 {
		t.Fatalf("%d requests on %d connections, want 3 on 2", len(requests), server.Accepted())
	}
	for _, r := range requests {
		if string(r.Body) != `{"id":"evt_1"}` {
			t.Errorf("receiver read the body %q", r.Body)
		}
	}
}

func TestSendReadsLittleOfAnEndlessBody(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.EndlessBody())
	sender := newSender(t, egress.Dev(), egress.Options{})
	got := sender.Send(t.Context(), post(t, server.URL))
	if got.Class != taskhook.ClassOK || len(got.Response) != 4<<10 {
		t.Fatalf("class %q, %d bytes kept", got.Class, len(got.Response))
	}
	// Both kernels buffer some megabytes at most; an unbounded reader would take
	// what comes for as long as it comes.
	if n := server.Written(); n > 64<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

func TestSendDoesNotDecompress(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.GzipBomb(4<<20))
	got := newSender(t, egress.Dev(), egress.Options{}).Send(t.Context(), post(t, server.URL))
	if !strings.HasPrefix(string(got.Response), "\x1f\x8b") {
		t.Errorf("the kept bytes are not those of gzip: %.10q", got.Response)
	}
}

func TestSendEndsWithItsContextInADrippingBody(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.BodyDrip("200 OK", 5*time.Millisecond))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	got := newSender(t, egress.Dev(), egress.Options{}).Send(ctx, post(t, server.URL))
	if got.Class != taskhook.ClassOK || !errors.Is(got.Err, context.DeadlineExceeded) {
		t.Errorf("result is %+v", got)
	}
}

func TestSendSaysNothingWhenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := hostile.New(t, func(c *hostile.Conn) {
		c.ReadRequest()
		cancel()
		c.Hold()
	})
	got := newSender(t, egress.Dev(), egress.Options{}).Send(ctx, post(t, server.URL))
	if got.Class != "" || got.Error != "" || !errors.Is(got.Err, context.Canceled) {
		t.Errorf("result is %+v", got)
	}
}

func TestSendIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	server := hostile.New(t, hostile.OK())
	sender := newSender(t, egress.Dev(), egress.Options{})
	request := post(t, server.URL)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 {
				got := sender.Send(t.Context(), &egress.Request{URL: request.URL, Body: request.Body})
				if got.Class != taskhook.ClassOK {
					t.Errorf("result is %+v", got)
				}
			}
		})
	}
	all.Wait()
	if n := len(server.Requests()); n != 200 {
		t.Errorf("%d requests arrived, want 200", n)
	}
}

func TestSendResolves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		resolver resolver
		class    taskhook.Class
		text     string
	}{
		"unknown":   {answering(nil, &net.DNSError{Name: "x", IsNotFound: true}), taskhook.ClassDNS, "receiver.example does not resolve"},
		"no answer": {hanging, taskhook.ClassDNS, "receiver.example was not resolved in time"},
		"failing":   {answering(nil, &net.DNSError{Name: "x", IsTemporary: true}), taskhook.ClassDNS, "receiver.example can't be resolved"},
		"empty":     {answering(nil, nil), taskhook.ClassDNS, "does not resolve"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sender := newSender(t, egress.Dev(), egress.Options{Resolver: test.resolver, DNS: 100 * time.Millisecond})
			got := sender.Send(t.Context(), post(t, "https://receiver.example/hook"))
			if got.Class != test.class || !strings.Contains(got.Error, test.text) {
				t.Errorf("result is %+v", got)
			}
		})
	}
}

// resolver answers lookups as a test likes.
type resolver func(ctx context.Context, name string) ([]netip.Addr, error)

func (r resolver) LookupNetIP(ctx context.Context, _, name string) ([]netip.Addr, error) {
	return r(ctx, name)
}

func answering(addrs []netip.Addr, err error) resolver {
	return func(context.Context, string) ([]netip.Addr, error) { return addrs, err }
}

func hanging(ctx context.Context, name string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, &net.DNSError{Name: name, IsTimeout: true, UnwrapErr: ctx.Err()}
}

func newSender(tb testing.TB, p *egress.Policy, o egress.Options) *egress.Sender {
	tb.Helper()
	s := egress.NewSender(p, o)
	tb.Cleanup(s.Close)
	return s
}

func BenchmarkSend(b *testing.B) {
	server := hostile.New(b, hostile.OK())
	sender := newSender(b, egress.Dev(), egress.Options{})
	request := post(b, server.URL)
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), guardTime)
		header := map[string][]string{"Content-Type": {"application/json"}}
		sender.Send(ctx, &egress.Request{URL: request.URL, Header: header, Body: request.Body})
		cancel()
	}
}
