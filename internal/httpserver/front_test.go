package httpserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// named answers with its name and the path that it sees.
func named(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, name+" "+r.URL.Path) })
}

func hasHeader(name string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get(name) != "" }
}

func TestFront(t *testing.T) {
	t.Parallel()
	front := NewFront(named("site"),
		Face{Name: "a", BasePath: "/a", Hosts: []string{"api.example"}, AtHosts: []string{"/docs"}, Credential: hasHeader("Authorization"), Handler: named("a")},
		Face{Name: "b", BasePath: "/b", Owns: []string{"/api/v3", "/workflow"}, Credential: hasHeader("Key"), Handler: named("b")},
		Face{Name: "c", BasePath: "/c", Owns: []string{"/api/v1/predictions"}, Credential: hasHeader("X-Api-Key"), Handler: named("c")},
	)
	for _, test := range []struct{ path, host, header, want string }{
		{"/api/v1/tasks", "", "", "a /api/v1/tasks"},
		{"/api/v1/tasks", "", "Authorization", "a /api/v1/tasks"},
		{"/api/v1/tasks", "", "Key", "b /api/v1/tasks"},
		{"/api/v1/tasks", "", "X-Api-Key", "c /api/v1/tasks"},
		{"/v1/vidu/x", "", "Key", "b /v1/vidu/x"},
		{"/api/v3/x", "", "Authorization", "b /api/v3/x"},
		{"/api/v3", "", "", "b /api/v3"},
		{"/api/v33", "", "", "a /api/v33"},
		{"/workflow", "", "", "b /workflow"},
		{"/workflows", "", "", "site /workflows"},
		{"/api/v1/predictions/1/result", "", "Authorization", "c /api/v1/predictions/1/result"},
		{"/b/api/v1/tasks", "", "Authorization", "b /api/v1/tasks"},
		{"/c/api/v3", "api.example", "", "c /api/v3"},
		{"/c", "", "", "site /c"},
		{"/docs", "", "", "site /docs"},
		{"/docs", "api.example", "", "a /docs"},
		{"/docs/x", "api.example", "", "site /docs/x"},
		{"/bb/api", "", "", "site /bb/api"},
		{"/api/v1/tasks", "API.example:8080", "Key", "a /api/v1/tasks"},
		{"/api/v3/x", "api.example", "", "a /api/v3/x"},
		{"/healthz", "api.example", "Key", "site /healthz"},
		{"/", "", "Key", "site /"},
		{"/api", "", "", "site /api"},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		if test.host != "" {
			r.Host = test.host
		}
		if test.header != "" {
			r.Header.Set(test.header, "x")
		}
		rec := httptest.NewRecorder()
		front.ServeHTTP(rec, r)
		if rec.Body.String() != test.want {
			t.Errorf("%s at %q with %q is answered by %s, want %s", test.path, test.host, test.header, rec.Body, test.want)
		}
	}
}

// A face without base path gets no request by it, and one without credential
// none by that.
func TestFrontWithLittle(t *testing.T) {
	t.Parallel()
	front := NewFront(named("site"), Face{Handler: named("a")})
	for path, want := range map[string]string{"/": "site /", "/x": "site /x", "/api/x": "a /api/x"} {
		rec := httptest.NewRecorder()
		front.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Body.String() != want {
			t.Errorf("%s is answered by %s, want %s", path, rec.Body, want)
		}
	}
}
