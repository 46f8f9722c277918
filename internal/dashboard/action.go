package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// maxForm is the size of the largest form, in bytes.
const maxForm = 64 << 10

// result is what an action ends with: where to look next, and what to say there.
type result struct {
	to    string // path of a page
	flash flash
}

// actionFunc does what a form asks for. With an error, to is where it is told.
type actionFunc func(r *http.Request, s *session) (result, error)

// action serves a form that has one button: whatever comes of it, the browser goes
// on to a page, so that to reload that does not ask again.
func (d *Dashboard) action(scope taskhook.Scope, do actionFunc) http.Handler {
	return d.posted(scope, func(w http.ResponseWriter, r *http.Request, s *session) {
		done, err := do(r, s)
		if bad, ok := readable(err); ok && done.to != "" {
			done.flash = flash{Bad: true, Text: bad.Message}
		} else if err != nil {
			d.showError(w, r, s, err)
			return
		}
		d.setFlash(w, done.flash)
		d.redirect(w, r, done.to)
	})
}

// formFunc does what a form with fields asks for. With an error that the user can
// mend, again is the page with the form as it was filled in.
type formFunc func(r *http.Request, s *session) (done result, again view, err error)

// form serves a form with fields.
func (d *Dashboard) form(scope taskhook.Scope, do formFunc) http.Handler {
	return d.posted(scope, func(w http.ResponseWriter, r *http.Request, s *session) {
		done, again, err := do(r, s)
		if bad, ok := readable(err); ok && again.template != "" {
			again.status = statusOf(bad.Code)
			d.show(w, r, s, again)
			return
		}
		if err != nil {
			d.showError(w, r, s, err)
			return
		}
		d.setFlash(w, done.flash)
		d.redirect(w, r, done.to)
	})
}

// posted serves a form to who is signed in and has the scope.
func (d *Dashboard) posted(scope taskhook.Scope, serve func(http.ResponseWriter, *http.Request, *session)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := d.identify(r)
		if signedOut(err) {
			d.askToSignIn(w, r)
			return
		}
		if err == nil {
			err = s.need(scope)
		}
		if err == nil {
			err = parseForm(w, r)
		}
		if err != nil {
			d.showError(w, r, s, err)
			return
		}
		serve(w, r, s)
	})
}

func parseForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The form can't be read. Go back, reload the page and try again.", Err: err}
	}
	return nil
}
