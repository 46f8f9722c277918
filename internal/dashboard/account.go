package dashboard

import (
	"net/http"
	"slices"

	"github.com/taskhook/taskhook"
)

// switchAccount lets an operator look at another account, whose id then stands in
// the session's cookie.
func (d *Dashboard) switchAccount(w http.ResponseWriter, r *http.Request, s *session) {
	id := r.PostForm.Get("account")
	if !slices.ContainsFunc(s.Accounts, func(a taskhook.Account) bool { return a.ID == id }) {
		d.showError(w, r, s, taskhook.Errorf(taskhook.CodeNotFound, "There is no such account, or it is not yours to look at."))
		return
	}
	t := s.ticket
	t.Account = id
	d.setTicket(w, t)
	d.redirect(w, r, "/")
}
