package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/program"
)

// The running program describes its API under the address that clients use, and
// needs no key for it.
func TestDescription(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	status, text := fetch(t, http.MethodGet, s.URL+"/openapi.json")
	var spec struct {
		OpenAPI string                    `json:"openapi"`
		Servers []struct{ URL string }    `json:"servers"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &spec); err != nil || status != http.StatusOK {
		t.Fatalf("the document is %d, %v", status, err)
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") || spec.Servers[0].URL != s.URL || spec.Paths["/api/v1/vidu/text-to-video"]["post"] == nil {
		t.Errorf("the document is of version %s, for %v, with %d paths", spec.OpenAPI, spec.Servers, len(spec.Paths))
	}
	status, page := fetch(t, http.MethodGet, s.URL+"/docs")
	if status != http.StatusOK || !strings.Contains(string(page), s.URL+"/api/v1/vidu/text-to-video") {
		t.Errorf("the page is %d", status)
	}
}
