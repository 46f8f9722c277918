package taskhook_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func networks(t *testing.T, texts ...string) (list []netip.Prefix) {
	t.Helper()
	for _, text := range texts {
		n, err := taskhook.ParseNetwork(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

func TestParseNetwork(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.7":             "192.0.2.7/32",
		"192.0.2.7/24":          "192.0.2.0/24",
		"0.0.0.0/0":             "0.0.0.0/0",
		"2001:db8::1":           "2001:db8::1/128",
		"2001:DB8::1/32":        "2001:db8::/32",
		"::ffff:192.0.2.7":      "192.0.2.7/32",
		"::ffff:192.0.2.7/120":  "192.0.2.0/24",
		"::ffff:192.0.2.7/95":   "",
		"":                      "",
		"192.0.2.7/33":          "",
		"192.0.2":               "",
		"192.0.2.7:80":          "",
		"fe80::1%eth0":          "",
		"example.com":           "",
		" 192.0.2.7":            "",
		"192.0.2.7/24 10.0.0.1": "",
	} {
		n, err := taskhook.ParseNetwork(text)
		if want == "" {
			if taskhook.ErrorCode(err) != taskhook.CodeInvalid {
				t.Errorf("%q becomes %s, %v", text, n, err)
			}
			continue
		}
		if err != nil || n.String() != want {
			t.Errorf("%q becomes %s, %v; want %s", text, n, err, want)
		}
	}
}

func TestAdmits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list, from string
		want       bool
	}{
		{"", "203.0.113.9", true},
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "::ffff:192.0.2.7", true},
		{"::ffff:192.0.2.7", "192.0.2.7", true},
		{"192.0.2.0/24 10.0.0.0/8", "10.9.9.9", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"::/0", "192.0.2.7", false},
		{"fe80::/10", "fe80::1%eth0", true},
		{"2001:db8::/32", "2001:db9::", false},
	} {
		l := taskhook.Limits{Networks: networks(t, strings.Fields(tt.list)...)}
		if got := l.Admits(netip.MustParseAddr(tt.from)); got != tt.want {
			t.Errorf("%q admits %s: %t", tt.list, tt.from, got)
		}
	}
	if (taskhook.Limits{Networks: networks(t, "0.0.0.0/0", "::/0")}).Admits(netip.Addr{}) {
		t.Error("an unknown address is admitted")
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	all := taskhook.Scopes()
	for i, s := range all {
		if got, err := taskhook.ParseScope(string(s)); got != s || err != nil || slices.Contains(all[:i], s) {
			t.Errorf("%s: %s, %v", s, got, err)
		}
		some := taskhook.Limits{Permissions: []taskhook.Scope{s}}
		for _, other := range all {
			if some.May(other) != (other == s) || (some.Need(other) == nil) != (other == s) || !(taskhook.Limits{}).May(other) {
				t.Errorf("a key with %s: %s is %t", s, other, some.May(other))
			}
		}
	}
	for _, name := range []string{"", "video:Create", "video", "*", "{medium}:create", strings.Repeat("x", 1000)} {
		_, err := taskhook.ParseScope(name)
		if taskhook.ErrorCode(err) != taskhook.CodeInvalid || !strings.Contains(err.Error(), "video:create") || len(err.Error()) > 600 {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	some := func(s ...taskhook.Scope) taskhook.Limits { return taskhook.Limits{Permissions: s} }
	at := func(texts ...string) taskhook.Limits { return taskhook.Limits{Networks: networks(t, texts...)} }
	until := func(end time.Time) taskhook.Limits { return taskhook.Limits{ExpiresAt: end} }
	for name, tt := range map[string]struct {
		inner, outer taskhook.Limits
		field        string // at fault; empty: within
	}{
		"nothing in nothing":      {},
		"something in nothing":    {inner: taskhook.Limits{Permissions: taskhook.Scopes(), Networks: networks(t, "::/0"), ExpiresAt: noon}},
		"fewer permissions":       {some("tasks:read"), some("tasks:write", "tasks:read"), ""},
		"another permission":      {some("tasks:read", "keys:write"), some("tasks:read"), "permissions"},
		"all of some permissions": {taskhook.Limits{}, some("tasks:read"), "permissions"},
		"a smaller network":       {at("10.1.0.0/16", "192.0.2.7"), at("192.0.2.0/24", "10.0.0.0/8"), ""},
		"the same network":        {at("10.0.0.0/8"), at("10.0.0.0/8"), ""},
		"a larger network":        {at("10.0.0.0/7"), at("10.0.0.0/8"), "ipWhitelist"},
		"another network":         {at("10.1.0.0/16", "11.0.0.0/16"), at("10.0.0.0/8"), "ipWhitelist"},
		"of another family":       {at("10.0.0.0/8"), at("::/0"), "ipWhitelist"},
		"any of some addresses":   {taskhook.Limits{}, at("10.0.0.0/8"), "ipWhitelist"},
		"an earlier end":          {until(noon.Add(-1)), until(noon), ""},
		"the same end":            {until(noon), until(noon), ""},
		"a later end":             {until(noon.Add(1)), until(noon), "expiresAt"},
		"no end":                  {taskhook.Limits{}, until(noon), "expiresAt"},
	} {
		err := tt.inner.Within(tt.outer)
		if tt.field == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		bad, ok := err.(*taskhook.Error)
		if !ok || bad.Code != taskhook.CodeKeyPermission || bad.Field != tt.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
