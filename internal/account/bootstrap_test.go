package account

import (
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// start bootstraps with the given key and returns what would be printed.
func start(t *testing.T, s *Service, given string) string {
	t.Helper()
	printed, err := s.Bootstrap(t.Context(), time.Now(), given)
	if err != nil {
		t.Fatal(err)
	}
	return printed
}

// works expects that the text authenticates, or answers with the code.
func works(t *testing.T, s *Service, text string, code taskhook.Code) {
	t.Helper()
	if _, err := s.Authenticate(t.Context(), text, home); taskhook.ErrorCode(err) != code {
		t.Errorf("the key answers %v, want %q", err, code)
	}
}

func TestBootstrapPrintsOnce(t *testing.T) {
	t.Parallel()
	s, f := newService()
	printed := start(t, s, "")
	if !strings.HasPrefix(printed, livePrefix) {
		t.Errorf("printed %q", printed)
	}
	works(t, s, printed, "")
	if again := start(t, s, ""); again != "" {
		t.Errorf("the second start prints %q", again)
	}
	if len(f.accounts) != 1 || f.accounts[0].Name != "default" || len(f.keys) != 1 {
		t.Errorf("accounts %+v, keys %+v", f.accounts, f.keys)
	}
}

func TestBootstrapAfterACrashBetweenAccountAndKey(t *testing.T) {
	t.Parallel()
	s, f := newService()
	if _, err := s.account(t.Context(), time.Now(), ""); err != nil {
		t.Fatal(err)
	}
	works(t, s, start(t, s, ""), "")
	if len(f.accounts) != 1 {
		t.Errorf("there are %d accounts", len(f.accounts))
	}
}

func TestBootstrapPrintsNothingWhenAKeyWasMadeBefore(t *testing.T) {
	t.Parallel()
	s, _ := newService()
	if _, _, err := s.Create(t.Context(), time.Now(), "", taskhook.NewKey{}); err != nil {
		t.Fatal(err)
	}
	if printed := start(t, s, ""); printed != "" {
		t.Errorf("printed %q", printed)
	}
}

func TestBootstrapGiven(t *testing.T) {
	t.Parallel()
	s, f := newService()
	one, two := "river_live_"+strings.Repeat("1", 24), "river_test_"+strings.Repeat("2", 24)
	for _, given := range []string{one, one, two, two, ""} {
		if printed := start(t, s, given); printed != "" {
			t.Errorf("a given key is printed: %q", printed)
		}
	}
	works(t, s, one, "")
	works(t, s, two, "")
	if len(f.accounts) != 1 || len(f.keys) != 2 || f.keys[0].Test || !f.keys[1].Test {
		t.Errorf("accounts %+v, keys %+v", f.accounts, f.keys)
	}
	if err := s.Revoke(t.Context(), time.Now(), f.keys[0].ID); err != nil {
		t.Fatal(err)
	}
	start(t, s, one)
	works(t, s, one, taskhook.CodeKeyRevoked)
}

func TestBootstrapRefuses(t *testing.T) {
	t.Parallel()
	for _, given := range []string{"short", strings.Repeat("x", maxText+1), strings.Repeat("x y", 20)} {
		s, f := newService()
		_, err := s.Bootstrap(t.Context(), time.Now(), given)
		if taskhook.ErrorCode(err) != taskhook.CodeInvalid || strings.Contains(err.Error(), given) {
			t.Errorf("%q: %v", given, err)
		}
		if len(f.accounts)+len(f.keys) > 0 {
			t.Errorf("%q left something behind", given)
		}
	}
}
