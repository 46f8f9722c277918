package dashboard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		credential string
		status     int
		says       string
	}{
		"a key":              {keyOne, http.StatusSeeOther, ""},
		"a key with blanks":  {" " + keyOne + "\n", http.StatusSeeOther, ""},
		"the operator token": {operator, http.StatusSeeOther, ""},
		"nothing":            {"", http.StatusUnauthorized, "Paste a key"},
		"an unknown key":     {strings.Repeat("x", 40), http.StatusUnauthorized, "not known here"},
		"a revoked key":      {keyTwo, http.StatusUnauthorized, "was revoked"},
		"a part of a token":  {operator[:30], http.StatusUnauthorized, "not known here"},
		"a key with limits":  {keySome, http.StatusSeeOther, ""},
		"too much":           {strings.Repeat("x", 100_000), http.StatusUnprocessableEntity, "can&#39;t be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &browser{t, newDashboard(t, &world{revoked: map[string]bool{keyTwo: true}}, nil), map[string]*http.Cookie{}}
			b.sees(b.post("/signin", "credential", tt.credential), tt.status, tt.says)
			if got := b.get("/").Code == http.StatusOK; got != (tt.status == http.StatusSeeOther) {
				t.Errorf("signed in: %t", got)
			}
		})
	}
}

// TestWithoutOperatorToken holds that an empty token is none.
func TestWithoutOperatorToken(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, &world{}, func(c *Config) { c.OperatorToken = "" })
	b := &browser{t, d, map[string]*http.Cookie{}}
	b.sees(b.post("/signin", "credential", ""), http.StatusUnauthorized)
}

func TestSignedOutSeesNothing(t *testing.T) {
	t.Parallel()
	w := fullWorld("secret-text")
	d := newDashboard(t, w, nil)
	for _, r := range d.routes() {
		method, path, ok := strings.Cut(r.pattern, " ")
		if !ok || strings.HasPrefix(path, "/sign") || strings.HasPrefix(path, "/static/") {
			continue
		}
		path = strings.NewReplacer("{$}", "", "{id}", "task_a").Replace(path)
		b := &browser{t, d, map[string]*http.Cookie{}}
		answer := b.get(path)
		if method == http.MethodPost {
			answer = b.post(path)
		}
		if to := answer.Header().Get("Location"); answer.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/signin") {
			t.Errorf("%s: status %d to %q", r.pattern, answer.Code, to)
		}
		if strings.Contains(answer.Body.String(), "secret-text") || w.did != "" {
			t.Errorf("%s does or shows something", r.pattern)
		}
	}
}

func TestComesBackAfterSignIn(t *testing.T) {
	t.Parallel()
	b := &browser{t, newDashboard(t, fullWorld("x"), nil), map[string]*http.Cookie{}}
	b.leadsTo(b.get("/deliveries?state=failed"), "/signin?next=%2Fdeliveries%3Fstate%3Dfailed")
	b.sees(b.get("/signin?next=%2Fdeliveries%3Fstate%3Dfailed"), http.StatusOK, `value="/deliveries?state=failed"`)
	b.leadsTo(b.post("/signin", "credential", keyOne, "next", "/deliveries?state=failed"), "/deliveries?state=failed")
	for _, next := range []string{"", "https://evil.example/", "//evil.example/", "/\\evil.example/", "\\/evil.example", "javascript:alert(1)",
		"evil", "/ok\r\nX: y", "http:/x", "///evil.example", "https:evil.example"} {
		b.leadsTo(b.post("/signin", "credential", keyOne, "next", next), "/")
	}
}

func TestSessionEnds(t *testing.T) {
	w := &world{revoked: map[string]bool{}}
	synctest.Test(t, func(t *testing.T) {
		b := signedIn(t, w, keyOne)
		<-time.After(sessionLife - time.Second)
		b.sees(b.get("/"), http.StatusOK)
		<-time.After(time.Second)
		b.leadsTo(b.get("/"), "/signin")
	})
	b := signedIn(t, w, keyOne)
	w.revoked[keyOne] = true
	b.leadsTo(b.get("/"), "/signin")

	b = signedIn(t, w, operator)
	b.d.OperatorToken = strings.Repeat("n", 40)
	b.leadsTo(b.get("/"), "/signin")

	b = signedIn(t, w, keyTwo)
	b.leadsTo(b.post("/signout"), "/signin")
	b.leadsTo(b.get("/"), "/signin")
}

func TestForgedCookies(t *testing.T) {
	t.Parallel()
	good := signedIn(t, &world{}, keyOne).cookies[sessionCookie].Value
	turned := string(good[0]^1) + good[1:] // no base64 if not another letter, and refused either way
	other := newDashboard(t, &world{}, func(c *Config) { c.SessionKey = []byte(strings.Repeat("o", 32)) })
	for name, value := range map[string]string{"empty": "", "cut": good[:len(good)-2], "turned": turned, "nonsense": "%%%",
		"of another key":    other.cookies.seal(sessionCookie, ticket{Credential: keyOne, Expires: 1 << 40}),
		"of another cookie": newDashboard(t, &world{}, nil).cookies.seal(flashCookie, ticket{Credential: keyOne, Expires: 1 << 40})} {
		b := &browser{t, newDashboard(t, &world{}, nil), map[string]*http.Cookie{sessionCookie: {Name: sessionCookie, Value: value}}}
		if w := b.get("/"); w.Code != http.StatusSeeOther {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
}

func TestCookieFlags(t *testing.T) {
	t.Parallel()
	for base, secure := range map[string]bool{"http://taskhook.example": false, "https://taskhook.example": true} {
		b := &browser{t, newDashboard(t, &world{}, func(c *Config) { c.BaseURL = base }), map[string]*http.Cookie{}}
		b.post("/signin", "credential", keyOne)
		c := b.cookies[sessionCookie]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != secure || c.Path != "/" || strings.Contains(c.Value, keyOne) {
			t.Errorf("%s: %+v", base, c)
		}
	}
}

func TestTooManyFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &browser{t, newDashboard(t, &world{}, nil), map[string]*http.Cookie{}}
		for range maxFailures {
			b.sees(b.post("/signin", "credential", "wrong"), http.StatusUnauthorized)
		}
		b.sees(b.post("/signin", "credential", keyOne), http.StatusTooManyRequests, "Wait a minute")
		<-time.After(time.Minute)
		b.leadsTo(b.post("/signin", "credential", keyOne), "/")
	})
}

func TestCrossOriginFormsAreRefused(t *testing.T) {
	t.Parallel()
	w := fullWorld("x")
	b := signedIn(t, w, keyOne)
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		r := httptest.NewRequest(http.MethodPost, "http://taskhook.example/endpoints/wh_a/delete", nil)
		r.Header.Set(header[0], header[1])
		b.sees(b.do(r), http.StatusForbidden, "came from another site")
	}
	if w.did != "" {
		t.Errorf("it %s", w.did)
	}
	// A proxy that rewrites Host is fine when public-url is what the browser sees.
	r := httptest.NewRequest(http.MethodPost, "http://10.0.0.1/endpoints/wh_a/delete", nil)
	r.Header.Set("Origin", "http://taskhook.example")
	b.leadsTo(b.do(r), "/endpoints")
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("x"), keyOne)
	for _, path := range append(pages(), "/signin", "/nothing", "/tasks/task_zzz") {
		h := b.get(path).Header()
		if h.Get("Content-Security-Policy") != policy || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy is %s", policy)
	}
}
