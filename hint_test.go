package taskhook

import (
	"strings"
	"testing"
)

func TestHint(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range []Class{ClassRedirect, ClassGone, ClassTimeout, ClassRefused, ClassDNS, ClassTLS, ClassBlocked, ClassProtocol, ClassNetwork} {
		hint := Hint(&Attempt{Class: c})
		if !strings.HasSuffix(hint, ".") || seen[hint] != "" {
			t.Errorf("the hint for %s is %q, that for %q too", c, hint, seen[hint])
		}
		seen[hint] = string(c)
	}
	for status, want := range map[int]string{400: "body", 401: "secret", 403: "secret", 404: "path", 405: "path", 413: "too large",
		415: "application/json", 418: "answered 418", 422: "body", 429: "limit", 500: "log", 503: "proxy", 599: "log"} {
		if hint := Hint(&Attempt{Class: ClassStatus, Status: status}); !strings.Contains(hint, want) {
			t.Errorf("the hint for %d is %q, want it to speak of %q", status, hint, want)
		}
	}
	if hint := Hint(&Attempt{Class: ClassOK, Status: 200}); hint != "" {
		t.Errorf("the hint for a success is %q", hint)
	}
	if Hint(&Attempt{Class: "new"}) == "" {
		t.Error("an unknown class has no hint")
	}
}
