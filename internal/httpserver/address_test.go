package httpserver

import (
	"net/http"
	"testing"
)

func TestClientAddr(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:80":          "192.0.2.7",
		"[::ffff:192.0.2.7]:80": "192.0.2.7",
		"[2001:db8::1]:80":      "2001:db8::1",
		"@":                     "invalid IP",
		"":                      "invalid IP",
	} {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {"10.0.0.1"}}}
		if got := ClientAddr(r).String(); got != want {
			t.Errorf("%q is from %s", remote, got)
		}
	}
}
