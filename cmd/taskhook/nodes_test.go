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

// peers starts n servers on one database.
func peers(t *testing.T, n int) (list []peer) {
	t.Helper()
	env := []string{"TASKHOOK_DATABASE_URL=" + pgtest.Database(t), "TASKHOOK_SECRET_KEY=" + strings.Repeat("ab", 32), "TASKHOOK_BOOTSTRAP_KEY=" + program.Key}
	files := t.TempDir()
	for range n {
		s := serveIn(t, env, t.TempDir(), "--dev", "--files", files)
		list = append(list, peer{s, client.New(s.url, program.Key)})
		t.Cleanup(func() { s.Process.Kill() })
	}
	return list
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
	both := peers(t, 2)
	r := both[0].webhook(t)
	awaitEvent(t, r, both[0].publish(t)) // now it owns the lane
	if err := both[0].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		awaitEvent(t, r, both[1].publish(t))
	}
}

// TestNodeStopsAtOnce stops the server that owns a lane gracefully, while it sends to a
// receiver that is slow.
func TestNodeStopsAtOnce(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	both := peers(t, 2)
	idle := both[0].webhook(t)
	awaitEvent(t, idle, both[0].publish(t))
	met, hold := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		met <- struct{}{}
		hold <- struct{}{}
	}))
	t.Cleanup(slow.Close)
	if _, err := both[0].CreateWebhook(t.Context(), client.NewWebhook{URL: slow.URL, Events: []string{"slow.one"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := both[0].Publish(t.Context(), client.NewEvent{Type: "slow.one", Data: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	<-met
	if err := both[0].Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, idle, both[1].publish(t))
	<-hold // the slow send goes on until now
	if err := both[0].Wait(); err != nil {
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
	both := peers(t, 2)
	r := both[0].webhook(t)
	awaitEvent(t, r, both[0].publish(t))
	if err := both[0].Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ids := []string{both[1].publish(t), both[1].publish(t)}
	for _, id := range ids {
		awaitEvent(t, r, id)
	}
	if err := both[0].Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for line := ""; !strings.Contains(line, "msg=joined"); {
		var err error
		if line, err = both[0].stderr.ReadString('\n'); err != nil {
			t.Fatalf("the suspended server says nothing of joining again: %v", err)
		}
	}
	if answer, err := http.Get(both[0].url + "/readyz"); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("it is not ready: %v", err)
	}
	ids = append(ids, both[0].publish(t), both[1].publish(t))
	for _, id := range ids {
		if n := len(awaitEvent(t, r, id)); n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
}
