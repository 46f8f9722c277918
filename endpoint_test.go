package taskhook_test

import (
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestSigningSecrets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_736_937_000, 0)
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	tests := []struct {
		name    string
		secrets []taskhook.Secret
		primary string
		all     []string
	}{
		{"none", nil, "", nil},
		{"one", []taskhook.Secret{{Text: "a", PromotedAt: at(-1)}}, "a", []string{"a"}},
		{"promoted just now", []taskhook.Secret{{Text: "a", PromotedAt: now}}, "a", []string{"a"}},
		{"overlap", []taskhook.Secret{{Text: "b", PromotedAt: at(1)}, {Text: "a", ExpiresAt: at(1)}}, "a", []string{"b", "a"}},
		{"overlap over", []taskhook.Secret{{Text: "b", PromotedAt: at(0)}, {Text: "a", ExpiresAt: at(0)}}, "b", []string{"b"}},
		{"promoted before the other expires", []taskhook.Secret{{Text: "b", PromotedAt: at(-1)}, {Text: "a", ExpiresAt: at(1)}}, "b", []string{"b", "a"}},
		{"two rotations at once", []taskhook.Secret{{Text: "c", PromotedAt: at(9)}, {Text: "b", PromotedAt: at(5), ExpiresAt: at(9)},
			{Text: "a", ExpiresAt: at(5)}}, "a", []string{"c", "b", "a"}},
		{"not promoted, but the only one", []taskhook.Secret{{Text: "b", PromotedAt: at(9)}, {Text: "a", ExpiresAt: at(-1)}}, "b", []string{"b"}},
		{"all expired", []taskhook.Secret{{Text: "a", ExpiresAt: at(-1)}}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			primary, all := (&taskhook.Endpoint{Secrets: tt.secrets}).SigningSecrets(now)
			if primary != tt.primary || !slices.Equal(all, tt.all) {
				t.Errorf("%q of %q, want %q of %q", primary, all, tt.primary, tt.all)
			}
		})
	}
}

// FuzzSigningSecrets holds that the primary secret is a valid one, and that there
// is one whenever any is valid.
func FuzzSigningSecrets(f *testing.F) {
	f.Add([]byte{0, 5, 10, 3, 7, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, times []byte) {
		now := time.Unix(128, 0)
		var e taskhook.Endpoint
		valid := 0
		for ; len(times) >= 2; times = times[2:] {
			s := taskhook.Secret{Text: string(rune('a' + len(times))), PromotedAt: time.Unix(int64(times[0]), 0)}
			if times[1] > 0 {
				s.ExpiresAt = time.Unix(int64(times[1]), 0)
			}
			if s.ExpiresAt.IsZero() || s.ExpiresAt.After(now) {
				valid++
			}
			e.Secrets = append(e.Secrets, s)
		}
		primary, all := e.SigningSecrets(now)
		if len(all) != valid || (primary != "") != (valid > 0) || valid > 0 && !slices.Contains(all, primary) {
			t.Errorf("%q of %q, %d are valid", primary, all, valid)
		}
	})
}

func TestWants(t *testing.T) {
	t.Parallel()
	e := taskhook.Endpoint{Events: []string{"task.completed", "order.paid"}}
	for eventType, want := range map[string]bool{"task.completed": true, "order.paid": true, "task.failed": false, "task": false, "": false} {
		if e.Wants(eventType) != want {
			t.Errorf("wants %q: %t", eventType, !want)
		}
	}
}

func TestWantsTypesThatBeginAlike(t *testing.T) {
	t.Parallel()
	tests := []struct {
		wanted, eventType string
		want              bool
	}{
		{"task.completed", "task.completed", true},
		{"task.completed", "task.completed.late", false},
		{"task.*", "task.failed", true},
		{"task.*", "tasks.failed", false},
		{"order.eu.*", "order.eu.paid", true},
		{"order.eu.*", "order.us.paid", false},
		{"*", "endpoint.disabled", true},
		{"*", "task.started", false},
		{"task.*", "task.progress", false},
		{"task.progress", "task.progress", true},
		{"task.progress", "task.started", false},
	}
	for _, tt := range tests {
		e := taskhook.Endpoint{Events: []string{"other.type", tt.wanted}}
		if got := e.Wants(tt.eventType); got != tt.want {
			t.Errorf("who wants %s wants %s: %t", tt.wanted, tt.eventType, got)
		}
	}
}
