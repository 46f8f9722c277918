package account

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

func TestCreateKey(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	soon := time.Now().Add(time.Hour)
	limited := taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeKeysWrite}, ExpiresAt: soon}
	for name, tt := range map[string]struct {
		who  taskhook.Identity
		n    taskhook.NewKey
		code taskhook.Code
	}{
		"a full key of a full one":             {n: taskhook.NewKey{Name: "x"}},
		"a test key of a live one":             {n: taskhook.NewKey{Test: true}},
		"a limited key of a full one":          {n: taskhook.NewKey{Limits: limited}},
		"a limited key of its like":            {taskhook.Identity{Limits: limited}, taskhook.NewKey{Limits: limited}, ""},
		"a test key of a test key":             {taskhook.Identity{Test: true}, taskhook.NewKey{Test: true}, ""},
		"a live key of a test key":             {taskhook.Identity{Test: true}, taskhook.NewKey{}, taskhook.CodeKeyPermission},
		"a full key of a limited one":          {taskhook.Identity{Limits: limited}, taskhook.NewKey{}, taskhook.CodeKeyPermission},
		"a live key of one with a spend limit": {taskhook.Identity{Limits: taskhook.Limits{SpendLimit: new(taskhook.Money)}}, taskhook.NewKey{}, taskhook.CodeKeyPermission},
		"a test key of one with a spend limit": {taskhook.Identity{Limits: taskhook.Limits{SpendLimit: new(taskhook.Money)}}, taskhook.NewKey{Test: true}, ""},
		"one of a worker, by a tenant":         {n: taskhook.NewKey{Limits: taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeWorker}}}, code: taskhook.CodeKeyPermission},
		"one for models, of no worker":         {n: taskhook.NewKey{Limits: taskhook.Limits{Models: []string{"draw"}}}, code: taskhook.CodeInvalid},
		"one that is over":                     {n: taskhook.NewKey{Limits: taskhook.Limits{ExpiresAt: time.Now()}}, code: taskhook.CodeInvalid},
		"one with a long name":                 {n: taskhook.NewKey{Name: strings.Repeat("é", maxName+1)}, code: taskhook.CodeInvalid},
		"one with very many addresses ":        {n: taskhook.NewKey{Limits: taskhook.Limits{Networks: make([]netip.Prefix, maxNetworks+1)}}, code: taskhook.CodeInvalid},
	} {
		tt.who.AccountID = "acc_mine"
		text, key, err := s.CreateKey(t.Context(), tt.who, tt.n)
		if taskhook.ErrorCode(err) != tt.code || (text == "") != (err != nil) {
			t.Errorf("%s: %q, %v", name, text, err)
			continue
		}
		if err != nil {
			continue
		}
		id, err := s.Authenticate(t.Context(), text, home)
		if err != nil || id.AccountID != "acc_mine" || id.KeyID != key.ID || id.Test != tt.n.Test || id.Within(tt.n.Limits) != nil {
			t.Errorf("%s: it is %+v, %v", name, id, err)
		}
	}
}

func TestDeleteKey(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	text, key, err := s.CreateKey(t.Context(), taskhook.Identity{AccountID: "acc_mine"}, taskhook.NewKey{})
	if err != nil {
		t.Fatal(err)
	}
	works(t, s, text, "")
	if err := s.DeleteKey(t.Context(), "acc_other", key.ID); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		t.Errorf("another account deletes it: %v", err)
	}
	works(t, s, text, "")
	if err := s.DeleteKey(t.Context(), "acc_mine", key.ID); err != nil {
		t.Fatal(err)
	}
	works(t, s, text, taskhook.CodeKeyRevoked)
}

// A key ends at its time, not when the cache forgets it.
func TestExpiryWhileCached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := newService()
		end := time.Now().Add(cacheLife / 2)
		text, _, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{Limits: taskhook.Limits{ExpiresAt: end}})
		if err != nil {
			t.Fatal(err)
		}
		works(t, s, text, "")
		f.lookups = 0
		<-time.After(time.Until(end) - 1)
		works(t, s, text, "")
		<-time.After(1)
		works(t, s, text, taskhook.CodeKeyExpired)
		if f.lookups != 0 {
			t.Errorf("the store was asked %d times", f.lookups)
		}
		<-time.After(cacheLife)
		works(t, s, text, taskhook.CodeKeyExpired)
	})
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	text, _, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{Limits: taskhook.Limits{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}})
	if err != nil {
		t.Fatal(err)
	}
	for from, code := range map[string]taskhook.Code{"192.0.2.9": "", "::ffff:192.0.2.9": "", "192.0.3.9": taskhook.CodeForbidden, "2001:db8::1": taskhook.CodeForbidden} {
		for range 2 { // looked up, and from the cache
			if _, err := s.Authenticate(t.Context(), text, netip.MustParseAddr(from)); taskhook.ErrorCode(err) != code {
				t.Errorf("from %s: %v", from, err)
			}
		}
	}
	if _, err := s.Authenticate(t.Context(), text, netip.Addr{}); taskhook.ErrorCode(err) != taskhook.CodeForbidden {
		t.Errorf("from nowhere: %v", err)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService()
		s.rate.perSecond = 5
		var texts [2]string
		for i := range texts {
			var err error
			if texts[i], _, err = s.Create(t.Context(), time.Now(), "", taskhook.NewKey{}); err != nil {
				t.Fatal(err)
			}
		}
		// burst makes requests until one is refused.
		burst := func(text string) (admitted int) {
			for ; admitted < 1000; admitted++ {
				if _, err := s.Authenticate(t.Context(), text, home); err != nil {
					if taskhook.ErrorCode(err) != taskhook.CodeRateLimited {
						t.Fatal(err)
					}
					return admitted
				}
			}
			return admitted
		}
		if a, b := burst(texts[0]), burst(texts[1]); a != 10 || b != 10 {
			t.Errorf("at first %d and %d are admitted", a, b)
		}
		for range 10 { // as buckets come and go
			<-time.After(time.Second)
			if n := burst(texts[0]); n != 5 {
				t.Errorf("after a second %d are admitted", n)
			}
		}
		<-time.After(time.Hour)
		if n := burst(texts[0]); n != 10 {
			t.Errorf("after an hour %d are admitted", n)
		}
		if known := len(s.rate.recent) + len(s.rate.before); known > 2 {
			t.Errorf("%d buckets are remembered", known)
		}
	})
}

func TestRateOff(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	text, _, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{})
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		works(t, s, text, "")
	}
	if s.rate.recent != nil {
		t.Error("buckets are made")
	}
}

// TestCreateWorkerKey holds that the operator makes keys of workers, which do nothing else.
func TestCreateWorkerKey(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	worker := []taskhook.Scope{taskhook.ScopeWorker}
	for name, tt := range map[string]struct {
		n    taskhook.NewKey
		code taskhook.Code
	}{
		"for all models":         {taskhook.NewKey{Limits: taskhook.Limits{Permissions: worker}}, ""},
		"for some":               {taskhook.NewKey{Limits: taskhook.Limits{Permissions: worker, Models: []string{"draw", "acme/paint"}}}, ""},
		"that does more":         {taskhook.NewKey{Limits: taskhook.Limits{Permissions: append(worker, taskhook.ScopeTasksRead)}}, taskhook.CodeInvalid},
		"for tests":              {taskhook.NewKey{Test: true, Limits: taskhook.Limits{Permissions: worker}}, taskhook.CodeInvalid},
		"for a name with blanks": {taskhook.NewKey{Limits: taskhook.Limits{Permissions: worker, Models: []string{"a b"}}}, taskhook.CodeInvalid},
	} {
		if _, _, err := s.Create(t.Context(), time.Now(), "", tt.n); taskhook.ErrorCode(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
