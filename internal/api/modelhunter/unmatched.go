package modelhunter

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// unmatched answers a request that no route takes: with 405 where another method
// would do, else with 404.
func (f *Face) unmatched(w http.ResponseWriter, r *http.Request) {
	allowed := f.allowed(r)
	if len(allowed) == 0 {
		f.writeError(w, r, taskhook.Errorf(taskhook.CodeNotFound,
			"There is nothing at this path. The paths of the API begin with /api/v1; see the documents for all of them."))
		return
	}
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	f.writeError(w, r, taskhook.Errorf(taskhook.CodeMethod, "This path does not take the method of the request; it takes %s.", list))
}

// allowed returns the methods that the path of r takes.
func (f *Face) allowed(r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		_, pattern := f.mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host})
		if pattern == "/" || strings.Contains(pattern, "{provider}") && reserved(providerIn(r.URL.Path)) {
			continue
		}
		allowed = append(allowed, method)
	}
	return allowed
}

// providerIn returns the element of a path where a submission has the provider.
func providerIn(path string) string {
	elements := strings.Split(path, "/")
	return elements[max(len(elements)-2, 0)]
}
