package dashboard

import "github.com/taskhook/taskhook"

// access is what whoever is signed in may do. Pages show only the parts and the
// buttons that it allows; routes refuse the rest.
type access struct{ limits taskhook.Limits }

// May reports whether the scope is permitted.
func (a access) May(s taskhook.Scope) bool { return a.limits.May(s) }

// needOperator returns nil for who sees all accounts, else a CodeKeyPermission.
func (s *session) needOperator() error {
	if s.Operator {
		return nil
	}
	return taskhook.Errorf(taskhook.CodeKeyPermission,
		"The key that you have signed in with may not see this: it lacks the permission to look into all accounts. Sign in with the operator token.")
}

// need returns nil when the scope is permitted or there is none, else a
// CodeKeyPermission.
func (a access) need(s taskhook.Scope) error {
	if s == "" || a.May(s) {
		return nil
	}
	return taskhook.Errorf(taskhook.CodeKeyPermission,
		"The key that you have signed in with may not do this: it lacks the permission %s. Sign in with one that has it.", s)
}
