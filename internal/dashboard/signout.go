package dashboard

import "net/http"

// signOut takes the session's cookie back.
func (d *Dashboard) signOut(w http.ResponseWriter, r *http.Request) {
	d.setCookie(w, sessionCookie, nil, 0)
	d.redirect(w, r, "/signin")
}
