package modelhunter

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// HasCredential reports whether a request carries a credential in the form of
// this face, for the front.
func HasCredential(r *http.Request) bool {
	_, ok := bearer(r)
	return ok
}

// identify finds out who makes a request.
func (f *Face) identify(r *http.Request) (taskhook.Identity, error) {
	key, ok := bearer(r)
	if !ok && r.Header.Get("Authorization") != "" {
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeBadKey,
			"The Authorization header can't be read. Write it as: Authorization: Bearer YOUR_KEY.")
	}
	return f.Keys.Authenticate(r.Context(), key, httpserver.ClientAddr(r))
}

// bearer returns the key that the Authorization header holds.
func bearer(r *http.Request) (key string, ok bool) {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	key = strings.TrimSpace(key)
	return key, key != ""
}
