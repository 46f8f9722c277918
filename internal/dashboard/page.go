package dashboard

import (
	"net/http"
	"net/url"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// view is what a page shows.
type view struct {
	template string // file of the page: "task.html"
	section  string // of the navigation that the page belongs to
	title    string
	status   int  // 0: 200
	still    bool // is not to be followed live
	data     any
}

// pageFunc finds what a page shows to who is signed in.
type pageFunc func(r *http.Request, s *session) (view, error)

// page serves a page to who has the scope: once, or as text/event-stream each time
// that it changes.
func (d *Dashboard) page(scope taskhook.Scope, load pageFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") == httpserver.EventStreamType {
			d.stream(w, r, scope, load)
			return
		}
		s, err := d.identify(r)
		if signedOut(err) {
			d.askToSignIn(w, r)
			return
		}
		var v view
		if err == nil {
			v, err = permitted(r, s, scope, load)
		}
		if err != nil {
			d.showError(w, r, s, err)
			return
		}
		d.show(w, r, s, v)
	})
}

// permitted loads a page for who has the scope.
func permitted(r *http.Request, s *session, scope taskhook.Scope, load pageFunc) (view, error) {
	if err := s.need(scope); err != nil {
		return view{}, err
	}
	return load(r, s)
}

// askToSignIn leads to the form and, for what can be asked for again, back.
func (d *Dashboard) askToSignIn(w http.ResponseWriter, r *http.Request) {
	to := "/signin"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	d.redirect(w, r, to)
}

// redirect goes on to a path of the dashboard by GET.
func (d *Dashboard) redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, d.prefix+path, http.StatusSeeOther)
}
