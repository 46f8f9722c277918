package storetest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func accountTests() []test {
	return []test{
		{"an account is found by age and name", testAccountFound},
		{"a key is found by its hash until it is unknown", testKeyFound},
		{"a hash belongs to one key", testKeyConflict},
		{"a key is revoked once", testKeyRevoked},
		{"the limits of a key come back", testKeyLimits},
		{"an account lists and revokes its own keys", testAccountKeys},
	}
}

func testAccountFound(t *testing.T, f *fixture) {
	_, ok, err := f.Store.FirstAccount(f.ctx)
	f.ok(err)
	equal(t, "an account in an empty store", ok, false)
	first, second := f.account(), f.account()
	a, ok, err := f.Store.FirstAccount(f.ctx)
	f.ok(err)
	equal(t, "an account in a store that has one", ok, true)
	equal(t, "first account", a.ID, first)
	b, ok, err := f.Store.AccountNamed(f.ctx, second)
	f.ok(err)
	equal(t, "found by name", ok, true)
	equal(t, "account by name", b.ID, second)
	equal(t, "creation time", b.CreatedAt, f.now)
	if a.Number < 1 || b.Number <= a.Number {
		t.Fatalf("numbers %d and %d do not rise from 1", a.Number, b.Number)
	}
	_, ok, err = f.Store.AccountNamed(f.ctx, "nobody")
	f.ok(err)
	equal(t, "an unknown name", ok, false)
}

func newKey(account string, now time.Time) taskhook.Key {
	return taskhook.Key{ID: taskhook.NewID(taskhook.PrefixKey, now), AccountID: account, Name: "ci", Hint: "thk_test_3f…", Test: true, CreatedAt: now}
}

func testKeyFound(t *testing.T, f *fixture) {
	want := newKey(f.account(), f.now)
	f.ok(f.Store.CreateKey(f.ctx, want, "hash"))
	got, ok, err := f.Store.KeyByHash(f.ctx, "hash")
	f.ok(err)
	equal(t, "known", ok, true)
	deepEqual(t, "key", got, want)
	_, ok, err = f.Store.KeyByHash(f.ctx, "Hash")
	f.ok(err)
	equal(t, "another hash", ok, false)
}

func testKeyConflict(t *testing.T, f *fixture) {
	account := f.account()
	f.ok(f.Store.CreateKey(f.ctx, newKey(account, f.now), "hash"))
	f.code(f.Store.CreateKey(f.ctx, newKey(account, f.now), "hash"), taskhook.CodeConflict)
	keys, err := f.Store.Keys(f.ctx)
	f.ok(err)
	equal(t, "keys", len(keys), 1)
	if err := f.Store.CreateKey(f.ctx, newKey("acc_nobody", f.now), "other"); err == nil {
		t.Fatal("a key of no account was stored")
	}
}

func testKeyRevoked(t *testing.T, f *fixture) {
	k := newKey(f.account(), f.now)
	f.ok(f.Store.CreateKey(f.ctx, k, "hash"))
	f.ok(f.Store.RevokeKey(f.ctx, f.now.Add(time.Second), "", k.ID))
	f.code(f.Store.RevokeKey(f.ctx, f.now.Add(time.Minute), "", k.ID), taskhook.CodeNotFound)
	got, _, err := f.Store.KeyByHash(f.ctx, "hash")
	f.ok(err)
	equal(t, "revoked at", got.RevokedAt, f.now.Add(time.Second))
}

func testKeyLimits(t *testing.T, f *fixture) {
	want := newKey(f.account(), f.now)
	want.Limits = taskhook.Limits{Permissions: taskhook.Scopes(), ExpiresAt: f.now.Add(time.Hour),
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")}}
	f.ok(f.Store.CreateKey(f.ctx, want, "hash"))
	got, _, err := f.Store.KeyByHash(f.ctx, "hash")
	f.ok(err)
	deepEqual(t, "key", got, want)
}

func testAccountKeys(t *testing.T, f *fixture) {
	mine, other := f.account(), f.account()
	keys := []taskhook.Key{newKey(mine, f.now), newKey(other, f.now), newKey(mine, f.now.Add(time.Second)), newKey(mine, f.now.Add(time.Minute))}
	for _, k := range keys {
		f.ok(f.Store.CreateKey(f.ctx, k, "hash of "+k.ID))
	}
	f.code(f.Store.RevokeKey(f.ctx, f.now, other, keys[2].ID), taskhook.CodeNotFound)
	f.ok(f.Store.RevokeKey(f.ctx, f.now, mine, keys[2].ID))
	filter := taskhook.KeyFilter{AccountID: mine, Page: taskhook.Page{Limit: 1}}
	l, err := f.Store.AccountKeys(f.ctx, filter)
	f.ok(err)
	deepEqual(t, "the newest", l, taskhook.List[taskhook.Key]{Items: keys[3:], More: true, Next: keys[3].ID, Total: 2})
	filter.Cursor = l.Next
	l, err = f.Store.AccountKeys(f.ctx, filter)
	f.ok(err)
	deepEqual(t, "the rest", l, taskhook.List[taskhook.Key]{Items: keys[:1], Total: 2})
}
