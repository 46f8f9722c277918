package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// CreateAccount stores an account and returns it with its number. After an error
// it can be repeated.
func (s *Store) CreateAccount(ctx context.Context, a taskhook.Account) (taskhook.Account, error) {
	err := s.update(ctx, s.kinds.createAccount, func(ctx context.Context, t tx) (err error) {
		_, err = t.exec(ctx, `INSERT INTO accounts (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
			a.ID, a.Name, ms(a.CreatedAt))
		if err == nil {
			a.Number, _, err = first(ctx, t, scanInto[int64], `SELECT number FROM accounts WHERE id = $1`, a.ID)
		}
		return err
	})
	return a, err
}

// FirstAccount returns the oldest account that is not erased; ok is false when there
// is none.
func (s *Store) FirstAccount(ctx context.Context) (a taskhook.Account, ok bool, err error) {
	return first(ctx, s.db, scanOneAccount, `SELECT `+accountColumns+` FROM accounts WHERE erased_at IS NULL ORDER BY number LIMIT 1`)
}

// Installation is what tells this database from all others: the id of the account that
// it began with, which stays when that is erased; empty before there was one.
func (s *Store) Installation(ctx context.Context) (id string, err error) {
	id, _, err = first(ctx, s.db, scanInto[string], `SELECT id FROM accounts ORDER BY number LIMIT 1`)
	return id, err
}

// AccountNamed returns the account of the name; ok is false when there is none.
func (s *Store) AccountNamed(ctx context.Context, name string) (a taskhook.Account, ok bool, err error) {
	return first(ctx, s.db, scanOneAccount, `SELECT `+accountColumns+` FROM accounts WHERE name = $1 AND erased_at IS NULL ORDER BY number LIMIT 1`, name)
}

const accountColumns = `id, number, name, created_at, prepaid, balance, held`

func scanOneAccount(r scanner) (taskhook.Account, error) { return scanAccount(r) }

// scanAccount reads accountColumns and what follows them.
func scanAccount(r scanner, more ...any) (a taskhook.Account, err error) {
	var created int64
	err = r.Scan(append([]any{&a.ID, &a.Number, &a.Name, &created, &a.Prepaid, &a.Available, &a.Held}, more...)...)
	a.CreatedAt = at(created)
	return a, err
}

// CreateKey stores a key by the hash of its text. A hash that is another key's is a
// conflict. After an error it can be repeated.
func (s *Store) CreateKey(ctx context.Context, k taskhook.Key, hash string) error {
	return s.update(ctx, s.kinds.createKey, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO keys (id, account, name, hash, hint, test, created_at, permissions, networks, expires_at, spend_limit, models)
			VALUES (`+marks(1, 12)+`) ON CONFLICT (id) DO NOTHING`,
			k.ID, k.AccountID, k.Name, hash, k.Hint, flag(k.Test), ms(k.CreatedAt), words(k.Permissions), words(k.Networks), msOrNil(k.ExpiresAt), moneyOrNil(k.SpendLimit), words(k.Models))
		if isUnique(err) {
			return &taskhook.Error{Code: taskhook.CodeConflict, Message: "This key exists already.", Err: err}
		}
		return err
	})
}

func moneyOrNil(m *taskhook.Money) any {
	if m == nil {
		return nil
	}
	return int64(*m)
}

const keyColumns = `id, account, name, hint, test, created_at, revoked_at, permissions, networks, expires_at, spend_limit, spent, models`

func scanKey(r scanner) (k taskhook.Key, err error) {
	var created int64
	var revoked, expires *int64
	var permissions, networks, models string
	err = r.Scan(&k.ID, &k.AccountID, &k.Name, &k.Hint, &k.Test, &created, &revoked, &permissions, &networks, &expires, &k.SpendLimit, &k.Spent, &models)
	if err != nil {
		return k, err
	}
	k.CreatedAt, k.RevokedAt, k.ExpiresAt = at(created), atOrZero(revoked), atOrZero(expires)
	if k.Permissions, err = parseWords(permissions, taskhook.ParseScope); err != nil {
		return k, fmt.Errorf("read the permissions of key %s: %w", k.ID, err)
	}
	if k.Networks, err = parseWords(networks, taskhook.ParseNetwork); err != nil {
		return k, fmt.Errorf("read the networks of key %s: %w", k.ID, err)
	}
	k.Models = wordsOf(models)
	return k, nil
}

// words is the stored form of a list whose elements have no blanks.
func words[T any](list []T) string { return strings.Trim(fmt.Sprint(list), "[]") }

// parseWords reads what words has written. A limit that can't be read must not
// become none, so it is an error.
func parseWords[T any](text string, parse func(string) (T, error)) (list []T, err error) {
	for word := range strings.FieldsSeq(text) {
		item, err := parse(word)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

// wordsOf reads what words has written of texts.
func wordsOf(text string) []string { return slices.Collect(strings.FieldsSeq(text)) }

// KeyByHash returns the key whose text has the hash; ok is false when there is
// none.
func (s *Store) KeyByHash(ctx context.Context, hash string) (k taskhook.Key, ok bool, err error) {
	return first(ctx, s.db, scanKey, `SELECT `+keyColumns+` FROM keys WHERE hash = $1`, hash)
}

// Keys returns all keys, oldest first.
func (s *Store) Keys(ctx context.Context) ([]taskhook.Key, error) {
	return collect(ctx, s.db, scanKey, `SELECT `+keyColumns+` FROM keys ORDER BY id`)
}

// AccountKeys lists the keys of an account that are not revoked, newest first.
func (s *Store) AccountKeys(ctx context.Context, f taskhook.KeyFilter) (taskhook.List[taskhook.Key], error) {
	var scope conditions
	scope.add("account = ? AND revoked_at IS NULL", f.AccountID)
	return list(ctx, s.db, listing[taskhook.Key]{
		columns: keyColumns, from: ` FROM keys`, id: "id", scope: scope, page: f.Page, scan: scanKey,
		cursor: func(k taskhook.Key) string { return k.ID },
	})
}

// RevokeKey ends a key for good: one of the account, or of any when that is empty.
func (s *Store) RevokeKey(ctx context.Context, now time.Time, account, id string) error {
	return s.update(ctx, s.kinds.revokeKey, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE keys SET revoked_at = $1 WHERE id = $2 AND account = coalesce(nullif($3, ''), account)
			AND revoked_at IS NULL`, ms(now), id, account)
		if err == nil && changed == 0 {
			err = taskhook.Errorf(taskhook.CodeNotFound, "There is no valid key %s; a list of keys shows their ids.", id)
		}
		return err
	})
}
