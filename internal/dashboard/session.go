package dashboard

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

const (
	sessionCookie = "taskhook_session"
	sessionLife   = 12 * time.Hour
)

// ticket is what the session's cookie holds. It carries the credential, not just
// what that was good for when it was shown: it is checked again with every
// request, so a revoked key or a changed operator token ends its sessions.
type ticket struct {
	Credential string `json:"c"`
	Account    string `json:"a,omitempty"` // that an operator looks at; empty: the first
	Expires    int64  `json:"e"`           // Unix seconds
}

// session is who is signed in, and the account that is looked at.
type session struct {
	access
	ticket   ticket
	who      taskhook.Identity // without key for an operator
	Operator bool
	Account  taskhook.Account
	Accounts []taskhook.Account // all, for an operator
}

// errNoSession means that the browser has no session, or one that is over.
var errNoSession = errors.New("nobody is signed in")

// signedOut reports whether err is one that signing in again helps against.
func signedOut(err error) bool {
	switch taskhook.ErrorCode(err) {
	case taskhook.CodeUnauthenticated, taskhook.CodeBadKey, taskhook.CodeKeyExpired, taskhook.CodeKeyRevoked, taskhook.CodeForbidden:
		return true
	}
	return errors.Is(err, errNoSession)
}

// identify finds out who makes a request.
func (d *Dashboard) identify(r *http.Request) (*session, error) {
	var t ticket
	if !d.cookie(r, sessionCookie, &t) || !time.Now().Before(time.Unix(t.Expires, 0)) {
		return nil, errNoSession
	}
	return d.admit(r, t)
}

// admit checks a ticket.
func (d *Dashboard) admit(r *http.Request, t ticket) (*session, error) {
	if d.isOperator(t.Credential) {
		return d.admitOperator(r.Context(), t)
	}
	who, err := d.Keys.Authenticate(r.Context(), t.Credential, httpserver.ClientAddr(r))
	if err != nil {
		return nil, err
	}
	return &session{access: access{who.Limits}, ticket: t, who: who, Account: taskhook.Account{ID: who.AccountID}}, nil
}

func (d *Dashboard) admitOperator(ctx context.Context, t ticket) (*session, error) {
	all, err := d.Directory.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, taskhook.Errorf(taskhook.CodeNotFound, "There is no account, for the last one was erased. Make one with: taskhook key create --account NAME")
	}
	i := slices.IndexFunc(all, func(a taskhook.Account) bool { return a.ID == t.Account })
	account := all[max(i, 0)]
	return &session{ticket: t, who: taskhook.Identity{AccountID: account.ID}, Operator: true, Accounts: all, Account: account}, nil
}

// isOperator compares hashes, so that the time taken tells nothing of the token.
func (d *Dashboard) isOperator(credential string) bool {
	given, want := sha256.Sum256([]byte(credential)), sha256.Sum256([]byte(d.OperatorToken))
	return d.OperatorToken != "" && subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// setTicket gives the browser a ticket until that expires.
func (d *Dashboard) setTicket(w http.ResponseWriter, t ticket) {
	d.setCookie(w, sessionCookie, t, time.Until(time.Unix(t.Expires, 0)))
}
