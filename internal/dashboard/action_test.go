package dashboard

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestActionsOnEndpoints(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path     string
		form     []string
		to, did  string
		says     string
		saysOnce string
	}{
		{"/endpoints/wh_a/pause", nil, "/endpoints/wh_a", "state of wh_a is paused", "Paused.", ""},
		{"/endpoints/wh_b/resume", nil, "/endpoints/wh_b", "state of wh_b is active", "Resumed.", ""},
		{"/endpoints/wh_a/rotate", []string{"overlap_hours", "24"}, "/endpoints/wh_a", "rotated wh_a over 24h0m0s", "ends in 24 h", "whsec_rotated"},
		{"/endpoints/wh_a/rotate", []string{"overlap_hours", "0"}, "/endpoints/wh_a", "rotated wh_a over 0s", "no longer valid", "whsec_rotated"},
		{"/endpoints/wh_a/rotate", []string{"overlap_hours", "-1"}, "/endpoints/wh_a", "", "Choose for how long", ""},
		{"/endpoints/wh_a/delete", nil, "/endpoints", "deleted wh_a", "is deleted", ""},
		{"/endpoints/wh_a/edit", []string{"url", "https://b.example", "events", "a.b, c.d\ne.f", "own_schedule", "1", "schedule", "1s,2s"}, "/endpoints/wh_a",
			"wh_a is https://b.example with a.b c.d e.f after 1s,2s", "are saved", ""},
		{"/endpoints/new", []string{"url", "https://b.example", "events", "a.b"}, "/endpoints/wh_new", "", "is registered", "whsec_fresh"},
	} {
		w := fullWorld("x")
		b := signedIn(t, w, keyOne)
		b.leadsTo(b.post(tt.path, tt.form...), tt.to)
		if w.did != tt.did {
			t.Errorf("%s: it %q, want %q", tt.path, w.did, tt.did)
		}
		b.sees(b.get(tt.to), http.StatusOK, tt.says, tt.saysOnce)
		if again := b.get(tt.to).Body.String(); strings.Contains(again, tt.says) || strings.Contains(again, "whsec_") {
			t.Errorf("%s: %q is said again", tt.path, tt.says)
		}
	}
}

func TestTestOfAnEndpoint(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	b.leadsTo(b.post("/endpoints/wh_a/test"), "/deliveries/dlv_one")
	b.sees(b.get("/deliveries"), http.StatusOK, "did not arrive: the receiver answered 500")
}

func TestReplay(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	b.leadsTo(b.post("/deliveries/dlv_c/replay"), "/deliveries/dlv_c2")
	b.sees(b.get("/deliveries/dlv_c2"), http.StatusOK, "Sent again", ">replay<", "dlv_c")
	b.leadsTo(b.post("/deliveries/dlv_a/replay"), "/deliveries/dlv_a")
	b.sees(b.get("/deliveries/dlv_a"), http.StatusOK, "still pending")
}

func TestFormKeepsWhatWasFilledIn(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	w := b.post("/endpoints/new", "url", "http://plain.example", "description", "my receiver", "events", "a.b", "own_schedule", "1", "schedule", "5s")
	b.sees(w, http.StatusUnprocessableEntity, "it is not https", `value="http://plain.example"`, `value="my receiver"`, ">a.b</textarea>", "checked", `value="5s"`, "aria-invalid")
	b.sees(b.post("/endpoints/wh_a/edit", "url", "", "events", "a.b"), http.StatusUnprocessableEntity, "it is empty", `action="/endpoints/wh_a/edit"`)
	b.sees(b.post("/endpoints/wh_zzz/edit", "url", "https://a.example", "events", "a.b"), http.StatusNotFound)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := fullWorld("x")
	b := signedIn(t, w, keyOne)
	w.fail = errors.New("disk I/O error at /secret/path")
	for _, path := range pages() {
		if path == "/endpoints/new" {
			continue
		}
		answer := b.get(path)
		b.sees(answer, http.StatusInternalServerError, "The server has a fault")
		if strings.Contains(answer.Body.String(), "/secret/path") {
			t.Errorf("%s shows the cause", path)
		}
	}
}

func TestPagesThatAreNotThere(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	for _, path := range []string{"/nothing", "/tasks/task_zzz", "/tasks/task_a/x", "/deliveries/dlv_zzz", "/endpoints/wh_zzz", "/endpoints/wh_zzz/edit",
		"/static/app.css", "/static/..%2fapp.js", "/deliveries/dlv_c/replay"} {
		b.sees(b.get(path), http.StatusNotFound, "Not here")
	}
	b.sees(b.get("/tasks?state=odd"), http.StatusUnprocessableEntity, "no state")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := &world{}
	full := fullWorld("x")
	for i := range pageRows + 5 {
		o := full.deliveries[2]
		o.ID = "dlv_" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		w.deliveries = append(w.deliveries, o)
	}
	b := signedIn(t, w, keyOne)
	b.sees(b.get("/deliveries?state=failed"), http.StatusOK, "50 of 55", `href="/deliveries?after=dlv_af&amp;state=failed">Older`)
	second := b.get("/deliveries?after=dlv_af&state=failed")
	b.sees(second, http.StatusOK, "5 of 55", `href="/deliveries?state=failed">Newest`)
	if strings.Contains(second.Body.String(), "Older") {
		t.Error("there is more after the last part")
	}
}

// TestBelowAPath serves the pages as a proxy shows them that strips /hooks.
func TestBelowAPath(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, fullWorld("x"), func(c *Config) { c.BaseURL = "https://proxy.example/hooks" })
	b := &browser{t, d, map[string]*http.Cookie{}}
	b.leadsTo(b.get("/tasks"), "/hooks/signin?next=%2Ftasks")
	b.leadsTo(b.post("/signin", "credential", keyOne, "next", "/tasks"), "/hooks/tasks")
	if c := b.cookies[sessionCookie]; c.Path != "/hooks/" {
		t.Errorf("the cookie is for %s", c.Path)
	}
	for _, path := range pages() {
		page := strings.NewReplacer(`href="/hooks/`, "", `src="/hooks/`, "", `action="/hooks/`, "", `src="/results/`, "", `href="/results/`, "").Replace(b.get(path).Body.String())
		for _, own := range []string{`href="/`, `src="/`, `action="/`} {
			if i := strings.Index(page, own); i >= 0 {
				t.Errorf("%s leads out of the path: %.80s", path, page[i:])
			}
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	b := &browser{t, newDashboard(t, &world{}, nil), map[string]*http.Cookie{}}
	for name, mediaType := range map[string]string{"app.css": "text/css", "app.js": "javascript", "icon.svg": "image/svg+xml"} {
		w := b.get(b.d.assets.urls[name])
		b.sees(w, http.StatusOK)
		if !strings.Contains(w.Header().Get("Content-Type"), mediaType) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
}

func TestPanicIsAFault(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, &world{}, func(c *Config) { c.Tasks = nil })
	b := &browser{t, d, map[string]*http.Cookie{}}
	b.post("/signin", "credential", keyOne)
	r := httptest.NewRequest(http.MethodGet, "http://taskhook.example/tasks", nil)
	b.sees(b.do(r), http.StatusInternalServerError, "The server has a fault")
}
