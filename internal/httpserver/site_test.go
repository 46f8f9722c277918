package httpserver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSite(t *testing.T) {
	t.Parallel()
	plain := Site{}
	full := Site{Ready: func() error { return nil }, JWKS: named("jwks"), Results: named("results"), Files: named("files"), Uploads: named("uploads"), Home: named("home"),
		Spec: named("spec"), Docs: named("docs")}
	stuck := Site{Ready: func() error { return errors.New("The disk is full.") }}
	for _, test := range []struct {
		site    Site
		request string
		status  int
		body    string
	}{
		{plain, "GET /", 200, "/api/v1"},
		{plain, "GET /healthz", 200, "ok"},
		{plain, "HEAD /healthz", 200, ""},
		{plain, "POST /healthz", 405, ""},
		{plain, "GET /readyz", 200, "ready"},
		{plain, "GET /x", 404, ""},
		{plain, "GET /results/x", 404, ""},
		{plain, "GET /docs", 404, ""},
		{plain, "GET /openapi.json", 404, ""},
		{full, "GET /", 200, "home /"},
		{full, "GET /x", 200, "home /x"},
		{full, "GET /readyz", 200, "ready"},
		{full, "GET /.well-known/jwks.json", 200, "jwks"},
		{full, "GET /results/x.mp4", 200, "results /results/x.mp4"},
		{plain, "PUT /uploads/file_x", 404, ""},
		{full, "GET /files/file_x.png", 200, "files /files/file_x.png"},
		{full, "PUT /uploads/file_x", 200, "uploads /uploads/file_x"},
		{full, "GET /docs", 200, "docs"},
		{full, "GET /openapi.json", 200, "spec"},
		{stuck, "GET /readyz", 503, "The disk is full."},
		{stuck, "GET /healthz", 200, "ok"},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		rec := httptest.NewRecorder()
		test.site.Handler().ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		if rec.Code != test.status || !strings.Contains(rec.Body.String(), test.body) {
			t.Errorf("%s: %d %q, want %d %q", test.request, rec.Code, rec.Body, test.status, test.body)
		}
	}
}

func TestResultsKeepTheirName(t *testing.T) {
	t.Parallel()
	var name string
	site := Site{Results: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { name = r.PathValue("name") })}
	site.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/results/task_x-2.mp4", nil))
	if name != "task_x-2.mp4" {
		t.Errorf("name = %q", name)
	}
}
