package muapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// The parts of answers about the one task.
const (
	urls     = `"urls":{"get":"https://x.example/api/v1/predictions/task_1/result"}`
	since    = `"created_at":"2026-03-01T09:30:00Z"`
	spent    = `"executionTime":2.31,"timings":{"inference":2.31}`
	price    = `"cost":{"amount_usd":0.0042,"amount_credits":1,"bonus_credits_used":0,"refunded":false}`
	refunded = `"cost":{"amount_usd":0.0042,"amount_credits":1,"bonus_credits_used":0,"refunded":true}`
	outputs  = `"outputs":["https://x.example/results/task_1.png?signature=s","https://x.example/results/task_1-2.png?signature=s"]`
	done     = `"id":"task_1",` + outputs + `,` + urls + `,"has_nsfw_contents":[false,true],"status":"completed",` + since + `,` + spent
)

// The answers, byte by byte. Fields and their meaning are those of the API's
// reference, the order that of the founding page.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ request, body, want string }{
		// Reference, "Submit": request_id, status and cost; id is what a client falls back to.
		{"POST /api/v1/flux-dev-image", `{"prompt":"a"}`, `{"request_id":"task_1","id":"task_1",` + urls + `,"status":"processing",` + since + `,` + price + `}`},
		// Founding page, "Request Format".
		{"POST /api/v1/endpoint/mmaudio-v2/text-to-audio?webhook=https://your.app.user/endpoints", `{"param1": "value1", "param2": "value2"}`,
			`{"request_id":"task_1","id":"task_1",` + urls + `,"status":"processing",` + since + `,` + price + `}`},
		{"POST /api/v1/flux-dev-image?sync=True", `{}`, `{"request_id":"task_1",` + done + `,` + price + `}`},
		// Reference, "Result".
		{"GET /api/v1/predictions/task_1/result", "", `{` + done + `,` + price + `}`},
		{"GET /api/v1/predictions/task_1", "", `{` + done + `,` + price + `}`},
		// Extensions.
		{"POST /api/v1/predictions/task_1/cancel", "", `{` + done + `,` + price + `}`},
		{"GET /api/v1/predictions", "", `{"predictions":[{` + done + `,` + price + `}],"cursor":"task_1"}`},
		// Page on uploads.
		{"GET /api/v1/get_upload_url?filename=cat.png", "", `{"url":"https://x.example/files/","fields":{"key":"file_1.png","signature":"s"}}`},
		// Reference, "Account", and page on credits.
		{"GET /api/v1/account/balance", "", `{"balance":42.5,"currency":"USD"}`},
		// Page on pricing.
		{"GET /api/v1/models", "", `{"models":[{"name":"flux-dev-image","category":"text-to-image","cost":0.0042,"cost_currency":"USD","cost_strategy":"fixed",` +
			`"dynamic_pricing":false,"endpoint":"/api/v1/flux-dev-image","estimate_endpoint":"/api/v1/flux-dev-image/estimate"},` +
			`{"name":"mmaudio-v2/text-to-audio","category":"text-to-audio","cost":0,"cost_currency":"USD","cost_strategy":"fixed","dynamic_pricing":false,` +
			`"endpoint":"/api/v1/mmaudio-v2/text-to-audio","estimate_endpoint":"/api/v1/mmaudio-v2/text-to-audio/estimate"}]}`},
		{"POST /api/v1/flux-dev-image/estimate", "", `{"model":"flux-dev-image","cost":0.0042,"currency":"USD","dynamic_pricing":false,"cost_strategy":"fixed"}`},
		// Reference, "Keys"; the official command line reads these fields.
		{"POST /api/v1/keys", `{"name":"ci","is_test":true}`,
			`{"id":890855778202999,"name":"ci","is_active":true,"is_test":true,"created_at":"2026-03-01T09:30:00Z","api_key":"thk_live_new"}`},
		{"GET /api/v1/keys", "", `[{"id":796756382201679,"name":"first","is_active":true,"is_test":false,"created_at":"2026-03-01T09:30:01Z"},` +
			`{"id":890855778202999,"name":"ci","is_active":false,"is_test":true,"created_at":"2026-03-01T09:30:00Z"}]`},
		{"DELETE /api/v1/keys/890855778202999", "", `{"id":890855778202999,"deleted":true}`},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		rec := newWorld().ask(t, method, path, test.body)
		if rec.Code != 200 || rec.Body.String() != test.want {
			t.Errorf("%s: %d\n got %s\nwant %s", test.request, rec.Code, rec.Body, test.want)
		}
		if got := rec.Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("%s: the type is %s", test.request, got)
		}
	}
}

// What a prediction says in each state; in none of them is there a null, or a
// second member called status.
func TestPredictionStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[taskhook.TaskState]string{
		taskhook.TaskPending: `{"id":"task_1",` + urls + `,"status":"queued",` + since + `,` + price + `}`,
		taskhook.TaskQueued:  `{"id":"task_1",` + urls + `,"status":"queued",` + since + `,` + price + `}`,
		taskhook.TaskRunning: `{"id":"task_1",` + urls + `,"status":"processing",` + since + `,` + price + `}`,
		taskhook.TaskFailed: `{"id":"task_1",` + urls + `,"has_nsfw_contents":[],"status":"failed",` + since +
			`,"error":"the input image could not be read",` + spent + `,` + refunded + `}`,
		taskhook.TaskCancelled: `{"id":"task_1",` + urls + `,"has_nsfw_contents":[],"status":"cancelled",` + since +
			`,"executionTime":0,"timings":{"inference":0},` + refunded + `}`,
		taskhook.TaskExpired: `{"id":"task_1","outputs":[],` + urls + `,"has_nsfw_contents":[],"status":"completed",` + since + `,` + spent + `,` + price + `}`,
	} {
		rec := newWorld().in(state).ask(t, "GET", "/api/v1/predictions/task_1/result", "")
		if got := rec.Body.String(); rec.Code != 200 || got != want {
			t.Errorf("%s: %d\n got %s\nwant %s", state, rec.Code, got, want)
		} else if strings.Contains(got, "null") || strings.Count(got, `"status"`) != 1 {
			t.Errorf("%s: %s", state, got)
		}
	}
}

// The webhook bodies, byte by byte, as the founding page has them.
func TestWebhookBodies(t *testing.T) {
	t.Parallel()
	render := WebhookBody("https://x.example")
	for state, want := range map[taskhook.TaskState]string{
		taskhook.TaskSucceeded: `{"id":"task_1","outputs":["https://x.example/results/a.png?signature=s&b","https://x.example/<é>"],` + urls +
			`,"has_nsfw_contents":[false,true],"status":"completed",` + since + `,` + spent + `}`,
		taskhook.TaskFailed: `{"id":"task_1",` + urls + `,"has_nsfw_contents":[],"status":"failed",` + since +
			`,"error":"the input image could not be read",` + spent + `}`,
	} {
		o := taskhook.Outcome{Task: newWorld().in(state).task}
		if state == taskhook.TaskSucceeded {
			o.Links = []string{"https://x.example/results/a.png?signature=s&b", "https://x.example/<é>"}
		}
		if got := string(render(o)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", state, got, want)
		}
	}
}

// A text of any bytes makes a body that can be read.
func FuzzWebhookBody(f *testing.F) {
	f.Add("task_1", "https://x.example/a", "a \"quoted\" error")
	f.Add("\xff", "\u2028", "\x00")
	f.Fuzz(func(t *testing.T, id, link, message string) {
		task := newWorld().in(taskhook.TaskFailed).task
		task.ID, task.Error.Message = id, message
		if body := WebhookBody("https://x.example")(taskhook.Outcome{Task: task, Links: []string{link}}); !json.Valid(body) {
			t.Errorf("%q is not JSON", body)
		}
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld().in(taskhook.TaskFailed)
	for path, want := range map[string]string{
		"/api/v1/predictions/task_1/result": "0.004200 1 true 42.5",
		"/api/v1/keys":                      "0.000000 0  42.5",
		"/api/v1/models":                    "0.000000 0  42.5",
	} {
		h := w.ask(t, "GET", path, "").Header()
		spelled := func(name string) string { return strings.Join(h[name], "") } // as on the wire, not in Go's form
		got := strings.Join([]string{spelled("X-MuAPI-Cost-USD"), spelled("X-MuAPI-Cost-Credits"),
			spelled("X-MuAPI-Cost-Refunded"), h.Get("X-Account-Balance")}, " ")
		if got != want {
			t.Errorf("%s: the headers are %q, want %q", path, got, want)
		}
	}
	w.limits.Permissions = []taskhook.Scope{taskhook.ScopeTasksRead}
	if h := w.ask(t, "GET", "/api/v1/predictions/task_1", "").Header(); h.Get("X-Account-Balance") != "" {
		t.Error("a key that may not read the balance is told it")
	}
	if rec := w.askAs(t, "", "GET", "/api/v1/models", ""); rec.Code != 200 || rec.Header().Get("X-Account-Balance") != "" {
		t.Errorf("models without a key: %d %v", rec.Code, rec.Header())
	}
}
