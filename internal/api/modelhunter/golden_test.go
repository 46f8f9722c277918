package modelhunter

import (
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// The answers, byte by byte.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const (
		task = `{"id":"task_abc123","type":"video","status":"succeeded","provider":"vidu","model":"viduq3-turbo","capability":"text-to-video",` +
			`"progress":100,"cost":0.32,"result":[{"url":"https://x.example/results/task_abc123.mp4?expires=1&signature=s","duration":4,"format":"mp4",` +
			`"size_bytes":12582912}],"created_at":"2025-01-15T10:00:00Z","started_at":"2025-01-15T10:00:01Z",` +
			`"completed_at":"2025-01-15T10:00:45Z","metadata":{"user_id":"u_123"},"key_id":"key_1"}`
		hook = `{"id":"wh_1","url":"https://example.com/hook?a=1&b=2","events":["task.completed"],"description":"","active":true,` +
			`"state":"active","created_at":"2025-01-15T10:00:00Z","updated_at":"2025-01-15T10:00:01Z"`
		file     = `{"id":"file_1","url":"https://x.example/files/file_1","filename":"cat.png","content_type":"image/png","size_bytes":7,"created_at":"2025-01-15T10:00:00Z"}`
		delivery = `{"id":"dlv_1","event_id":"evt_1","event_type":"task.completed","subject":"task_abc123","webhook_id":"wh_1",` +
			`"url":"https://example.com/hook","state":"pending","held":false,"attempts":1,"last_error":"no answer",` +
			`"next_attempt_at":"2025-01-15T10:00:09.123Z","created_at":"2025-01-15T10:00:00.123Z"}`
	)
	page := func(cursor string) string {
		return `"pagination":{"cursor":"` + cursor + `","hasMore":true,"total":42}`
	}
	for request, want := range map[string]string{
		"POST /api/v1/vidu/text-to-video": `"data":{"id":"task_abc123","status":"pending","type":"text-to-video","provider":"vidu",` +
			`"model":"viduq3-turbo","created_at":"2025-01-15T10:00:00Z","estimated_seconds":30,"metadata":{"user_id":"u_123"}}`,
		"GET /api/v1/tasks/task_abc123":         `"data":` + task,
		"GET /api/v1/tasks":                     `"data":[` + task + `],` + page("task_abc123"),
		"GET /api/v1/tasks/task_abc123/posters": `"data":[{"result":0,"url":"https://x.example/results/task_abc123-poster.jpg?expires=1&signature=s","format":"jpg","size_bytes":4096}]`,
		"POST /api/v1/tasks/task_abc123/retry": `"data":{"id":"task_new","original_task_id":"task_abc123","status":"pending","type":"video",` +
			`"provider":"vidu","model":"viduq3-turbo","created_at":"2025-01-15T10:00:00Z","estimated_seconds":30,"metadata":{"user_id":"u_123"}}`,
		"POST /api/v1/webhooks": `"data":` + hook + `,"secret":"whsec_new"}`,
		"GET /api/v1/webhooks":  `"data":[` + hook + `}],` + page("wh_1"),
		"GET /api/v1/webhooks/wh_1": `"data":` + hook + `,"health":{"webhook_id":"wh_1","state":"active","last_success_at":"2025-01-15T10:00:01.123Z",` +
			`"last_failure":{"at":"2025-01-15T10:00:02.123Z","class":"timeout","status_code":0,"error":"no answer","hint":"The receiver took too long. ` +
			`Let it answer 200 as soon as it has stored the webhook, and do the work afterwards."},"consecutive_failures":2,"pending":3,` +
			`"oldest_due_at":"2025-01-15T10:00:09.123Z","last_hour":{"succeeded":6,"failed":2,"success_rate":0.75,"failures":{"timeout":2},"delivered":6,"given_up":1},` +
			`"last_day":{"succeeded":14,"failed":2,"success_rate":0.875,"failures":{"timeout":2},"delivered":14,"given_up":1}}}`,
		"DELETE /api/v1/webhooks/wh_1": `"data":{"id":"wh_1","deleted":true}`,
		"POST /api/v1/webhooks/wh_1/rotate-secret": `"data":` + hook + `,"secret":"whsec_new","secret_promoted_at":"2025-01-15T10:00:03Z",` +
			`"previous_secret_expires_at":"2025-01-15T10:00:04Z"}`,
		"POST /api/v1/webhooks/wh_1/test": `"data":{"event_id":"evt_9","delivery_id":"dlv_9","delivered":false,"status_code":500,` +
			`"duration_ms":1500,"error":"The receiver answered 500."}`,
		"GET /api/v1/deliveries/dlv_1":         `"data":` + delivery,
		"GET /api/v1/webhooks/wh_1/deliveries": `"data":[` + delivery + `],` + page("dlv_1"),
		"GET /api/v1/deliveries/dlv_1/attempts": `"data":[{"number":1,"started_at":"2025-01-15T10:00:00.123Z","duration_ms":250,"delivered":false,` +
			`"status_code":503,"class":"status","error":"The receiver answered 503.","response":"<b>` + "\uFFFD" + `\u0000","retry_after_seconds":2}]`,
		"POST /api/v1/events": `"data":{"id":"evt_x","type":"order.paid","created_at":"2025-01-15T10:00:00Z"}`,
		"GET /api/v1/models?provider=vidu": `"data":[{"id":"viduq3-turbo","provider":"vidu","capability":"text-to-video","type":"video",` +
			`"available":true,"estimated_seconds":30,"cost":0.32,"input_schema":{"type":"object"}}]`,
		"POST /api/v1/files/upload-url":      `"data":{"upload_url":"https://x.example/uploads/file_new","file_id":"file_new","expires_at":"2025-01-15T10:00:09Z"}`,
		"POST /api/v1/files/file_1/complete": `"data":` + file,
		"GET /api/v1/files/file_1":           `"data":` + file,
		"GET /api/v1/files":                  `"data":[` + file + `],` + page("file_1"),
		"DELETE /api/v1/files/file_1":        `"data":{"id":"file_1","deleted":true}`,
		"GET /api/v1/balance": `"data":{"balance":0,"billingMode":"postpaid","held":0,"monthlySpendLimit":null,"autoTopUpEnabled":false,` +
			`"autoTopUpThreshold":null,"autoTopUpAmount":null}`,
		"GET /api/v1/usage?groupBy=model": `"data":{"from":"2025-01-15T10:00:00Z","to":"2025-01-15T11:00:00Z","group_by":"model",` +
			`"rows":[{"group":"vidu/viduq3-turbo","succeeded":2,"failed":1,"cancelled":0,"cost":0.64}],` +
			`"total":{"succeeded":2,"failed":1,"cancelled":0,"cost":0.64}}`,
		"GET /api/v1/models?capability=none": `"data":[]`,
	} {
		method, path, _ := strings.Cut(request, " ")
		rec := newWorld().ask(t, method, path,
			`{"model":"viduq3-turbo","input":{},"url":"https://example.com","events":["x"],"filename":"cat.png","contentType":"image/png","sizeBytes":7}`)
		if path == "/api/v1/events" {
			rec = newWorld().ask(t, method, path, `{"type":"order.paid","data":{}}`)
		}
		if want := `{"success":true,` + want + "}\n"; rec.Body.String() != want {
			t.Errorf("%s:\n got %s\nwant %s", request, rec.Body, want)
		}
	}
}

func TestBatchAnswer(t *testing.T) {
	t.Parallel()
	rec := newWorld().ask(t, "POST", "/api/v1/events", `{"events":[{"type":"a","data":{}},{"type":"b","data":{}}]}`)
	want := `{"success":true,"data":{"events":[{"id":"evt_x","type":"a","created_at":"2025-01-15T10:00:00Z"},` +
		`{"id":"evt_xx","type":"b","created_at":"2025-01-15T10:00:01Z"}]}}` + "\n"
	if rec.Body.String() != want {
		t.Errorf("got %s, want %s", rec.Body, want)
	}
}

// What a task shows depends on its state.
func TestTaskByState(t *testing.T) {
	t.Parallel()
	for _, state := range append(taskhook.TaskStates(), taskhook.TaskExpired) {
		w := newWorld()
		w.task.State = state
		w.task.Error = &taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "no"}
		body := w.ask(t, "GET", "/api/v1/tasks/task_abc123", "").Body.String()
		if !strings.Contains(body, `"status":"`+string(state)+`"`) {
			t.Errorf("%s: %s", state, body)
		}
		if strings.Contains(body, `"result"`) != (state == taskhook.TaskSucceeded) {
			t.Errorf("%s: result in %s", state, body)
		}
		if strings.Contains(body, `"error":{"code":"PROVIDER_ERROR","message":"no"}`) != (state == taskhook.TaskFailed) {
			t.Errorf("%s: error in %s", state, body)
		}
	}
}

// A secret is shown when it is new and never again.
func TestSecretsAreShownOnce(t *testing.T) {
	t.Parallel()
	face, handler := newWorld().face(t)
	for _, route := range face.Routes() {
		rec, _ := answer(t, handler, request(route, ownerKey))
		shown := strings.Contains(rec.Body.String(), "whsec_new")
		isNew := route.Summary == "Register a webhook" || route.Summary == "Give a webhook a new secret"
		if shown != isNew || strings.Contains(rec.Body.String(), "whsec_old") {
			t.Errorf("%s %s: %s", route.Method, route.Pattern, rec.Body)
		}
	}
}

func TestWebhookStates(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.endpoint.State, w.endpoint.Reason = taskhook.EndpointDisabled, "The receiver is gone."
	w.endpoint.Schedule = taskhook.Schedule{}
	body := w.ask(t, "GET", "/api/v1/webhooks/wh_1", "").Body.String()
	for _, want := range []string{`"active":false`, `"state":"disabled"`, `"reason":"The receiver is gone."`, `"retry_schedule":[]`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", body, want)
		}
	}
}

func TestDeliveryStates(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*taskhook.Delivery){
		"held":  func(d *taskhook.Delivery) { d.Held = true },
		"final": func(d *taskhook.Delivery) { d.State, d.FinishedAt = taskhook.DeliveryFailed, day(9) },
	} {
		w := newWorld()
		change(&w.delivery)
		body := w.ask(t, "GET", "/api/v1/deliveries/dlv_1", "").Body.String()
		if strings.Contains(body, "next_attempt_at") || strings.Contains(body, `"held":true`) != w.delivery.Held ||
			strings.Contains(body, `"finished_at":"2025-01-15T10:00:09.123Z"`) != w.delivery.State.Final() {
			t.Errorf("%s: %s", name, body)
		}
	}
}
