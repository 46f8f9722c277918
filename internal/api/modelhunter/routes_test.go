package modelhunter

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// address fills in the pattern of a route with what the owner has.
func address(route Route) string {
	id := "wh_1"
	if strings.Contains(route.Pattern, "/tasks/") {
		id = "task_abc123"
	}
	return strings.NewReplacer("{provider}", "vidu", "{capability}", "text-to-video", "{id}", id, "{delivery_id}", "dlv_1", "{file_id}", "file_1", "{key_id}", "key_1", "{workflow_id}", "wf_1", "{execution_id}", "exec_1", "{replay_id}", "rpl_1", "{batch_id}", "batch_1").Replace(route.Pattern)
}

// bodyFor returns a body that a route takes.
func bodyFor(route Route) string {
	switch route.Request.(type) {
	case client.Submission:
		return `{"model":"viduq3-turbo","input":{"prompt":"a river"}}`
	case client.NewBatch:
		return `{"provider":"vidu","model":"viduq3-turbo","inputs":[{"prompt":"a river"}]}`
	case client.NewWebhook:
		return `{"url":"https://example.com","events":["task.completed"]}`
	case client.NewKey:
		return `{"name":"ci"}`
	case client.WebhookChange, client.Rotation:
		return `{}`
	case client.NewFile:
		return `{"filename":"cat.png","contentType":"image/png","sizeBytes":7}`
	case client.Definition:
		return `{"name":"Poster","steps":[{"id":"draw","provider":"vidu","model":"viduq3-turbo","input":{"prompt":"a boat"}}]}`
	case client.NewExecution:
		return `{"inputs":{"prompt":"a boat"}}`
	case client.NewReplay:
		return `{"state":"failed"}`
	case client.ReplayChange:
		return `{"ratePerSecond":5}`
	case client.EventBatch:
		return `{"events":[{"type":"order.paid","data":{}}]}`
	}
	return ""
}

func request(route Route, key string) *http.Request {
	r := httptest.NewRequest(route.Method, address(route), strings.NewReader(bodyFor(route)))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return r
}

func answer(t *testing.T, handler http.Handler, r *http.Request) (*httptest.ResponseRecorder, envelopeText) {
	t.Helper()
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	return rec, open(t, rec)
}

func isStream(rec *httptest.ResponseRecorder) bool {
	return rec.Code == http.StatusOK && rec.Header().Get("Content-Type") == httpserver.EventStreamType
}

// envelopeText is an answer taken apart.
type envelopeText struct {
	Success    bool
	Data       json.RawMessage
	Pagination *client.Pagination
	Error      *client.Error
}

func open(t *testing.T, rec *httptest.ResponseRecorder) (e envelopeText) {
	t.Helper()
	if isStream(rec) {
		return envelopeText{Success: true} // it has no envelope
	}
	if got := rec.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q", got)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &e); err != nil {
		t.Fatalf("answer %d %q is no envelope: %v", rec.Code, rec.Body, err)
	}
	if e.Success != (rec.Code < 300) || e.Success == (e.Error != nil) {
		t.Errorf("answer %d does not fit its envelope %s", rec.Code, rec.Body)
	}
	return e
}

func TestEveryRoute(t *testing.T) {
	t.Parallel()
	face, handler := newWorld().face(t)
	for _, route := range face.Routes() {
		t.Run(route.Method+" "+route.Pattern, func(t *testing.T) {
			if route.Scope == "" || route.Summary == "" {
				t.Error("the route has no scope or no summary")
			}
			rec, e := answer(t, handler, request(route, ownerKey))
			if rec.Code != route.Status {
				t.Fatalf("status = %d, want %d: %s", rec.Code, route.Status, rec.Body)
			}
			if route.Response == nil {
				if !isStream(rec) {
					t.Errorf("the answer is no stream: %s", rec.Body)
				}
				return
			}
			dec := json.NewDecoder(bytes.NewReader(e.Data))
			dec.DisallowUnknownFields()
			if err := dec.Decode(reflect.New(reflect.TypeOf(route.Response)).Interface()); err != nil {
				t.Errorf("data %s is no %T: %v", e.Data, route.Response, err)
			}
		})
	}
}

func TestRoutesWantAKey(t *testing.T) {
	t.Parallel()
	face, handler := newWorld().face(t)
	for _, route := range face.Routes() {
		rec, e := answer(t, handler, request(route, ""))
		if rec.Code != http.StatusUnauthorized || e.Error.Code != "AUTH_REQUIRED" || rec.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s without key: %d %s", route.Method, route.Pattern, rec.Code, rec.Body)
		}
	}
}

// A key of another account finds nothing, and lists nothing.
func TestForeignKey(t *testing.T) {
	t.Parallel()
	face, handler := newWorld().face(t)
	for _, route := range face.Routes() {
		rec, e := answer(t, handler, request(route, foreignKey))
		switch {
		case strings.Contains(route.Pattern, "id}"):
			if rec.Code != http.StatusNotFound {
				t.Errorf("%s %s with a foreign key: %d %s", route.Method, route.Pattern, rec.Code, rec.Body)
			}
		case route.Method == http.MethodGet && e.Pagination != nil:
			if string(e.Data) != "[]" || e.Pagination.Total != 0 {
				t.Errorf("%s %s with a foreign key lists %s", route.Method, route.Pattern, rec.Body)
			}
		}
	}
}

// What can't be an id is not found, without a service being asked.
func TestIDsOfNoForm(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"GET /api/v1/tasks/wh_1", "GET /api/v1/tasks/task_A%2FB", "GET /api/v1/tasks/task_", "DELETE /api/v1/tasks/%00",
		"POST /api/v1/tasks/%2e%2e/retry", "GET /api/v1/webhooks/1", "POST /api/v1/webhooks/task_1/test",
		"GET /api/v1/deliveries/evt_1", "GET /api/v1/replays/dlv_1", "POST /api/v1/replays/rpl_/pause", "GET /api/v1/files/1", "POST /api/v1/files/art_1/complete", "POST /api/v1/deliveries/x'--/replay", "POST /api/v1/webhooks/wh_2/deliveries/dlv_1/replay",
	} {
		method, path, _ := strings.Cut(target, " ")
		rec := newWorld().ask(t, method, path, "")
		if e := open(t, rec); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d %+v", target, rec.Code, e.Error)
		}
	}
}

func TestUnmatched(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ request, allow string }{
		{"GET /api/v1", ""},
		{"GET /api/v1/nothing", ""},
		{"GET /api/v1/tasks/task_1/nothing", ""},
		{"POST /api/v1/workflows/text-to-video", "GET, HEAD, PUT, DELETE"},
		{"POST /api/v1/predictions/x", ""},
		{"POST /v1/tasks/cancel", ""},
		{"POST /api/v1/tasks", "GET, HEAD"},
		{"POST /api/v1/tasks/task_1", "GET, HEAD, DELETE"},
		{"POST /api/v1/webhooks/wh_1", "GET, HEAD, PUT, PATCH, DELETE"},
		{"PUT /api/v1/events", "GET, HEAD, POST"},
		{"GET /api/v1/vidu/text-to-video", "POST"},
		{"PATCH /api/v1/models", "GET, HEAD"},
		{"POST /api/v1/files", "GET, HEAD"},
		{"GET /api/v1/files/file_1/complete", "POST"},
		{"BREW /api/v1/webhooks", "GET, HEAD, POST"},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		rec := newWorld().ask(t, method, path, `{}`)
		open(t, rec)
		want := http.StatusMethodNotAllowed
		if test.allow == "" {
			want = http.StatusNotFound
		}
		if rec.Code != want || rec.Header().Get("Allow") != test.allow {
			t.Errorf("%s: %d, Allow %q; want %d, %q", test.request, rec.Code, rec.Header().Get("Allow"), want, test.allow)
		}
	}
}

// No word that begins a path of this API may be a provider's name too.
func TestPathsAreReserved(t *testing.T) {
	t.Parallel()
	face, _ := newWorld().face(t)
	for _, route := range face.Routes() {
		word, _, _ := strings.Cut(strings.TrimPrefix(route.Pattern, "/api/v1/"), "/")
		if !strings.Contains(route.Pattern, "{provider}") && !reserved(word) {
			t.Errorf("%s of %s is not reserved", word, route.Pattern)
		}
	}
}
