package modelslab

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// keyName is what the key is called in bodies, headers and queries.
const keyName = "key"

// HasCredential reports whether a request carries a credential in the form that
// only this face takes, for the front.
func HasCredential(r *http.Request) bool { return r.Header.Get(keyName) != "" }

// identify finds out who makes a call. The key may stand in four places, since the
// clients of (ML) differ: its documents have it in the body, one client in a header
// of its own too, one as a bearer token too, and the model search in the query.
func (f *Face) identify(c call) (taskhook.Identity, error) {
	key := cmp.Or(c.members.text(keyName), c.Header.Get(keyName), bearer(c.Header), c.URL.Query().Get(keyName))
	return f.Keys.Authenticate(c.Context(), key, httpserver.ClientAddr(c.Request))
}

// bearer returns the key that the Authorization header holds.
func bearer(h http.Header) string {
	scheme, key, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}
