//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
	"github.com/taskhook/taskhook/webhook"
)

// laptop is a receiver that events are forwarded to.
type laptop struct {
	*httptest.Server
	verifier *webhook.Verifier
	came     chan struct{}

	mu   sync.Mutex
	got  []string // bodies
	errs []error  // of verifying
}

func newLaptop(t *testing.T, verifier *webhook.Verifier) *laptop {
	l := &laptop{verifier: verifier, came: make(chan struct{}, 100)}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func (l *laptop) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = l.verifier.Verify(r.Header, body, time.Now())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, string(body))
	if err != nil {
		l.errs = append(l.errs, err)
	}
	l.came <- struct{}{}
}

// TestListen holds that each event is forwarded once, signed, whatever happens while
// nobody listens.
func TestListen(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	stdout, _ := ask(t, s.URL, 0, "endpoint", "add", "http://127.0.0.1:9/", "--event", "order.*", "--json")
	hook := one[client.Webhook](t, stdout)
	ask(t, s.URL, 0, "endpoint", "pause", hook.ID)
	verifier, err := webhook.NewVerifier(hook.Secret)
	if err != nil {
		t.Fatal(err)
	}
	l := newLaptop(t, verifier)
	publish := func(n int) {
		ask(t, s.URL, 0, "event", "publish", "order.paid", "--data", fmt.Sprintf(`{"n":%d}`, n))
		ask(t, s.URL, 0, "event", "publish", "other.thing", "--data", `{}`)
	}
	var printed bytes.Buffer
	listen := func(want int, begun func(), more ...string) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan int)
		args := append([]string{"listen", "--forward", l.URL + "/hook", "--webhook", hook.ID, "--state", filepath.Join(t.TempDir(), "place")}, more...)
		var said notify
		go func() {
			done <- run(ctx, args, &printed, &said, variables{"TASKHOOK_SERVER": s.URL, "TASKHOOK_API_KEY": program.Key}.look)
		}()
		said.await("Forwarding events")
		begun()
		for range want {
			<-l.came
		}
		stop()
		if code := <-done; code != 0 {
			t.Errorf("listening ends with %d: %s", code, said.text())
		}
	}
	place := filepath.Join(t.TempDir(), "kept")
	publish(0) // before anybody listens
	listen(2, func() { publish(1); publish(2) }, "--state", place)
	publish(3)
	listen(2, func() { publish(4) }, "--state", place)
	listen(5, func() {}, "--from", "start")

	var numbers []string
	for _, body := range l.got {
		_, after, _ := strings.Cut(body, `"n":`)
		numbers = append(numbers, after[:1])
	}
	if want := strings.Split("123401234", ""); !slices.Equal(numbers, want) || len(l.errs) > 0 {
		t.Errorf("forwarded %q, %v", numbers, l.errs)
	}
	if n := strings.Count(printed.String(), "  order.paid  200  "); n != len(numbers) {
		t.Errorf("%d lines tell of %d events:\n%s", n, len(numbers), printed.String())
	}
	_, stderr := ask(t, s.URL, 2, "listen", "--forward", "localhost")
	expect(t, stderr, "--forward localhost is not an address")
}

// notify is what a command says while it runs.
type notify struct {
	mu   sync.Mutex
	said strings.Builder
	more chan struct{}
}

func (n *notify) Write(text []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.more != nil {
		close(n.more)
		n.more = nil
	}
	return n.said.Write(text)
}

func (n *notify) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.said.String()
}

// await returns when the part was said.
func (n *notify) await(part string) {
	for {
		n.mu.Lock()
		if strings.Contains(n.said.String(), part) {
			n.mu.Unlock()
			return
		}
		more := make(chan struct{})
		n.more = more
		n.mu.Unlock()
		<-more
	}
}
