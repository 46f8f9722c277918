package account

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// fakeStore is a Store in memory. The hash of a text is the text with "#".
type fakeStore struct {
	fakeLedger
	fakeBuckets
	mu       sync.Mutex
	accounts []taskhook.Account
	keys     []taskhook.Key
	hashes   map[string]int // into keys
	lookups  int
	fail     error
	inLookup func() // called after KeyByHash has read, before it returns
}

// home is where requests come from.
var home = netip.MustParseAddr("192.0.2.7")

func hashOf(text string) string { return "#" + text }

func newService() (*Service, *fakeStore) {
	f := &fakeStore{hashes: map[string]int{}}
	return New(f, hashOf, 0), f
}

func (f *fakeStore) KeyByHash(_ context.Context, hash string) (taskhook.Key, bool, error) {
	f.mu.Lock()
	f.lookups++
	i, ok := f.hashes[hash]
	var k taskhook.Key
	if ok {
		k = f.keys[i]
	}
	fail, hook := f.fail, f.inLookup
	f.mu.Unlock()
	if hook != nil {
		hook()
	}
	return k, ok, fail
}

func (f *fakeStore) CreateKey(_ context.Context, k taskhook.Key, hash string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.hashes[hash]; known {
		return taskhook.Errorf(taskhook.CodeConflict, "This key exists already.")
	}
	f.hashes[hash] = len(f.keys)
	f.keys = append(f.keys, k)
	return f.fail
}

func (f *fakeStore) Keys(context.Context) ([]taskhook.Key, error) { return f.keys, f.fail }

func (f *fakeStore) AccountKeys(_ context.Context, filter taskhook.KeyFilter) (taskhook.List[taskhook.Key], error) {
	return taskhook.List[taskhook.Key]{Total: len(filter.AccountID)}, f.fail
}

func (f *fakeStore) RevokeKey(_ context.Context, now time.Time, account, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.keys {
		if f.keys[i].ID == id && f.keys[i].RevokedAt.IsZero() && (account == "" || account == f.keys[i].AccountID) {
			f.keys[i].RevokedAt = now
			return nil
		}
	}
	return taskhook.Errorf(taskhook.CodeNotFound, "There is no valid key %s.", id)
}

func (f *fakeStore) CreateAccount(_ context.Context, a taskhook.Account) (taskhook.Account, error) {
	a.Number = int64(len(f.accounts)) + 1
	f.accounts = append(f.accounts, a)
	return a, f.fail
}

func (f *fakeStore) FirstAccount(context.Context) (taskhook.Account, bool, error) {
	if len(f.accounts) == 0 {
		return taskhook.Account{}, false, f.fail
	}
	return f.accounts[0], true, f.fail
}

func (f *fakeStore) AccountNamed(_ context.Context, name string) (taskhook.Account, bool, error) {
	for _, a := range f.accounts {
		if a.Name == name {
			return a, true, f.fail
		}
	}
	return taskhook.Account{}, false, f.fail
}

func TestCreate(t *testing.T) {
	t.Parallel()
	s, f := newService()
	now := time.UnixMilli(1_700_000_000_000)
	cases := []struct {
		account, name string
		test          bool
		prefix, owner string
	}{
		{"", "first", false, "thk_live_", "default"},
		{"studio", "second", true, "thk_test_", "studio"},
		{"studio", "third", false, "thk_live_", "studio"},
		{"", "fourth", true, "thk_test_", "default"},
	}
	seen := map[string]bool{}
	for _, tt := range cases {
		text, key, err := s.Create(t.Context(), now, tt.account, taskhook.NewKey{Name: tt.name, Test: tt.test})
		if err != nil {
			t.Fatal(err)
		}
		random, ok := strings.CutPrefix(text, tt.prefix)
		if !ok || len(random) != 32 || strings.Trim(random, base62) != "" || seen[text] {
			t.Errorf("the text is %q", text)
		}
		seen[text] = true
		if key.Name != tt.name || key.Test != tt.test || !key.CreatedAt.Equal(now) || key.Hint != text[:11]+"…" {
			t.Errorf("the key is %+v", key)
		}
		id, err := s.Authenticate(t.Context(), text, home)
		if err != nil || !reflect.DeepEqual(id, taskhook.Identity{AccountID: key.AccountID, KeyID: key.ID, Test: tt.test}) {
			t.Errorf("the key is not recognised: %+v, %v", id, err)
		}
		owner, ok, _ := f.AccountNamed(t.Context(), tt.owner)
		if !ok || owner.ID != key.AccountID {
			t.Errorf("the key of %q belongs to %s", tt.owner, key.AccountID)
		}
	}
	if len(f.accounts) != 2 {
		t.Errorf("there are %d accounts", len(f.accounts))
	}
}

func TestRandomTextUsesTheWholeAlphabet(t *testing.T) {
	t.Parallel()
	found := map[rune]int{}
	for range 500 {
		for _, r := range newText(false)[len(livePrefix):] {
			found[r]++
		}
	}
	for _, r := range base62 {
		// 258 are expected of each; 100 is ten deviations away.
		if found[r] < 100 || found[r] > 420 {
			t.Errorf("%c was drawn %d times of 16000", r, found[r])
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text, hint string
		test       bool
	}{
		{"thk_live_3fAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "thk_live_3f…", false},
		{"thk_test_3fAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "thk_test_3f…", true},
		{"river_live_0123456789abcdefghijklmno", "river_live_01…", false},
		{"river_test_0123456789abcdefghijklmno", "river_test_01…", true},
		{"0123456789abcdef0123456789abcdef", "01…", false},
		{"secret_partssecretparts_test_secretparts", "se…", false},
		{"test_test_", "test_test_…", false},
	}
	for _, tt := range cases {
		if got := hint(tt.text); got != tt.hint {
			t.Errorf("hint of %s is %s", tt.text, got)
		}
		if got := isTest(tt.text); got != tt.test && usable(tt.text) {
			t.Errorf("%s is a test key: %v", tt.text, got)
		}
	}
}

func TestStoreFaultsAreNotTheCallers(t *testing.T) {
	t.Parallel()
	s, f := newService()
	f.fail = errors.New("disk on fire")
	text := newText(false)
	_, authenticate := s.Authenticate(t.Context(), text, home)
	_, _, create := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{})
	_, fresh := s.Bootstrap(t.Context(), time.Now(), "")
	_, given := s.Bootstrap(t.Context(), time.Now(), text)
	for name, err := range map[string]error{"authenticate": authenticate, "create": create, "bootstrap": fresh, "given": given} {
		if !errors.Is(err, f.fail) || taskhook.ErrorCode(err) != taskhook.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), text) {
			t.Errorf("%s shows the key: %v", name, err)
		}
	}
}
