package account

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/taskhook/taskhook"
)

// What a key may be made of.
const (
	maxName     = 200 // characters
	maxNetworks = 100
)

// CreateKey makes a key of the caller's account and returns its text, as Create
// does. It can do no more than the caller's own.
func (s *Service) CreateKey(ctx context.Context, who taskhook.Identity, n taskhook.NewKey) (text string, key taskhook.Key, err error) {
	now := time.Now()
	if n.OfWorker() {
		return "", key, taskhook.FieldErrorf(taskhook.CodeKeyPermission, "permissions",
			"Only the operator makes keys of workers, for they get tasks of all accounts: taskhook key create --scope worker, beside the server.")
	}
	if who.Test && !n.Test {
		return "", key, taskhook.FieldErrorf(taskhook.CodeKeyPermission, "test", "A test key can make only test keys. Leave test out, or use a live key.")
	}
	if who.SpendLimit != nil && !n.Test {
		return "", key, taskhook.FieldErrorf(taskhook.CodeKeyPermission, "test",
			"The API key has a spend limit, which keys that it makes would go beyond, so it can make only test keys. Use a key without one.")
	}
	if err := check(n, now); err != nil {
		return "", key, err
	}
	if err := n.Within(who.Limits); err != nil {
		return "", key, err
	}
	text = newText(n.Test)
	key, err = s.add(ctx, now, who.AccountID, text, n)
	return text, key, err
}

// AccountKeys lists the keys of an account that are not revoked, newest first.
func (s *Service) AccountKeys(ctx context.Context, f taskhook.KeyFilter) (taskhook.List[taskhook.Key], error) {
	return s.store.AccountKeys(ctx, f)
}

// DeleteKey revokes a key of the account, as Revoke does.
func (s *Service) DeleteKey(ctx context.Context, account, id string) error {
	defer s.known.clear()
	return s.store.RevokeKey(ctx, time.Now(), account, id)
}

// check refuses what a key can't be made from.
func check(n taskhook.NewKey, now time.Time) error {
	switch {
	case utf8.RuneCountInString(n.Name) > maxName:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "name", "name is longer than %d characters.", maxName)
	case len(n.Networks) > maxNetworks:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "ipWhitelist", "ipWhitelist has more than %d entries. Give networks such as 192.0.2.0/24.", maxNetworks)
	case n.OfWorker() && (len(n.Permissions) > 1 || n.Test || n.SpendLimit != nil):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "permissions", "A key of workers has the permission worker alone, and is neither for tests nor has it a spend limit.")
	case len(n.Models) > 0 && !n.OfWorker():
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "models", "Only the key of a worker is for single models.")
	case slices.ContainsFunc(n.Models, func(m string) bool { return m == "" || strings.ContainsAny(m, " \t\n") }):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "models", "A model is NAME or PROVIDER/NAME, without blanks.")
	case n.Expired(now):
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "expiresAt", "expiresAt is not in the future.")
	}
	return nil
}
