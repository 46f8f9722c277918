package modelhunter

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// scopeOf returns the scope that the table asks for, with that of a submission to
// the world.
func scopeOf(route Route) taskhook.Scope {
	if route.Scope == scopeByMedium {
		return taskhook.CreateScope(taskhook.MediumVideo)
	}
	return route.Scope
}

// Every route is closed to a key that has all permissions but its own, and open to
// one that has no other.
func TestEveryRouteWantsItsScope(t *testing.T) {
	t.Parallel()
	w := newWorld()
	face, handler := w.face(t)
	for _, route := range face.Routes() {
		want := scopeOf(route)
		w.limits.Permissions = slices.DeleteFunc(taskhook.Scopes(), func(s taskhook.Scope) bool { return s == want })
		if rec, e := answer(t, handler, request(route, ownerKey)); rec.Code != http.StatusForbidden || e.Error.Code != "KEY_PERMISSION_DENIED" ||
			!strings.Contains(e.Error.Message, string(want)) {
			t.Errorf("%s %s without %s: %d %s", route.Method, route.Pattern, want, rec.Code, rec.Body)
		}
		w.limits.Permissions = []taskhook.Scope{want}
		if rec, _ := answer(t, handler, request(route, ownerKey)); rec.Code != route.Status {
			t.Errorf("%s %s with %s alone: %d %s", route.Method, route.Pattern, want, rec.Code, rec.Body)
		}
	}
}

func TestEveryScopeOpensSomething(t *testing.T) {
	t.Parallel()
	face, _ := newWorld().face(t)
	known := taskhook.Scopes()
	used := []taskhook.Scope{}
	for _, route := range face.Routes() {
		if used = append(used, route.Scope); route.Scope != scopeByMedium && !slices.Contains(known, route.Scope) {
			t.Errorf("%s %s wants %q, which no key can have", route.Method, route.Pattern, route.Scope)
		}
	}
	for _, scope := range known {
		if !strings.HasSuffix(string(scope), ":create") && !slices.Contains(used, scope) {
			t.Errorf("no route wants %s", scope)
		}
	}
}

func TestCreateKey(t *testing.T) {
	t.Parallel()
	w := newWorld()
	rec := w.ask(t, "POST", "/api/v1/api-keys", `{"name":"ci","permissions":{"video:create":true,"tasks:read":true,"keys:read":false},
		"ipWhitelist":["192.0.2.7","::ffff:10.0.0.0/104"],"expiresAt":"2031-01-01T01:00:00+01:00","spendLimit":null,"test":true,"more":1}`)
	e := open(t, rec)
	var k client.Key
	if err := json.Unmarshal(e.Data, &k); err != nil || rec.Code != http.StatusCreated || k.Key != "thk_live_text" || k.ID != "key_1" ||
		!reflect.DeepEqual(k.IPWhitelist, []string{"10.0.0.0/8"}) || !k.Permissions["video:create"] || k.ExpiresAt.IsZero() {
		t.Errorf("answer = %d %s", rec.Code, rec.Body)
	}
	n := w.newKey
	if n.Name != "ci" || !n.Test || !slices.Equal(n.Permissions, []taskhook.Scope{"tasks:read", "video:create"}) || len(n.Networks) != 2 ||
		n.Networks[1].String() != "10.0.0.0/8" || !n.ExpiresAt.Equal(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("asked for %+v", n)
	}
	w.ask(t, "POST", "/api/v1/api-keys", `{"name":"ci","permissions":{},"ipWhitelist":[],"expiresAt":null}`)
	if !reflect.DeepEqual(w.newKey, taskhook.NewKey{Name: "ci"}) {
		t.Errorf("asked for %+v", w.newKey)
	}
	if rec := w.ask(t, "GET", "/api/v1/api-keys", ""); strings.Contains(rec.Body.String(), "thk_live_text") {
		t.Errorf("the list shows a text: %s", rec.Body)
	}
	if got := w.from.String(); got != "192.0.2.1" { // of httptest
		t.Errorf("requests come from %s", got)
	}
}

func TestTestKeysMakeTestKeys(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{`{"name":"a"}`: true, `{"name":"a","test":null}`: true, `{"name":"a","test":false}`: false} {
		if n, err := decodeKey([]byte(body), true); err != nil || n.Test != want {
			t.Errorf("%s: %+v, %v", body, n, err)
		}
	}
}

func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:          "MISSING_PARAMETER name",
		`{"name":""}`: "MISSING_PARAMETER name",
		`{"name":1}`:  "INVALID_PARAMETER name",
		`{"name":"a","permissions":["video:create"]}`:                 "INVALID_PARAMETER permissions",
		`{"name":"a","permissions":{"video:create":1}}`:               "INVALID_PARAMETER permissions",
		`{"name":"a","permissions":{"video":true}}`:                   "INVALID_PARAMETER permissions",
		`{"name":"a","permissions":{"video":false}}`:                  "INVALID_PARAMETER permissions",
		`{"name":"a","permissions":{"video:create":false}}`:           "INVALID_PARAMETER permissions",
		`{"name":"a","permissions":{"keys:read":1,"keys:read":true}}`: "INVALID_PARAMETER permissions",
		`{"name":"a","ipWhitelist":"10.0.0.1"}`:                       "INVALID_PARAMETER ipWhitelist",
		`{"name":"a","ipWhitelist":["10.0.0.1",null]}`:                "INVALID_PARAMETER ipWhitelist",
		`{"name":"a","ipWhitelist":["localhost"]}`:                    "INVALID_PARAMETER ipWhitelist",
		`{"name":"a","expiresAt":""}`:                                 "INVALID_PARAMETER expiresAt",
		`{"name":"a","expiresAt":"tomorrow"}`:                         "INVALID_PARAMETER expiresAt",
		`{"name":"a","expiresAt":"9999-12-31T23:59:59-01:00"}`:        "INVALID_PARAMETER expiresAt",
		`{"name":"a","expiresAt":1767225600}`:                         "INVALID_PARAMETER expiresAt",
		`{"name":"a","spendLimit":-1}`:                                "INVALID_PARAMETER spendLimit",
		`{"name":"a","spendLimit":"10"}`:                              "INVALID_PARAMETER spendLimit",
		`{"name":"a","spendLimit":0.0000001}`:                         "INVALID_PARAMETER spendLimit",
		`{"name":"a","spendLimit":1e99}`:                              "INVALID_PARAMETER spendLimit",
		`{"name":"a","test":"yes"}`:                                   "INVALID_PARAMETER test",
	} {
		w := newWorld()
		e := open(t, w.ask(t, "POST", "/api/v1/api-keys", body))
		if e.Error == nil || e.Error.Code+" "+e.Error.Details.Field != want || w.newKey.Name != "" {
			t.Errorf("%s is answered with %+v", body, e.Error)
		}
	}
}

func FuzzDecodeKey(f *testing.F) {
	f.Add([]byte(`{"name":"a","permissions":{"video:create":true},"ipWhitelist":["::ffff:1.2.3.4/96"],"expiresAt":"2031-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"name":"\u0000","permissions":{"a":1},"ipWhitelist":[""],"spendLimit":0}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := decodeKey(body, false)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		checkPlainText(t, n.Name)
		for _, s := range n.Permissions {
			if !slices.Contains(taskhook.Scopes(), s) {
				t.Errorf("the permission %q was let in", s)
			}
		}
		for _, network := range n.Networks {
			if !network.IsValid() || network.Addr().Is4In6() {
				t.Errorf("the network %s was let in", network)
			}
		}
	})
}
