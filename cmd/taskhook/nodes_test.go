//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// peer is one of the servers that share a database, in a process of its own.
type peer struct {
	*server
	*client.Client
}

// peers returns what starts a server on one database, each time another.
func peers(t *testing.T) (start func() peer) {
	t.Helper()
	env := []string{"TASKHOOK_DATABASE_URL=" + pgtest.Database(t), "TASKHOOK_SECRET_KEY=" + strings.Repeat("ab", 32), "TASKHOOK_BOOTSTRAP_KEY=" + program.Key}
	files := t.TempDir()
	return func() peer {
		t.Helper()
		s := serveIn(t, env, t.TempDir(), "--dev", "--files", files)
		t.Cleanup(func() { s.Process.Kill() })
		return peer{s, client.New(s.url, program.Key)}
	}
}

// owner starts a server that owns a lane, for there is no other yet, and then another.
func owner(t *testing.T) (owns, other peer, r *program.Receiver) {
	t.Helper()
	start := peers(t)
	owns = start()
	r = owns.webhook(t)
	awaitEvent(t, r, owns.publish(t))
	return owns, start(), r
}

// webhook makes a receiver of all orders.
func (p peer) webhook(t *testing.T) *program.Receiver {
	t.Helper()
	r := program.NewReceiver(t)
	if _, err := p.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"order.paid"}}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (p peer) publish(t *testing.T) (id string) {
	t.Helper()
	e, err := p.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// awaitEvent returns the times that an event arrived, once it has.
func awaitEvent(t *testing.T, r *program.Receiver, id string) []program.Request {
	t.Helper()
	return r.WaitFor(t, 1, func(q program.Request) bool { return q.Header.Get("webhook-id") == id })
}

// TestNodeIsKilled kills the server that owns a lane: another goes on with it.
func TestNodeIsKilled(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	owns, other, r := owner(t)
	if err := owns.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		awaitEvent(t, r, other.publish(t))
	}
}

// TestNodeStopsAtOnce stops the server that owns a lane gracefully, while it sends to a
// receiver that is slow.
func TestNodeStopsAtOnce(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	start := peers(t)
	owns := start()
	idle := owns.webhook(t)
	awaitEvent(t, idle, owns.publish(t))
	met, hold := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		met <- struct{}{}
		hold <- struct{}{}
	}))
	t.Cleanup(slow.Close)
	if _, err := owns.CreateWebhook(t.Context(), client.NewWebhook{URL: slow.URL, Events: []string{"slow.one"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := owns.Publish(t.Context(), client.NewEvent{Type: "slow.one", Data: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	<-met
	other := start() // now that the first owns both lanes
	if err := owns.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, idle, other.publish(t))
	<-hold // the slow send goes on until now
	if err := owns.Wait(); err != nil {
		t.Errorf("the server that was stopped: %v", err)
	}
}

// TestNodeIsSuspended suspends the server that owns a lane until others have taken it
// for dead: it sends nothing that they have sent, and joins them again.
func TestNodeIsSuspended(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	owns, other, r := owner(t)
	if err := owns.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ids := []string{other.publish(t), other.publish(t)}
	for _, id := range ids {
		awaitEvent(t, r, id)
	}
	if err := owns.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for line := ""; !strings.Contains(line, "msg=joined"); {
		var err error
		if line, err = owns.stderr.ReadString('\n'); err != nil {
			t.Fatalf("the suspended server says nothing of joining again: %v", err)
		}
	}
	if answer, err := http.Get(owns.url + "/readyz"); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("it is not ready: %v", err)
	}
	ids = append(ids, owns.publish(t), other.publish(t))
	for _, id := range ids {
		if n := len(awaitEvent(t, r, id)); n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
}
