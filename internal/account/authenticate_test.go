package account

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	s, f := newService()
	revoked, key, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(t.Context(), time.Now(), key.ID); err != nil {
		t.Fatal(err)
	}
	f.lookups = 0
	cases := []struct {
		name, text string
		code       taskhook.Code
		lookups    int
	}{
		{"none", "", taskhook.CodeUnauthenticated, 0},
		{"short", "thk_live_x", taskhook.CodeBadKey, 0},
		{"long", strings.Repeat("x", 1<<20), taskhook.CodeBadKey, 0},
		{"with a blank", strings.Repeat("x", 40) + " ", taskhook.CodeBadKey, 0},
		{"with a control character", strings.Repeat("x", 40) + "\x00", taskhook.CodeBadKey, 0},
		{"beyond ASCII", strings.Repeat("é", 40), taskhook.CodeBadKey, 0},
		{"unknown", newText(false), taskhook.CodeBadKey, 1},
		{"other case", strings.ToUpper(revoked), taskhook.CodeBadKey, 1},
		{"its hash", "#" + revoked, taskhook.CodeBadKey, 1},
		{"revoked", revoked, taskhook.CodeKeyRevoked, 1},
	}
	for _, tt := range cases {
		f.lookups = 0
		for range 2 { // a refusal is not remembered
			id, err := s.Authenticate(t.Context(), tt.text, home)
			if taskhook.ErrorCode(err) != tt.code || !reflect.DeepEqual(id, taskhook.Identity{}) {
				t.Errorf("%s: %+v, %v", tt.name, id, err)
			}
			if tt.text != "" && strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s: the error shows the key: %v", tt.name, err)
			}
		}
		if f.lookups != 2*tt.lookups {
			t.Errorf("%s: the store was asked %d times", tt.name, f.lookups)
		}
	}
}

func TestRevocationByAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := newService()
		text, key, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{})
		if err != nil {
			t.Fatal(err)
		}
		ask := func() taskhook.Code {
			_, err := s.Authenticate(t.Context(), text, home)
			return taskhook.ErrorCode(err)
		}
		if code := ask(); code != "" {
			t.Fatal(code)
		}
		if err := f.RevokeKey(t.Context(), time.Now(), "", key.ID); err != nil { // not through s
			t.Fatal(err)
		}
		f.lookups = 0
		for range 3 {
			if code := ask(); code != "" || f.lookups != 0 {
				t.Errorf("within the life of the cache: %q after %d look-ups", code, f.lookups)
			}
		}
		<-time.After(cacheLife) // of the fake clock
		if code := ask(); code != taskhook.CodeKeyRevoked {
			t.Errorf("after the life of the cache: %q", code)
		}
	})
}

func TestRevocationHereWorksAtOnce(t *testing.T) {
	t.Parallel()
	s, f := newService()
	text, key, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{})
	if err != nil {
		t.Fatal(err)
	}
	// The revocation overtakes a look-up that has read the valid key already.
	f.inLookup = func() {
		f.inLookup = nil
		if err := s.Revoke(t.Context(), time.Now(), key.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Authenticate(t.Context(), text, home); err != nil {
		t.Errorf("the look-up came before the revocation: %v", err)
	}
	if _, err := s.Authenticate(t.Context(), text, home); taskhook.ErrorCode(err) != taskhook.CodeKeyRevoked {
		t.Errorf("the key still works: %v", err)
	}
	if err := s.Revoke(t.Context(), time.Now(), key.ID); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := cache{valid: map[string]entry{}}
	now := time.Now()
	for i := range 3*cacheSize + 1 {
		hash := hashOf(time.Duration(i).String())
		c.put(hash, taskhook.Identity{KeyID: hash}, now, 0)
		if id, _, ok := c.get(hash, now); !ok || id.KeyID != hash {
			t.Fatalf("entry %d is gone at once", i)
		}
		if len(c.valid) > cacheSize {
			t.Fatalf("the cache holds %d entries", len(c.valid))
		}
	}
}

func TestManyCallers(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	texts, ids := make([]string, 8), make([]string, 8)
	for i := range texts {
		text, key, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{Test: i%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		texts[i], ids[i] = text, key.ID
	}
	var callers sync.WaitGroup
	for n := range 64 {
		callers.Go(func() {
			for i := range 100 {
				k := (n + i) % len(texts)
				if id, err := s.Authenticate(t.Context(), texts[k], home); err != nil || id.KeyID != ids[k] {
					t.Errorf("caller %d is %+v, %v", n, id, err)
				}
				if n == 0 && i%10 == 0 {
					s.known.clear()
				}
			}
		})
	}
	callers.Wait()
}

func BenchmarkAuthenticate(b *testing.B) {
	s, _ := newService()
	text, _, err := s.Create(b.Context(), time.Now(), "", taskhook.NewKey{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Authenticate(b.Context(), text, home); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
