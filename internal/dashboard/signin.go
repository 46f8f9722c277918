package dashboard

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// signInView is what the form shows.
type signInView struct {
	Operator bool // there is an operator token
	Next     string
	Error    string
}

// showSignIn shows the form.
func (d *Dashboard) showSignIn(w http.ResponseWriter, r *http.Request) {
	d.showSignInForm(w, r, 0, "")
}

func (d *Dashboard) showSignInForm(w http.ResponseWriter, r *http.Request, status int, problem string) {
	d.show(w, r, nil, view{template: "signin.html", title: "Sign in", status: status, still: true,
		data: signInView{d.OperatorToken != "", localPath(r.FormValue("next")), problem}})
}

// signIn takes the operator token or an API key.
func (d *Dashboard) signIn(w http.ResponseWriter, r *http.Request) {
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	if err := parseForm(w, r); err != nil {
		d.showError(w, r, nil, err)
		return
	}
	now := time.Now()
	if !d.failures.allow(from, now) {
		d.showSignInForm(w, r, http.StatusTooManyRequests, "Too many attempts have failed. Wait a minute and try again.")
		return
	}
	t := ticket{Credential: strings.TrimSpace(r.PostForm.Get("credential")), Expires: now.Add(sessionLife).Unix()}
	_, err := d.admit(r, t)
	switch {
	case signedOut(err):
		d.failures.note(from, now)
		d.showSignInForm(w, r, http.StatusUnauthorized, refusal(err))
	case err != nil:
		d.showError(w, r, nil, err)
	default:
		d.setTicket(w, t)
		d.redirect(w, r, localPath(r.PostForm.Get("next")))
	}
}

// refusal says why nobody was let in.
func refusal(err error) string {
	switch taskhook.ErrorCode(err) {
	case taskhook.CodeUnauthenticated:
		return "Paste a key or a token first."
	case taskhook.CodeBadKey:
		return "This key or token is not known here. Check that it was copied whole and belongs to this server."
	}
	return err.Error()
}

// localPath returns the path of a page here that the text names, else "/". What a
// browser might take for another site is not one.
func localPath(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsFunc(text, func(r rune) bool { return r == '\\' || r < ' ' }) {
		return "/"
	}
	return u.RequestURI()
}
