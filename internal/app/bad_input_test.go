package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestBadSubmissions sends what no client should and looks that nothing of it was
// taken.
func TestBadSubmissions(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	tests := map[string]struct {
		path, body string
		want       string
	}{
		"not JSON":           {"seedream/text-to-image", `model=x`, "400 VALIDATION_ERROR"},
		"empty":              {"seedream/text-to-image", ``, "400 VALIDATION_ERROR"},
		"an array":           {"seedream/text-to-image", `[]`, "400 VALIDATION_ERROR"},
		"two values":         {"seedream/text-to-image", `{} {}`, "400 VALIDATION_ERROR"},
		"invalid UTF-8":      {"seedream/text-to-image", "{\"model\":\"\xff\"}", "400 VALIDATION_ERROR"},
		"duplicate keys":     {"seedream/text-to-image", `{"model":"a","model":"b"}`, "400 VALIDATION_ERROR"},
		"deep nesting":       {"seedream/text-to-image", `{"model":"seedream-4-0","input":` + deep + `}`, "400 VALIDATION_ERROR"},
		"no model":           {"seedream/text-to-image", `{"input":{"prompt":"x"}}`, "400 MISSING_PARAMETER"},
		"no input":           {"seedream/text-to-image", `{"model":"seedream-4-0"}`, "400 MISSING_PARAMETER"},
		"no prompt":          {"seedream/text-to-image", `{"model":"seedream-4-0","input":{}}`, "400 MISSING_PARAMETER"},
		"model a number":     {"seedream/text-to-image", `{"model":7,"input":{"prompt":"x"}}`, "400 INVALID_PARAMETER"},
		"input a string":     {"seedream/text-to-image", `{"model":"seedream-4-0","input":"x"}`, "400 INVALID_PARAMETER"},
		"prompt a number":    {"seedream/text-to-image", `{"model":"seedream-4-0","input":{"prompt":7}}`, "400 INVALID_PARAMETER"},
		"metadata an array":  {"seedream/text-to-image", `{"model":"seedream-4-0","input":{"prompt":"x"},"metadata":[]}`, "400 INVALID_PARAMETER"},
		"metadata too large": {"seedream/text-to-image", `{"model":"seedream-4-0","input":{"prompt":"x"},"metadata":{"n":1e999}}`, "400 "},
		"NUL in a URL":       {"seedream/text-to-image", `{"model":"seedream-4-0","input":{"prompt":"x"},"webhookUrl":"https://a.example/\u0000"}`, "400 INVALID_PARAMETER"},
		"a huge duration":    {"vidu/text-to-video", `{"model":"viduq3-turbo","input":{"prompt":"x","duration":1e300}}`, "400 INVALID_PARAMETER"},
		"an unknown model":   {"seedream/text-to-image", `{"model":"seedream-9","input":{"prompt":"x"}}`, "404 MODEL_NOT_FOUND"},
		"unknown provider":   {"nobody/text-to-image", `{"model":"x","input":{"prompt":"x"}}`, "404 PROVIDER_NOT_FOUND"},
		"bad steering":       {"seedream/text-to-image", `{"model":"seedream-4-0","input":{"prompt":"x","sandbox":{"seconds":-1}}}`, "400 INVALID_PARAMETER"},
		"a body of 10 MB":    {"seedream/text-to-image", `{"model":"` + strings.Repeat("x", 10<<20) + `"}`, "413 PAYLOAD_TOO_LARGE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := post(t, s.URL+"/api/v1/"+tt.path, program.Key, tt.body); !strings.HasPrefix(got, tt.want) {
				t.Errorf("answer is %s, want %s", got, tt.want)
			}
		})
	}
	if p, err := s.Tasks(t.Context(), client.TaskQuery{}); err != nil || p.Total != 0 {
		t.Errorf("%d tasks were made, %v", p.Total, err)
	}
}

// TestBadWebhookURLs offers addresses that must not be sent to, at both doors.
func TestBadWebhookURLs(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) { c.Dev = false })
	for _, url := range []string{
		"", "nonsense", "http://a.example/", "ftp://a.example/", "https://", "https:///x", "https://user:pass@a.example/",
		"https://a.example/#part", "https://a.example:8443/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
		"https://0x7f000001/", "https://0177.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
		"https://10.0.0.1/", "https://169.254.169.254/latest", "https://168.63.129.16/", "https://localhost/", "https://localhost./",
		"https://１２７.0.0.1/", "https://%31%32%37.0.0.1/", "https://a.example/" + strings.Repeat("x", 3000), "https://[fe80::1%25eth0]/",
	} {
		body, err := json.Marshal(client.NewWebhook{URL: url, Events: []string{"task.completed"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := post(t, s.URL+"/api/v1/webhooks", program.Key, string(body)); !strings.HasPrefix(got, "400 ") {
			t.Errorf("registering %.60q: %s", url, got)
		}
	}
	if p, err := s.Webhooks(t.Context(), client.WebhookQuery{}); err != nil || p.Total != 0 {
		t.Errorf("%d webhooks were made, %v", p.Total, err)
	}
}

// TestBadKeys tries what is no key, and paths and methods that do not exist.
func TestBadKeys(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	for key, want := range map[string]string{"": "401 AUTH_REQUIRED", "x": "401 AUTH_INVALID_TOKEN",
		"thk_live_unknown_unknown_unknown_unknown": "401 AUTH_INVALID_TOKEN", strings.Repeat("k", 5000): "401 AUTH_INVALID_TOKEN"} {
		if got := post(t, s.URL+"/api/v1/events", key, `{"type":"a.b","data":{}}`); !strings.HasPrefix(got, want) {
			t.Errorf("key %.20q: %s, want %s", key, got, want)
		}
	}
	for path, want := range map[string]string{"/api/v1/nothing": "404 NOT_FOUND", "/api/v1/tasks": "405 METHOD_NOT_ALLOWED",
		"/api/v1/tasks/task_x/cancel": "404 TASK_NOT_FOUND", "/api/v1/deliveries/dlv_x/replay": "404 NOT_FOUND",
		"/api/v1/webhooks/' OR 1=1/test": "404 NOT_FOUND"} {
		if got := post(t, s.URL+strings.ReplaceAll(path, " ", "%20"), program.Key, `{}`); !strings.HasPrefix(got, want) {
			t.Errorf("POST %s: %s, want %s", path, got, want)
		}
	}
}

// TestReplayOfPending asks for a replay before the delivery has ended.
func TestReplayOfPending(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	r := program.NewReceiver(t, http.StatusServiceUnavailable)
	if _, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"order.paid"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	r.Wait(t, 1)
	p, err := s.Deliveries(t.Context(), client.DeliveryQuery{})
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("%d deliveries, %v", len(p.Items), err)
	}
	if _, err := s.ReplayDelivery(t.Context(), p.Items[0].ID); code(err) != "409 CONFLICT" {
		t.Errorf("replay of a pending delivery: %v", err)
	}
}

// post returns the status and the code of the error, "400 VALIDATION_ERROR".
func post(t *testing.T, url, key, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Success bool
		Error   client.Error
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Success {
		return answer.Status + " " + string(text)
	}
	if len(got.Error.Message) < len("x is required") {
		t.Errorf("the message %q does not help", got.Error.Message)
	}
	return answer.Status[:3] + " " + got.Error.Code
}
