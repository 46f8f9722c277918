package httpserver

import "net/http"

// Alone returns the handler of a listener that is one face's: the face answers, also
// below its base path, all that the site does not.
func Alone(site Site, face Face) http.Handler {
	site.Home = face.Handler
	whole, below := site.Handler(), face.below()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if face.isBelow(r.URL.Path) {
			below.ServeHTTP(w, r)
			return
		}
		whole.ServeHTTP(w, r)
	})
}
