package interop

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/taskhook/taskhook/client"
)

// TestServerPerJob checks the webhook of a URL given with a task by the keys
// that the server publishes. The receiver refuses it, having no secret to share,
// but tells what it saw.
func TestServerPerJob(t *testing.T) {
	t.Parallel()
	if !needPackages(t) {
		return
	}
	r, o := newReceiver(t), newOracle(t)
	base, server := serve(t)
	task, err := server.Submit(t.Context(), "gemini", "text-to-image", client.Submission{Model: "nano-banana-2", WebhookURL: r.url,
		Input: json.RawMessage(`{"prompt":"a lighthouse","sandbox":{"seconds":0}}`), Metadata: json.RawMessage(metadata[3])})
	if err != nil {
		t.Fatal(err)
	}
	var got receipt
	r.hear(&got)

	q := question{Ask: "ed25519", Headers: got.Headers, Body: got.Body, Keys: fetch(t, base+"/.well-known/jwks.json")}
	if _, thrown := o.ask(q); thrown != "" {
		t.Errorf("signature: %s", thrown)
	}
	q.Body += "\n"
	if _, thrown := o.ask(q); thrown == "" {
		t.Error("a changed body was accepted")
	}
	for name, want := range map[string]string{"x-webhook-event": "task.completed", "x-job-id": task.ID, "x-webhook-signature": ""} {
		if got.Headers[name] != want {
			t.Errorf("%s is %q, want %q", name, got.Headers[name], want)
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %s (%v)", url, res.StatusCode, text, err)
	}
	return string(text)
}
