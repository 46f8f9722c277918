//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// onceOnly has each delivery tried once, so that one that fails has failed.
func onceOnly(c *config.Config) { c.Schedule = taskhook.Schedule{} }

// failing registers a receiver that fails as often as events are published, and
// publishes them. It returns the endpoint when all have failed.
func failing(t *testing.T, c *client.Client, n int) (*program.Receiver, client.Webhook) {
	t.Helper()
	statuses := make([]int, n)
	for i := range statuses {
		statuses[i] = http.StatusInternalServerError
	}
	receiver := program.NewReceiver(t, statuses...)
	w, err := c.CreateWebhook(t.Context(), client.NewWebhook{URL: receiver.URL, Events: []string{"order.paid"}, RetrySchedule: []float64{}})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := c.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	receiver.Wait(t, n)
	testkit.Until(t, "all have failed", func() bool {
		failed, err := c.Deliveries(t.Context(), client.DeliveryQuery{State: "failed", PageQuery: client.PageQuery{Limit: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return failed.Total == n
	})
	return receiver, w
}

func TestReplayCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, onceOnly)
	const events = 60 // as many seconds of replaying, by one a second: no command takes that long
	_, w := failing(t, s.Client, events)
	stdout, _ := ask(t, s.URL, 0, "replay", "preview", "--status", "failed", "--error-class", "any", "--rate", "30")
	expect(t, stdout, "would send  60\n", "takes       2s\n", "FIRST OF THEM", "dlv_", "order.paid", "answered 500")

	stdout, stderr := ask(t, s.URL, 0, "replay", "start", "--recover", w.ID, "--since", "1h", "--wait", "--json")
	j := one[client.Replay](t, stdout)
	if j.State != "completed" || j.Created != events || j.Selection.WebhookID != w.ID || j.Selection.Since.IsZero() {
		t.Fatalf("made %+v", j)
	}
	expect(t, stderr, j.ID+" is started\n")
	stdout, _ = ask(t, s.URL, 0, "replay", "show", j.ID)
	expect(t, stdout, "state     completed\n", "recovers "+w.ID, "made      60\n", "rate      50 a second")
	stdout, _ = ask(t, s.URL, 0, "delivery", "list", "--json", "--state", "failed", "--all")
	start := []string{"replay", "start", "--to", w.ID, "--rate", "1", "--json"}
	for _, d := range objects[client.Delivery](t, stdout) {
		start = append(start, d.ID)
	}
	stdout, _ = ask(t, s.URL, 0, start...)
	j = one[client.Replay](t, stdout)
	stdout, _ = ask(t, s.URL, 0, "replay", "pause", j.ID)
	expect(t, stdout, "state     paused\n", "chosen: 60  to "+w.ID)
	stdout, _ = ask(t, s.URL, 0, "replay", "rate", j.ID, "500")
	expect(t, stdout, "rate      500 a second\n")
	stdout, _ = ask(t, s.URL, 0, "replay", "list", "--state", "paused")
	expect(t, stdout, j.ID)
	ask(t, s.URL, 0, "replay", "resume", j.ID)
	stdout, _ = ask(t, s.URL, 0, "replay", "show", "--watch", j.ID)
	expect(t, stdout, "made      60\n")
	_, stderr = ask(t, s.URL, 1, "replay", "cancel", j.ID)
	expect(t, stderr, "already completed")

	for _, tt := range []struct {
		code int
		says string
		args []string
	}{
		{2, "say what to send again", nil},
		{2, "--recover needs --since", []string{"--recover", w.ID}},
		{2, "leave --endpoint out", []string{"--recover", w.ID, "--since", "1h", "--endpoint", w.ID}},
		{2, "--since must be like", []string{"--since", "soon"}},
		{1, "is owed already", []string{"--state", "pending"}},
		{1, "There is no delivery dlv_none", []string{"dlv_none"}},
	} {
		_, stderr := ask(t, s.URL, tt.code, append([]string{"replay", "start"}, tt.args...)...)
		expect(t, stderr, tt.says)
	}
	ask(t, s.URL, 2, "replay", "rate", j.ID, "0")
}

// TestReplayOutlastsAKill kills the server in the middle of a replay: when it is
// back the replay goes on by itself, and makes one delivery for each event.
func TestReplayOutlastsAKill(t *testing.T) {
	t.Parallel()
	const events, before = 150, 40
	dir := t.TempDir()
	first := serve(t, dir, "--dev")
	printed, _ := invoke(t, 0, "key", "create", "--data", dir, "--name", "test")
	key, _, _ := strings.Cut(strings.TrimPrefix(printed, "key: "), "\n")
	api := client.New(first.url, key)
	receiver, w := failing(t, api, events)
	j, err := api.StartReplay(t.Context(), client.NewReplay{WebhookID: w.ID, State: "failed", RatePerSecond: 50}, "once")
	if err != nil {
		t.Fatal(err)
	}
	receiver.Wait(t, events+before)
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed

	again := serve(t, dir, "--dev")
	api = client.New(again.url, key)
	for seen := events + before; j.State != "completed" || j.Deliveries.Pending > 0; seen++ {
		if j, err = api.Replay(t.Context(), j.ID); err != nil {
			t.Fatal(err)
		}
		if j.Created < events {
			receiver.Wait(t, seen)
		}
	}
	if j.Created != events || *j.Deliveries != (client.ReplayOutcome{Delivered: events}) {
		t.Errorf("the replay is %+v", j)
	}
	same, err := api.StartReplay(t.Context(), client.NewReplay{WebhookID: w.ID, State: "failed", RatePerSecond: 50}, "once")
	if err != nil || same.ID != j.ID {
		t.Errorf("asked for again by the same key: %s, %v", same.ID, err)
	}
	made, arrived := map[string]int{}, map[string]int{}
	for q := (client.DeliveryQuery{ReplayID: j.ID, PageQuery: client.PageQuery{Limit: 100}}); ; {
		page, err := api.Deliveries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Items {
			made[d.EventID]++
		}
		if q.Cursor = page.Cursor; !page.HasMore {
			break
		}
	}
	for _, r := range receiver.Wait(t, 2*events)[events:] {
		arrived[r.Header.Get("Webhook-Id")]++
	}
	twice := 0
	for id, n := range made {
		if n != 1 || arrived[id] < 1 || arrived[id] > 2 {
			t.Errorf("%s has %d deliveries, and arrived %d times", id, n, arrived[id])
		}
		twice += arrived[id] - 1
	}
	// What was on its way when the server was killed is sent again, once.
	if len(made) != events || len(arrived) != events || twice > before {
		t.Errorf("%d events have deliveries, %d arrived, %d of them twice", len(made), len(arrived), twice)
	}
	if out := again.stop(t); strings.Contains(out, "panic") {
		t.Error(fmt.Sprint(out))
	}
}
