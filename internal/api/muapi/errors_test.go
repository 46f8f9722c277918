package muapi

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// Every code has its status and body.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	const say = "A <sentence>."
	list := func(msg, kind string) string {
		return `{"detail":[{"loc":["body","images_list",0],"msg":"` + msg + `","type":"` + kind + `"}]}`
	}
	text := func(s string) string { return `{"detail":"` + s + `"}` }
	want := map[taskhook.Code]string{
		taskhook.CodeMalformed:        "422 " + list(say, "json_invalid"),
		taskhook.CodeMissing:          "422 " + list("Field required", "missing"),
		taskhook.CodeInvalid:          "422 " + list(say, "value_error"),
		taskhook.CodeUnauthenticated:  "401 " + text("Invalid API key"),
		taskhook.CodeBadKey:           "401 " + text("Invalid API key"),
		taskhook.CodeKeyExpired:       "401 " + text(say),
		taskhook.CodeKeyRevoked:       "401 " + text(say),
		taskhook.CodeKeyPermission:    "403 " + text(say),
		taskhook.CodeForbidden:        "403 " + text(say),
		taskhook.CodeNotFound:         "404 " + text("Not Found"),
		taskhook.CodeTaskNotFound:     "404 " + text("Not Found"),
		taskhook.CodeModelNotFound:    "404 " + text("Not Found"),
		taskhook.CodeProviderNotFound: "404 " + text("Not Found"),
		taskhook.CodeMethod:           "405 " + text("Method Not Allowed"),
		taskhook.CodeCursorExpired:    "410 " + text(say),
		taskhook.CodeConflict:         "409 " + text(say),
		taskhook.CodeTooLarge:         "413 " + text(say),
		taskhook.CodeFileTooLarge:     "413 " + text(say),
		taskhook.CodeNoBalance:        "402 " + text("Insufficient credits"),
		taskhook.CodeSpendLimit:       "402 " + text(say),
		taskhook.CodeRateLimited:      "429 " + text("Rate limit exceeded"),
		taskhook.CodeStorageFull:      "503 " + text(say),
		taskhook.CodeUnavailable:      "503 " + text(say),
	}
	for _, code := range taskhook.Codes() {
		w := newWorld()
		w.err = fmt.Errorf("create task: %w", taskhook.FieldErrorf(code, "input.images_list.0", say))
		rec := w.ask(t, "POST", "/api/v1/flux-dev-image", `{"prompt":"a"}`)
		got := fmt.Sprint(rec.Code, " ", rec.Body)
		if code == taskhook.CodeInternal {
			if rec.Code != 500 || strings.Contains(got, "sentence") || !strings.HasPrefix(rec.Body.String(), `{"detail":"The server has a fault.`) {
				t.Errorf("%s is answered with %s", code, got)
			}
			continue
		}
		if got != want[code] {
			t.Errorf("%s is answered with\n%s, want\n%s", code, got, want[code])
		}
		if waits := rec.Code == 429 || rec.Code == 503; waits != (rec.Header().Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After = %q", code, rec.Header().Get("Retry-After"))
		}
	}
}

// Errors about the URL of a webhook name the place where it stood.
func TestWebhookErrors(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.err = taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: use https.")
	for path, want := range map[string]string{
		"?webhook=http%3A%2F%2Fx": `{"detail":[{"loc":["query","webhook"],"msg":"webhook can't be used: use https.","type":"value_error"}]}`,
		"":                        `{"detail":[{"loc":["body","webhook_url"],"msg":"webhook_url can't be used: use https.","type":"value_error"}]}`,
		"?sync=maybe":             `{"detail":[{"loc":["query","sync"],"msg":"sync must be true or false.","type":"value_error"}]}`,
	} {
		if rec := w.ask(t, "POST", "/api/v1/flux-dev-image"+path, `{"webhook_url":"http://y"}`); rec.Code != 422 || rec.Body.String() != want {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// What is refused before any service is asked.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		request, body string
		status        int
		want          string
	}{
		{"POST /api/v1/flux-dev-image", "", 422, `"loc":["body"],"msg":"Field required","type":"missing"`},
		{"POST /api/v1/flux-dev-image", "[1]", 422, `"json_invalid"`},
		{"POST /api/v1/flux-dev-image", `{"a":1,"a":2}`, 422, `repeated`},
		{"POST /api/v1/flux-dev-image", `{"webhook_url":3}`, 422, `["body","webhook_url"]`},
		{"POST /api/v1/flux-dev-image", `{"a":"` + strings.Repeat("x", maxBody) + `"}`, 413, "1 MB"},
		{"POST /api/v1/unknown", "{}", 404, `{"detail":"Not Found"}`},
		{"POST /api/v1/twice", "{}", 404, `{"detail":"Not Found"}`}, // can do two things
		{"POST /api/v1/viduq3-pro", "{}", 404, `{"detail":"Not Found"}`},
		{"POST /api/v1/unknown/estimate", "{}", 404, `{"detail":"Not Found"}`},
		{"POST /api/v1/*", "{}", 404, `{"detail":"Not Found"}`},
		{"POST /api/v1/", "{}", 404, `{"detail":"Not Found"}`},
		{"POST /workflow/1/run", "{}", 404, `{"detail":"Not Found"}`},
		{"GET /api/v1/flux-dev-image", "", 405, `{"detail":"Method Not Allowed"}`},
		{"GET /api/v1/endpoint/mmaudio-v2/text-to-audio/estimate", "", 405, `{"detail":"Method Not Allowed"}`},
		{"GET /api/v1/unknown", "", 404, `{"detail":"Not Found"}`},
		{"PATCH /api/v1/keys", "{}", 405, `{"detail":"Method Not Allowed"}`},
		{"POST /api/v1/keys", `{}`, 422, `"loc":["body","name"],"msg":"Field required"`},
		{"POST /api/v1/keys", `{"name":"a","is_test":"b"}`, 422, `["body","is_test"]`},
		{"DELETE /api/v1/keys/abc", "", 422, `["path","key_id"]`},
		{"DELETE /api/v1/keys/7", "", 404, `{"detail":"Not Found"}`},
		{"GET /api/v1/predictions?limit=0", "", 422, `["query","limit"]`},
		{"GET /api/v1/predictions?cursor=x", "", 422, `["query","cursor"]`},
		{"POST /api/v1/account/topup", `{"amount":10}`, 409, "sells no credits"},
		{"GET /api/v1/get_upload_url", "", 422, `"loc":["query","filename"],"msg":"Field required"`},
		{"GET /api/v1/get_upload_url?filename=x", "", 422, `"loc":["query","filename"],"msg":"Use another name."`},
		{"POST /api/v1/upload_file", "x", 422, `["body","file"]`},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		w := newWorld()
		if rec := w.ask(t, method, path, test.body); rec.Code != test.status || !strings.Contains(rec.Body.String(), test.want) {
			t.Errorf("%s %.40s: %d %s", test.request, test.body, rec.Code, rec.Body)
		}
		if w.created.Model != "" || w.deleted != "" {
			t.Errorf("%s %.40s reached a service", test.request, test.body)
		}
	}
}

// Every route asks for a key, holds it to its permissions, and shows nothing of
// another account.
func TestEveryRouteIsGuarded(t *testing.T) {
	t.Parallel()
	for _, route := range newWorld().face(t).Routes() {
		path := strings.NewReplacer("{model...}", "flux-dev-image", "{id}", "task_1", "{number}", "890855778202999",
			"{workflow_id}", "wf_1", "{run_id}", "exec_1").Replace(route.Pattern)
		w := newWorld()
		for key, want := range map[string]int{"": 401, "thk_live_unknown": 401} {
			if rec := w.askAs(t, key, route.Method, path, "{}"); rec.Code != want && (route.Scope != scopeNone || key != "") {
				t.Errorf("%s %s with the key %q: %d", route.Method, path, key, rec.Code)
			}
		}
		if rec := w.askAs(t, foreignKey, route.Method, path, `{"name":"x"}`); strings.Contains(route.Pattern, "{id}") || strings.Contains(route.Pattern, "{number}") ||
			strings.Contains(route.Pattern, "_id}") {
			if rec.Code != 404 || rec.Body.String() != `{"detail":"Not Found"}` {
				t.Errorf("%s %s of another account: %d %s", route.Method, path, rec.Code, rec.Body)
			}
		}
		w.limits.Permissions = []taskhook.Scope{taskhook.ScopeEventsWrite}
		if rec := w.ask(t, route.Method, path, "{}"); rec.Code != 403 && route.Scope != scopeNone {
			t.Errorf("%s %s without the permission: %d %s", route.Method, path, rec.Code, rec.Body)
		}
	}
}

// A panic is answered in the form of the face.
func TestPanic(t *testing.T) {
	t.Parallel()
	w := newWorld()
	face := w.face(t)
	face.Tasks = nil
	rec := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/predictions/task_1", nil)
	r.Header.Set("x-api-key", ownerKey)
	face.ServeHTTP(rec, r)
	if rec.Code != 500 || !strings.HasPrefix(rec.Body.String(), `{"detail":"The server has a fault.`) {
		t.Errorf("a panic is answered with %d %s", rec.Code, rec.Body)
	}
}
