package demo

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// jobsOf returns a receiver that trusts what a server publishes, and the server's
// signer.
func jobsOf(t *testing.T) (*jobs, *webhook.JobSigner) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/jwks.json" {
			http.NotFound(w, r)
			return
		}
		w.Write(webhook.EncodeJWKS(webhook.PublicKey{ID: "k", Key: public}))
	}))
	t.Cleanup(server.Close)
	j := &jobs{came: map[string][]byte{}}
	if err := j.trust(t.Context(), server.URL); err != nil {
		t.Fatal(err)
	}
	if err := j.trust(t.Context(), server.URL+"/nothing"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("without keys: %v", err)
	}
	return j, webhook.NewJobSigner(private)
}

func TestJobs(t *testing.T) {
	t.Parallel()
	j, signer := jobsOf(t)
	mux := http.NewServeMux()
	mux.Handle(jobPath+"{name}", j)
	send := func(name, body, signed string) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, jobPath+name, strings.NewReader(body))
		signer.Sign(req.Header, "evt_1", time.Now(), []byte(signed))
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, req)
		return w.Code
	}
	if code := send("a", `{"id":1}`, `{"id":1}`); code != http.StatusNoContent {
		t.Errorf("a valid webhook is answered with %d", code)
	}
	send("a", `{"id":2}`, `{"id":2}`)
	if body, err := j.body("a"); string(body) != `{"id":1}` || err != nil {
		t.Errorf("what came first is %s, %v", body, err)
	}
	if body, err := j.body("b"); body != nil || err != nil {
		t.Errorf("of another name there is %s, %v", body, err)
	}
	if code := send("b", `{"id":1}`, `{"id":2}`); code != http.StatusUnauthorized {
		t.Errorf("another body than the signed is answered with %d", code)
	}
	if body, err := j.body("b"); body != nil || err == nil {
		t.Errorf("it is kept: %s, %v", body, err)
	}
}

func TestJobsBeforeTheKey(t *testing.T) {
	t.Parallel()
	j := &jobs{came: map[string][]byte{}}
	w := httptest.NewRecorder()
	j.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, jobPath+"a", strings.NewReader("{}")))
	if _, err := j.body("a"); w.Code != http.StatusUnauthorized || err == nil {
		t.Errorf("it is answered with %d, %v", w.Code, err)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "k" {
			http.Error(w, "no key", http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	if _, err := request(t.Context(), http.MethodPost, server.URL, "{}", http.Header{"X-Api-Key": {"k"}}); err != nil {
		t.Error(err)
	}
	if _, err := request(t.Context(), http.MethodPost, server.URL+"/x", "{}", nil); err == nil || !strings.Contains(err.Error(), "/x is answered with 401 Unauthorized: no key") {
		t.Errorf("refused: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := request(ended, http.MethodPost, server.URL, "{}", nil); err == nil {
		t.Error("an ended context is no error")
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	const answer = `{"data":{"status":"succeeded","n":{"deep":[1,2]},"url":"https://x.example/a/b.png?signature=s","plain":"http://x.example/b"},"status":"yes",` +
		`"long":["0123456789","0123456789","0123456789","0123456789","0123456789"]}`
	for want, paths := range map[string][]string{
		`"status":"yes"`:                                     {"status"},
		`"status":"succeeded","deep":[1,2]`:                  {"data.status", "none", "data.none", "data.status.none", "data.n.deep"},
		`"url":"….png","plain":"…"`:                          {"data.url", "data.plain"},
		`"long":["0123456789","0123456789","0123456789","0…`: {"long"},
		``: {"none"},
	} {
		if got := quote([]byte(answer), paths...); got != want {
			t.Errorf("%v: %s, want %s", paths, got, want)
		}
	}
	if got := quote([]byte("no JSON"), "status"); got != "" {
		t.Errorf("no JSON: %s", got)
	}
}

func TestIDOf(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{`{"id":"a"}`: "a", `{"data":{"id":"b"}}`: "b", `{"data":[]}`: "", `{}`: "", `x`: ""} {
		if got, err := idOf([]byte(answer)); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", answer, got, err)
		}
	}
}
