package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// apart lets every face listen at an address of its own too.
func apart(c *config.Config) {
	c.ModelHunter.Listen, c.ModelsLab.Listen, c.Muapi.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
}

// At the address of one face that face answers, whatever the path or the credential
// say, and none of the others.
func TestOwnListeners(t *testing.T) {
	t.Parallel()
	s := program.Start(t, apart)
	const shared = "/api/v1/nothing-here"
	for face, form := range map[string]string{
		"modelhunter": `{"success":false,"error":`, "modelslab": `{"status":"error","message":`, "muapi": `{"detail":`,
	} {
		base := s.FaceURL(face)
		if base == "" || base == s.URL {
			t.Fatalf("%s is at %q", face, base)
		}
		for _, path := range []string{shared, "/" + face + shared, "/api/v6/images/nothing/here", "/workflow/nothing", "/", "/login"} {
			for _, header := range []string{"Authorization", "key", "x-api-key"} {
				if status, text := askWith(t, base+path, header); !strings.HasPrefix(string(text), form) || status < 400 {
					t.Errorf("%s at %s with the header %s: %d %.200s", path, face, header, status, text)
				}
			}
		}
		for _, path := range []string{"/healthz", "/readyz", "/.well-known/jwks.json"} {
			if status, _ := fetch(t, http.MethodGet, base+path); status != http.StatusOK {
				t.Errorf("%s at %s: %d", path, face, status)
			}
		}
		if status, _ := fetch(t, http.MethodGet, base+"/docs"); (status == http.StatusOK) != (face == "modelhunter") {
			t.Errorf("the documents of the primary API at %s: %d", face, status)
		}
	}
	if status, text := fetch(t, http.MethodGet, s.FaceURL("muapi")+"/openapi.json"); status != http.StatusOK || !strings.Contains(string(text), "the API of muapi.ai") {
		t.Errorf("the document of muapi is %d %.100s", status, text)
	}
}

// askWith sends the key in a header.
func askWith(t *testing.T, url, header string) (status int, text []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	key := program.Key
	if header == "Authorization" {
		key = "Bearer " + key
	}
	r.Header.Set(header, key)
	return do(t, r)
}

// A stop closes all addresses, and lets requests in progress behind each end.
func TestStopBehindOwnListeners(t *testing.T) {
	t.Parallel()
	s := program.Start(t, apart)
	base := s.FaceURL("muapi")
	answered := make(chan muAnswer, 1)
	go func() {
		defer close(answered)
		answered <- muSend(t, program.Key, http.MethodPost, base+"/api/v1/generate_wan_ai_effects?sync=true", "application/json",
			strings.NewReader(`{"sandbox":{"seconds":3600}}`))
	}()
	testkit.Until(t, "the task is there", func() bool {
		select {
		case a := <-answered:
			t.Fatalf("it did not wait: %d %s", a.status, a.text)
		default:
		}
		return strings.Contains(mu(t, s, program.Key, http.MethodGet, "/api/v1/predictions", "").text, "task_")
	})
	s.Stop(t)
	if a := <-answered; a.status != http.StatusOK || a.RequestID == "" {
		t.Errorf("the answer is %d %s", a.status, a.text)
	}
	for _, url := range []string{s.URL, s.FaceURL("modelhunter"), s.FaceURL("modelslab"), base} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if w, err := http.DefaultClient.Do(r); err == nil {
			w.Body.Close()
			t.Errorf("%s answers after the stop", url)
		}
	}
}
