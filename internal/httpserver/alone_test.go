package httpserver

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Behind a face's own listener all is the face's but what links and probes need.
func TestAlone(t *testing.T) {
	t.Parallel()
	site := Site{Results: named("results"), Docs: named("docs"), Home: named("pages")}
	for base, want := range map[string]map[string]string{
		"/b": {
			"/api/v1/x": "b /api/v1/x", "/b/api/v1/x": "b /api/v1/x", "/b": "b /b", "/": "b /", "/c/api/v1/x": "b /c/api/v1/x",
			"/results/x.png": "results /results/x.png", "/docs": "docs /docs", "/healthz": "ok\n",
		},
		"": {"/api/v1/x": "b /api/v1/x", "/b/x": "b /b/x", "/healthz": "ok\n"},
	} {
		handler := Alone(site, Face{Name: "b", BasePath: base, Hosts: []string{"b.example"}, Owns: []string{"/workflow"}, Handler: named("b")})
		for path, want := range want {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
			if rec.Body.String() != want {
				t.Errorf("below %q, %s is answered by %q, want %q", base, path, rec.Body, want)
			}
		}
	}
}
