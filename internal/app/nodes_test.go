package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
	"github.com/taskhook/taskhook/webhook"
)

// oneOf is the configuration of one of several servers of a database: each has a data
// directory of its own, and all have the key and the folder of files.
func oneOf(t *testing.T, url string) func(*config.Config) {
	t.Helper()
	files := t.TempDir()
	return func(c *config.Config) {
		c.Files = files
		c.DatabaseURL, c.SecretKey = config.NewSecret(url), config.NewSecret(strings.Repeat("ab", 32))
	}
}

// TestNodesShareADatabase publishes to several servers at once: every event arrives
// exactly once, whichever was asked and whichever owns the lane.
func TestNodesShareADatabase(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	on := oneOf(t, pgtest.Database(t))
	servers := []*program.Server{program.Start(t, on), program.Start(t, on), program.Start(t, on)}
	receivers := []*program.Receiver{program.NewReceiver(t), program.NewReceiver(t)}
	for i, r := range receivers {
		if _, err := servers[i].CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"order.paid"}}); err != nil {
			t.Fatal(err)
		}
	}
	const each = 40
	for i := range each {
		for j, s := range servers {
			if _, err := s.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(fmt.Sprintf(`{"n":"%d/%d"}`, i, j))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range receivers {
		seen := map[string]int{}
		for _, q := range r.Wait(t, each*len(servers)) {
			seen[q.Header.Get("webhook-id")]++
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s arrived %d times", id, n)
			}
		}
		if len(seen) != each*len(servers) {
			t.Errorf("%d events arrived", len(seen))
		}
	}
}

// TestNodesKeepFilesInOnePlace starts a server whose results the first would not find.
func TestNodesKeepFilesInOnePlace(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	s := program.Start(t, oneOf(t, pgtest.Database(t)))
	cfg := *s.Config
	cfg.Data, cfg.Files = t.TempDir(), ""
	_, err := app.Open(t.Context(), app.Options{Config: &cfg, Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "keeps results elsewhere than this one") {
		t.Errorf("a server with a folder of its own: %v", err)
	}
}

// TestMachineClocksDoNotMatter runs two servers on machines whose clocks are an hour
// off from the database's: what falls due falls due, what is signed is accepted by
// those who have the time of the database, and links open.
func TestMachineClocksDoNotMatter(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"behind": time.Hour, "ahead": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if pgtest.Need(t) {
				testClocks(t, off)
			}
		})
	}
}

func testClocks(t *testing.T, off time.Duration) {
	one := oneOf(t, pgtest.Database(t))
	on := func(c *config.Config) {
		one(c)
		c.Schedule = taskhook.Schedule{time.Millisecond}
	}
	pace := app.Pace{Clock: func(context.Context) (time.Time, error) { return time.Now().Add(off).Round(0), nil }}
	a, b := program.StartAt(t, pace, on), program.StartAt(t, pace, on)
	r := program.NewReceiver(t, http.StatusServiceUnavailable)
	hook, err := a.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"task.completed"}})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := webhook.NewVerifier(hook.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range []*program.Server{a, b} {
		accepted, err := s.Submit(t.Context(), "seedream", "text-to-image", submission(quick("")))
		if err != nil {
			t.Fatal(err)
		}
		got := r.Wait(t, 2+i)[1+i] // the first is refused, and sent again
		if err := verifier.Verify(got.Header, got.Body, time.Now().Add(off)); err != nil {
			t.Errorf("the delivery is refused: %v", err)
		}
		other := []*program.Server{b, a}[i]
		k, err := other.Task(t.Context(), accepted.ID)
		if err != nil {
			t.Fatal(err)
		}
		link, err := url.Parse(k.Result[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := fetch(t, http.MethodGet, s.URL+link.RequestURI()); status != http.StatusOK {
			t.Errorf("a link that the other server made answers %d", status)
		}
	}
}

// TestProgressFromAnotherNode runs a task where one of the lanes of its receivers is
// another node's: both are told how far it is.
func TestProgressFromAnotherNode(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	on := oneOf(t, pgtest.Database(t))
	var servers []*program.Server
	var receivers []*program.Receiver
	for i := range 2 { // each comes to own a lane, by being the one that publishes first
		s, r := program.Start(t, on), program.NewReceiver(t)
		first := fmt.Sprintf("first.%d", i)
		if _, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{first, "task.started", "task.progress"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Publish(t.Context(), client.NewEvent{Type: first, Data: json.RawMessage(`{}`)}); err != nil {
			t.Fatal(err)
		}
		r.Wait(t, 1)
		servers, receivers = append(servers, s), append(receivers, r)
	}
	k, err := servers[1].Submit(t.Context(), "vidu", "text-to-video", client.Submission{Model: "viduq3-turbo",
		Input: json.RawMessage(`{"prompt":"x","sandbox":{"seconds":60,"steps":100}}`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receivers {
		for _, kind := range []string{"task.started", "task.progress"} {
			r.WaitFor(t, 1, func(q program.Request) bool {
				return strings.Contains(string(q.Body), `"`+kind+`"`) && strings.Contains(string(q.Body), k.ID)
			})
		}
	}
	if _, err := servers[0].CancelTask(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
}
