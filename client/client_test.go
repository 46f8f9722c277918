package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serve answers everything with status and body, and returns what was asked.
func serve(t *testing.T, status int, body string) (*Client, func() (*http.Request, string)) {
	var asked *http.Request
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		asked, sent = r, string(text)
		w.Header().Set("X-Request-Id", "req_1")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	c := New(server.URL, "thk_live_x")
	c.HTTP = server.Client()
	return c, func() (*http.Request, string) { return asked, sent }
}

func TestRequest(t *testing.T) {
	t.Parallel()
	c, asked := serve(t, 202, `{"success":true,"data":{"id":"task_1","status":"pending","created_at":"2026-03-01T09:30:00Z","estimated_seconds":30}}`)
	out, err := c.Submit(t.Context(), "a/b", "text-to-video", Submission{Model: "m", Input: json.RawMessage(`{"a":1}`), IdempotencyKey: "k"})
	if err != nil || out.ID != "task_1" || out.EstimatedSeconds != 30 || !out.CreatedAt.Equal(time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("answer = %+v, %v", out, err)
	}
	r, body := asked()
	if r.Method != "POST" || r.RequestURI != "/api/v1/a%2Fb/text-to-video" || body != `{"model":"m","input":{"a":1}}` {
		t.Errorf("asked %s %s %s", r.Method, r.RequestURI, body)
	}
	for name, want := range map[string]string{"Authorization": "Bearer thk_live_x", "Content-Type": "application/json", "Idempotency-Key": "k"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	c, asked := serve(t, 200, `{"success":true,"data":[{"id":"task_1"}],"pagination":{"cursor":"task_1","hasMore":true,"total":42}}`)
	page, err := c.Tasks(t.Context(), TaskQuery{Status: "failed", Model: "m", IDPrefix: "task_7", From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.FixedZone("", 3600)),
		PageQuery: PageQuery{Limit: 5, Cursor: "task_9"}})
	if err != nil || len(page.Items) != 1 || page.Cursor != "task_1" || !page.HasMore || page.Total != 42 {
		t.Errorf("page = %+v, %v", page, err)
	}
	r, _ := asked()
	want := "cursor=task_9&limit=5&modelId=m&search=task_7&startDate=2026-02-28T23%3A00%3A00Z&status=failed"
	if r.URL.RawQuery != want || r.Header.Get("Content-Type") != "" {
		t.Errorf("query = %s, Content-Type = %q", r.URL.RawQuery, r.Header.Get("Content-Type"))
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   Error
	}{
		"of the API": {429, `{"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Wait."}}`, Error{Code: "RATE_LIMIT_EXCEEDED", Message: "Wait."}},
		"of a proxy": {502, "<html>\xff", Error{Message: `the answer is not one of this API: "<html>` + "\uFFFD" + `"`}},
		"of nothing": {200, `{}`, Error{Message: `the answer is not one of this API: "{}"`}},
		"long":       {500, strings.Repeat("x", 1000), Error{Message: `the answer is not one of this API: "` + strings.Repeat("x", 200) + `"`}},
	} {
		c, _ := serve(t, test.status, test.body)
		_, err := c.Task(t.Context(), "task_1")
		got, ok := errors.AsType[*Error](err)
		test.want.Status, test.want.RequestID, test.want.RetryAfter = test.status, "req_1", 7*time.Second
		if !ok || *got != test.want {
			t.Errorf("%s: error = %+v, want %+v", name, got, test.want)
		}
		if ok && !strings.Contains(got.Error(), got.Message) {
			t.Errorf("%s: text = %s", name, got)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, 200, `{"success":true,"data":7}`)
	if _, err := c.Task(t.Context(), "task_1"); err == nil {
		t.Error("data of another type passes")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Task(ctx, "task_1"); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if _, err := New("::", "").Task(t.Context(), "task_1"); err == nil {
		t.Error("an address that is none passes")
	}
	if _, err := c.Submit(t.Context(), "a", "b", Submission{Input: json.RawMessage(`{`)}); err == nil {
		t.Error("an input that is no JSON passes")
	}
}
