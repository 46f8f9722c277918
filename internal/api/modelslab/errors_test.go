package modelslab

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// refusal is the body of an error.
func refusal(message string) string { return `{"status":"error","message":"` + message + `"}` }

// TestSentences holds the answers to bad submissions to the wording of (ML), its
// page on error codes, where that has one.
func TestSentences(t *testing.T) {
	t.Parallel()
	const image, video = "/api/v6/images/text2img", "/api/v6/video/text2video"
	for _, tt := range []struct{ path, body, want string }{
		{image, `"model_id":"flux"`, "prompt is required"},
		{image, `"model_id":"flux","prompt":null`, "prompt is required"},
		{image, `"model_id":"flux","prompt":5`, "prompt must be a string"},
		{image, `"prompt":"x"`, "model_id is required"},
		{image, `"model_id":null,"prompt":"x"`, "model_id is required"},
		{image, `"model_id":"flux","prompt":"x","width":255`, "width must be between 256 and 1024"},
		{image, `"model_id":"flux","prompt":"x","width":"2048"`, "width must be between 256 and 1024"},
		{image, `"model_id":"flux","prompt":"x","width":"wide"`, "width must be an integer"},
		{image, `"model_id":"flux","prompt":"x","height":"513"`, "height must be divisible by 8"},
		{image, `"model_id":"flux","prompt":"x","samples":5`, "samples must be between 1 and 4"},
		{image, `"model_id":"flux","prompt":"x","samples":"0"`, "samples must be between 1 and 4"},
		{image, `"model_id":"no such model!","prompt":"x"`, "Model not found: no such model!"},
		{"/api/v6/images/img2img", `"model_id":"flux","prompt":"x"`, "init_image is required"},
		{video, `"model_id":"cogvideox"`, "prompt is required"},
		{video, `"model_id":"cogvideox","prompt":"x","num_inference_steps":"51"`, "num_inference_steps must be between 1 and 50"},
		{"/api/v6/voice/text_to_speech", `"voice_id":"v"`, "prompt is required"},
		{video, prompt + `,"webhook":5`, "webhook must be a string"},
		{video, prompt + `,"webhook":"http://r.example/hook"`, "webhook must be an https URL"},
	} {
		w := newWorld(t)
		if status, got := w.post(t, tt.path, tt.body); status != http.StatusBadRequest || got != refusal(tt.want) {
			t.Errorf("%s %s: %d %s", tt.path, tt.body, status, got)
		}
	}
}

// TestLooseInput: what clients of (ML) send is taken, and left as it is.
func TestLooseInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const input = `"model_id":"flux","prompt":"x","width":"512","height":512,"samples":"1","num_inference_steps":"31","guidance_scale":"7.5",` +
		`"safety_checker":"no","seed":null,"temp":"yes","base64":"no","init_image":null,"lora_model":null`
	if status, got := w.post(t, "/api/v6/images/text2img", input+`,"webhook":null,"track_id":null`); status != http.StatusOK {
		t.Fatalf("%d %s", status, got)
	}
	if got := string(w.created.Input); got != "{"+input+"}" {
		t.Errorf("the provider gets %s", got)
	}
	if w.created.WebhookURL != "" || w.created.Model != "flux" || w.created.Capability != "text-to-image" || w.created.Face != Name {
		t.Errorf("%+v", w.created)
	}
}

func TestErrorOfEveryCode(t *testing.T) {
	t.Parallel()
	known := map[int]bool{400: true, 401: true, 402: true, 403: true, 404: true, 405: true, 429: true, 500: true, 503: true}
	for _, code := range taskhook.Codes() {
		w := newWorld(t)
		w.err = taskhook.Errorf(code, "A sentence.")
		status, got := w.post(t, "/api/v6/video/text2video", prompt)
		if !known[status] || !strings.HasPrefix(got, `{"status":"error","message":"`) {
			t.Errorf("%s: %d %s", code, status, got)
		}
		if status == 500 && code != taskhook.CodeInternal {
			t.Errorf("%s has no status", code)
		}
	}
	for _, tt := range []struct {
		err    error
		status int
		want   string
	}{
		{&taskhook.Error{Code: taskhook.CodeRateLimited, Message: "full", Limit: 5}, 429, // (ML) rate-limits
			`{"status":"error","message":"Rate limit exceeded. Maximum 5 queued requests allowed.","retry_after":30}`},
		{taskhook.Errorf(taskhook.CodeRateLimited, "Too fast."), 429, `{"status":"error","message":"Too fast.","retry_after":1}`},
		{taskhook.Errorf(taskhook.CodeNoBalance, "No credit is left."), 402, refusal("No credit is left.")},
		{taskhook.Errorf(taskhook.CodeKeyPermission, "Not with this key."), 403, refusal("Not with this key.")},
		{taskhook.Errorf(taskhook.CodeUnavailable, "Stopping."), 503, `{"status":"error","message":"Stopping.","retry_after":5}`},
		{taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: no"), 400, refusal("webhook must be an https URL")},
		{errors.New("secret cause"), 500, ""},
	} {
		w := newWorld(t)
		w.err = tt.err
		status, got := w.post(t, "/api/v6/video/text2video", prompt)
		if status != tt.status || tt.want != "" && got != tt.want || strings.Contains(got, "secret") {
			t.Errorf("%v: %d %s", tt.err, status, got)
		}
	}
}

// TestOldSpelling: (ML) spells the message of some errors in two ways.
func TestOldSpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const want = `{"status":"error","message":"webhook must be a string","messege":"webhook must be a string"}`
	for _, path := range []string{"/api/v5/controlnet", "/api/v3/lora_fine_tune", "/api/v3/fine_tune"} {
		if status, got := w.post(t, path, `"webhook":{}`); status != http.StatusBadRequest || got != want {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
}

// TestKeys tries good and bad keys in all four places.
func TestKeys(t *testing.T) {
	t.Parallel()
	const path, body = "/api/v6/video/fetch/task_abc123", `{"key":"%s"}`
	for _, tt := range []struct {
		name, query, body string
		header            []string
		status            int
		want              string // of an error
	}{
		{"body", "", fmt.Sprintf(body, ownerKey), nil, 200, ""},
		{"header", "", "", []string{"key", ownerKey}, 200, ""},
		{"bearer", "", "{}", []string{"Authorization", "Bearer " + ownerKey}, 200, ""},
		{"query", "?key=" + ownerKey, "", nil, 200, ""},
		{"body before header", "", fmt.Sprintf(body, ownerKey), []string{"key", "bad"}, 200, ""},
		{"header before query", "?key=bad", "", []string{"key", ownerKey}, 200, ""},
		{"bearer before query", "?key=bad", "", []string{"Authorization", "Bearer " + ownerKey}, 200, ""},
		{"null in the body", "", `{"key":null}`, []string{"key", ownerKey}, 200, ""},
		{"bad body before good header", "", fmt.Sprintf(body, "bad"), []string{"key", ownerKey}, 401, "Invalid API key"},
		{"bad body", "", fmt.Sprintf(body, "bad"), nil, 401, "Invalid API key"},
		{"number in the body", "", `{"key":12}`, nil, 401, "Invalid API key"},
		{"bad header", "", "", []string{"key", "bad"}, 401, "Invalid API key"},
		{"bad bearer", "", "", []string{"Authorization", "Bearer bad"}, 401, "Invalid API key"},
		{"bad query", "?key=bad", "", nil, 401, "Invalid API key"},
		{"none", "", "", nil, 401, `API key is required: send it as \"key\" in the body`},
		{"another scheme", "", "", []string{"Authorization", "Basic " + ownerKey}, 401, `API key is required: send it as \"key\" in the body`},
	} {
		w := newWorld(t).ask(t, http.MethodPost, path+tt.query, tt.body, tt.header...)
		if w.Code != tt.status || tt.want != "" && w.Body.String() != refusal(tt.want) {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
	w := newWorld(t)
	if w.post(t, "/api/v6/video/text2video", prompt+`,"webhook":"https://r.example","track_id":1`); strings.Contains(string(w.created.Input), ownerKey) ||
		strings.Contains(string(w.created.Input), "webhook") || strings.Contains(string(w.created.Input), "track_id") {
		t.Errorf("the provider gets %s", w.created.Input)
	}
}

// TestKeysStayOutOfLogs: keys in an address are in no line, whatever goes wrong.
func TestKeysStayOutOfLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var lines bytes.Buffer
	handler := w.handler(slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, err := range []error{nil, errors.New("broken"), taskhook.Errorf(taskhook.CodeStorageFull, "full")} {
		w.err = err
		for _, target := range []string{"/api/v6/video/fetch/task_abc123", "/api/v6/model-search", "/api/v6/nothing"} {
			r := httptest.NewRequest(http.MethodGet, target+"?key="+url.QueryEscape(ownerKey), nil)
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	if lines.Len() == 0 || strings.Contains(lines.String(), ownerKey) {
		t.Errorf("the log is %s", lines.String())
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	const path = "/api/v6/video/text2video"
	for _, tt := range []struct {
		method, path, body string
		header             []string
		status             int
	}{
		{"POST", path, `{`, nil, 400},
		{"POST", path, `[]`, nil, 400},
		{"POST", path, `{"key":"a","key":"b"}`, nil, 400},
		{"POST", path, "{\"track_id\":\"\xff\"}", nil, 400},
		{"POST", path, `{"x":"` + strings.Repeat("x", maxBody) + `"}`, nil, 400},
		{"POST", path, `{}`, []string{"Content-Encoding", "gzip"}, 400},
		{"POST", path, ``, []string{"key", ownerKey}, 400},
		{"POST", path, `{"model_id":"cogvideox","prompt":"x"}`, []string{"key", ownerKey, "Content-Type", "text/plain"}, 200},
		{"GET", path, ``, nil, 405},
		{"DELETE", path, ``, nil, 405},
		{"POST", "/api/v6/nothing/text2video", `{}`, []string{"key", ownerKey}, 404},
		{"POST", "/api/v6/voice/voice_list", `{}`, []string{"key", ownerKey}, 404},
		{"POST", "/api/v1/enterprise/images/restart_server", `{}`, []string{"key", ownerKey}, 404},
		{"POST", "/api/v6/video/a%2Fb", `{}`, []string{"key", ownerKey}, 404},
		{"POST", "/api/v6/video", `{}`, []string{"key", ownerKey}, 404},
		{"POST", "/api/v2/text2img", `{}`, []string{"key", ownerKey}, 404},
		{"GET", "/v6", ``, nil, 404},
	} {
		w := newWorld(t).ask(t, tt.method, tt.path, tt.body, tt.header...)
		if w.Code != tt.status || w.Code != 200 && !strings.HasPrefix(w.Body.String(), `{"status":"error","message":"`) {
			t.Errorf("%s %s %.40s: %d %s", tt.method, tt.path, tt.body, w.Code, w.Body)
		}
	}
}
