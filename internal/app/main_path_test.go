package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
	"github.com/taskhook/taskhook/webhook"
)

// quick is a sandbox input that is done at once.
func quick(more string) json.RawMessage {
	return json.RawMessage(`{"prompt":"a cat","width":64,"height":64,"sandbox":{"seconds":0` + more + `}}`)
}

// large is quick with a result that is a file; that of quick stands in the database.
func large() json.RawMessage {
	return json.RawMessage(`{"prompt":"a cat","width":640,"height":640,"sandbox":{"seconds":0}}`)
}

func submission(input json.RawMessage) client.Submission {
	return client.Submission{Model: "seedream-4-0", Input: input}
}

// TestOutcomeArrivesSigned walks the main path: one task, its configured and its
// per-job webhook, each verified, with links that open.
func TestOutcomeArrivesSigned(t *testing.T) { onEach(t, testOutcomeArrivesSigned) }

func testOutcomeArrivesSigned(t *testing.T, on database) {
	s := program.Start(t, on)
	configured, perJob := program.NewReceiver(t), program.NewReceiver(t)
	hook, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: configured.URL + "/hook", Events: []string{"task.failed", "task.completed"}})
	if err != nil {
		t.Fatal(err)
	}
	ask := submission(quick(""))
	ask.WebhookURL = perJob.URL + "/job"
	ask.Metadata = json.RawMessage(`{"10":"b","2":"a","ü<é>":"\u2028","n":1.0,"big":12345678901234567890,"e":1e21,"z":-0.0}`)
	accepted, err := s.Submit(t.Context(), "seedream", "text-to-image", ask)
	if err != nil {
		t.Fatal(err)
	}
	got := configured.Wait(t, 1)[0]
	verifier, err := webhook.NewVerifier(hook.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got.Header, got.Body, time.Now()); err != nil {
		t.Errorf("the configured delivery is refused: %v", err)
	}
	job := perJob.Wait(t, 1)[0]
	if err := jobVerifier(t, s).Verify(job.Header, job.Body, time.Now()); err != nil {
		t.Errorf("the per-job delivery is refused: %v", err)
	}
	if h := job.Header; h.Get("X-Webhook-Signature") != "" || h.Get("X-Webhook-Event") != "task.completed" || h.Get("X-Job-ID") != accepted.ID {
		t.Errorf("the per-job headers are %v", h)
	}
	if string(job.Body) != string(got.Body) || job.Header.Get("X-Webhook-ID") != got.Header.Get("X-Webhook-ID") {
		t.Error("the two kinds differ in id or body")
	}
	wantMetadata := `"metadata":{"2":"a","10":"b","ü<é>":"` + "\u2028" + `","n":1,"big":12345678901234567000,"e":1e+21,"z":0}`
	if !strings.Contains(string(got.Body), wantMetadata) {
		t.Errorf("the body lacks %s: %s", wantMetadata, got.Body)
	}
	checkLinks(t, s, accepted.ID, got.Body)
}

// jobVerifier verifies by the keys that the server publishes.
func jobVerifier(t *testing.T, s *program.Server) *webhook.Verifier {
	t.Helper()
	status, set := fetch(t, http.MethodGet, s.URL+"/.well-known/jwks.json")
	keys, err := webhook.ParseJWKS(set)
	if err != nil || status != http.StatusOK {
		t.Fatalf("keys: %d, %v", status, err)
	}
	v, err := webhook.NewJobVerifier(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkLinks opens the link of a body, which has no expiry, and that of a GET.
func checkLinks(t *testing.T, s *program.Server, id string, body []byte) {
	t.Helper()
	var told struct {
		Data struct{ Task client.Task }
	}
	if err := json.Unmarshal(body, &told); err != nil {
		t.Fatal(err)
	}
	k, err := s.Task(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []client.Result{told.Data.Task.Result[0], k.Result[0]} {
		status, file := fetch(t, http.MethodGet, r.URL)
		if status != http.StatusOK || int64(len(file)) != r.SizeBytes {
			t.Errorf("GET %s: %d with %d bytes, want %d", r.URL, status, len(file), r.SizeBytes)
		}
		if status, _ := fetch(t, http.MethodGet, r.URL+"x"); status != http.StatusForbidden {
			t.Errorf("a changed link answers %d", status)
		}
	}
	if link := told.Data.Task.Result[0].URL; strings.Contains(link, "expires=") {
		t.Errorf("the link of a body expires: %s", link)
	}
	if link := k.Result[0].URL; !strings.Contains(link, "expires=") {
		t.Errorf("the link of an answer does not expire: %s", link)
	}
}

func fetch(t *testing.T, method, url string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (int, []byte) {
	t.Helper()
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// TestRetryAndReplay shows a refusal, the retry and a replay with the same id and
// bytes.
func TestRetryAndReplay(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) { c.Schedule = taskhook.Schedule{10 * time.Millisecond} })
	r := program.NewReceiver(t, http.StatusInternalServerError)
	if _, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"order.paid"}}); err != nil {
		t.Fatal(err)
	}
	e, err := s.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{"n":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait(t, 2)
	d := settled(t, s, client.DeliveryQuery{EventID: e.ID}, 1)[0]
	attempts, err := s.Attempts(t.Context(), d.ID)
	if err != nil || len(attempts) != 2 || attempts[0].StatusCode != 500 || attempts[0].Response != "thanks" || !attempts[1].Delivered {
		t.Fatalf("attempts are %+v, %v", attempts, err)
	}
	again, err := s.ReplayDelivery(t.Context(), d.ID)
	if err != nil || again.ID == d.ID || again.ReplayOf != d.ID || again.EventID != e.ID {
		t.Fatalf("replay is %+v, %v", again, err)
	}
	got := r.Wait(t, 3)
	for _, other := range got[1:] {
		if string(other.Body) != string(got[0].Body) || other.Header.Get("webhook-id") != e.ID {
			t.Errorf("a later attempt differs: %s %s", other.Header, other.Body)
		}
	}
	settled(t, s, client.DeliveryQuery{EventID: e.ID}, 2)
}

// settled waits until n deliveries match and all of them have ended.
func settled(t *testing.T, s *program.Server, q client.DeliveryQuery, n int) []client.Delivery {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		p, err := s.Deliveries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		open := len(p.Items) < n
		for _, d := range p.Items {
			open = open || d.State == "pending"
		}
		if !open {
			return p.Items
		}
	}
	return nil
}

// TestIdempotency lets many clients send one submission at one moment.
func TestIdempotency(t *testing.T) { onEach(t, testIdempotency) }

func testIdempotency(t *testing.T, on database) {
	s := program.Start(t, on)
	ask := submission(quick(""))
	ask.IdempotencyKey = "order-17"
	ids := make([]string, 16)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			if a, err := s.Submit(t.Context(), "seedream", "text-to-image", ask); err != nil {
				t.Errorf("submit: %v", err)
			} else {
				ids[i] = a.ID
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one key made several tasks: %v", ids)
		}
	}
	if p, err := s.Tasks(t.Context(), client.TaskQuery{}); err != nil || p.Total != 1 {
		t.Errorf("there are %d tasks, %v", p.Total, err)
	}
	ask.Input = quick(`,"steps":2`)
	if _, err := s.Submit(t.Context(), "seedream", "text-to-image", ask); code(err) != "409 CONFLICT" {
		t.Errorf("another body under the same key: %v", err)
	}
}

// TestForeignAccount looks for everything of one account with the key of another.
func TestForeignAccount(t *testing.T) { onEach(t, testForeignAccount) }

func testForeignAccount(t *testing.T, on database) {
	s := program.Start(t, on)
	other := s.NewAccount(t, "other", false)
	r := program.NewReceiver(t)
	hook, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"task.completed"}})
	if err != nil {
		t.Fatal(err)
	}
	k, err := s.Submit(t.Context(), "seedream", "text-to-image", submission(quick("")))
	if err != nil {
		t.Fatal(err)
	}
	d := settled(t, s, client.DeliveryQuery{}, 1)[0]
	ctx := t.Context()
	calls := map[string]func() error{
		"task":     func() error { _, err := other.Task(ctx, k.ID); return err },
		"cancel":   func() error { _, err := other.CancelTask(ctx, k.ID); return err },
		"retry":    func() error { _, err := other.RetryTask(ctx, k.ID); return err },
		"webhook":  func() error { _, err := other.Webhook(ctx, hook.ID); return err },
		"update":   func() error { _, err := other.UpdateWebhook(ctx, hook.ID, client.WebhookChange{}); return err },
		"delete":   func() error { return other.DeleteWebhook(ctx, hook.ID) },
		"test":     func() error { _, err := other.TestWebhook(ctx, hook.ID); return err },
		"rotate":   func() error { _, err := other.RotateSecret(ctx, hook.ID, client.Rotation{}); return err },
		"delivery": func() error { _, err := other.Delivery(ctx, d.ID); return err },
		"attempts": func() error { _, err := other.Attempts(ctx, d.ID); return err },
		"replay":   func() error { _, err := other.ReplayDelivery(ctx, d.ID); return err },
	}
	for name, call := range calls {
		if got := code(call()); got != "404 NOT_FOUND" && got != "404 TASK_NOT_FOUND" {
			t.Errorf("%s with a foreign key: %s", name, got)
		}
	}
	if p, err := other.Deliveries(ctx, client.DeliveryQuery{}); err != nil || p.Total != 0 {
		t.Errorf("the other account sees %d deliveries, %v", p.Total, err)
	}
}

// code returns "404 NOT_FOUND" of an answer.
func code(err error) string {
	if e, ok := err.(*client.Error); ok {
		return fmt.Sprintf("%d %s", e.Status, e.Code)
	}
	return fmt.Sprint(err)
}

// TestStopUnderLoad stops the program in the middle of work and starts it again:
// all that was acknowledged arrives, and nothing comes twice.
func TestStopUnderLoad(t *testing.T) { onEach(t, testStopUnderLoad) }

func testStopUnderLoad(t *testing.T, on database) {
	s := program.Start(t, on)
	r := program.NewReceiver(t)
	if _, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"order.paid", "task.completed"}}); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for range 100 {
		e, err := s.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		want[e.ID] = true
	}
	for range 10 {
		if _, err := s.Submit(t.Context(), "seedream", "text-to-image", submission(json.RawMessage(`{"prompt":"x","width":64,"height":64,"sandbox":{"seconds":0.3}}`))); err != nil {
			t.Fatal(err)
		}
	}
	s.Stop(t)
	next := program.Run(t, s.Config)
	defer next.Stop(t)
	settled(t, next, client.DeliveryQuery{PageQuery: client.PageQuery{Limit: 100}}, 100)
	got := r.Wait(t, len(want)+10)
	seen := map[string]bool{}
	for _, req := range got {
		id := req.Header.Get("webhook-id")
		if seen[id] {
			t.Errorf("%s came twice", id)
		}
		seen[id] = true
	}
	for id := range want {
		if !seen[id] {
			t.Errorf("%s was lost", id)
		}
	}
}
