package account

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

// KeyStore keeps keys by the hash of their text. Its writes are durable when they
// return, and all methods may be called at the same time.
type KeyStore interface {
	// KeyByHash returns revoked keys too; ok is false when there is none.
	KeyByHash(ctx context.Context, hash string) (k taskhook.Key, ok bool, err error)
	// CreateKey answers a hash that is known already with CodeConflict.
	CreateKey(ctx context.Context, k taskhook.Key, hash string) error
	// Keys returns all keys of all accounts, oldest first.
	Keys(ctx context.Context) ([]taskhook.Key, error)
	AccountKeys(ctx context.Context, f taskhook.KeyFilter) (taskhook.List[taskhook.Key], error)
	// RevokeKey answers with CodeNotFound when no key of the account, or of any
	// when that is empty, has the id and is not revoked yet.
	RevokeKey(ctx context.Context, now time.Time, account, id string) error
}

// Directory keeps accounts. Its writes are durable when they return.
type Directory interface {
	// Accounts returns all accounts, oldest first.
	Accounts(ctx context.Context) ([]taskhook.Account, error)
	CreateAccount(ctx context.Context, a taskhook.Account) (taskhook.Account, error)
	FirstAccount(ctx context.Context) (a taskhook.Account, ok bool, err error)
	AccountNamed(ctx context.Context, name string) (a taskhook.Account, ok bool, err error)
}

// Store is what a Service needs of the database.
type Store interface {
	KeyStore
	Directory
	Ledger
	Buckets
}

// Service makes, recognises and revokes keys. It is safe for concurrent use.
type Service struct {
	store Store
	hash  func(text string) string
	known cache
	rate  rates
}

// New returns a Service that stores keys by hash, which must be hard to invert:
// keys are long random texts, so a plain SHA-256 is enough. PerSecond is how many
// requests a key may make; 0 does not limit them.
func New(store Store, hash func(text string) string, perSecond int) *Service {
	return &Service{store: store, hash: hash, known: cache{valid: map[string]entry{}}, rate: rates{perSecond: perSecond}}
}

// defaultAccount is the name of the first account.
const defaultAccount = "default"

// Create stores a new key and returns its text, which is known to nobody
// afterwards. An account name that does not exist yet makes that account; an
// empty one means the first account.
func (s *Service) Create(ctx context.Context, now time.Time, account string, n taskhook.NewKey) (text string, key taskhook.Key, err error) {
	if err := check(n, now); err != nil {
		return "", key, err
	}
	owner, err := s.account(ctx, now, account)
	if err != nil {
		return "", key, err
	}
	text = newText(n.Test)
	key, err = s.add(ctx, now, owner.ID, text, n)
	return text, key, err
}

// Keys returns all keys of all accounts, oldest first.
func (s *Service) Keys(ctx context.Context) ([]taskhook.Key, error) { return s.store.Keys(ctx) }

// Revoke ends a key for good: at once in this process, within the lifetime of
// its cache in others.
func (s *Service) Revoke(ctx context.Context, now time.Time, id string) error {
	defer s.known.clear()
	return s.store.RevokeKey(ctx, now, "", id)
}

// account returns the account of the name, made if need be.
func (s *Service) account(ctx context.Context, now time.Time, name string) (taskhook.Account, error) {
	var a taskhook.Account
	var ok bool
	var err error
	if name == "" {
		name = defaultAccount
		a, ok, err = s.store.FirstAccount(ctx)
	} else {
		a, ok, err = s.store.AccountNamed(ctx, name)
	}
	if err != nil {
		return a, fmt.Errorf("look up account %s: %w", name, err)
	}
	if ok {
		return a, nil
	}
	a, err = s.store.CreateAccount(ctx, taskhook.Account{
		ID: taskhook.NewID(taskhook.PrefixAccount, now), Name: name, CreatedAt: now,
	})
	if err != nil {
		return a, fmt.Errorf("create account %s: %w", name, err)
	}
	return a, nil
}

// add stores the key with the text.
func (s *Service) add(ctx context.Context, now time.Time, account, text string, n taskhook.NewKey) (taskhook.Key, error) {
	key := taskhook.Key{
		ID:        taskhook.NewID(taskhook.PrefixKey, now),
		AccountID: account,
		Name:      n.Name,
		Hint:      hint(text),
		Test:      n.Test,
		CreatedAt: now,
		Limits:    n.Limits,
	}
	if err := s.store.CreateKey(ctx, key, s.hash(text)); err != nil {
		return key, fmt.Errorf("create key: %w", err)
	}
	return key, nil
}
