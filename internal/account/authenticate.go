package account

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/taskhook/taskhook"
)

// Authenticate returns whose key the text is. A taskhook.Error says why there is
// no one: CodeUnauthenticated without a text, CodeBadKey for one that is not
// known, CodeKeyRevoked, CodeKeyExpired, CodeForbidden for an address that the key
// is not for, CodeRateLimited; any other error is a fault of the store.
//
// The comparison needs no constant time: only hashes are compared, and what
// their timing gives away of a hash leads to no text.
func (s *Service) Authenticate(ctx context.Context, text string, from netip.Addr) (taskhook.Identity, error) {
	if text == "" {
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeUnauthenticated,
			"No API key was given. Send the key as Authorization: Bearer YOUR_KEY.")
	}
	if !usable(text) {
		return taskhook.Identity{}, badKey()
	}
	hash, now := s.hash(text), time.Now()
	id, generation, ok := s.known.get(hash, now)
	if ok {
		return s.admit(id, from, now)
	}
	key, ok, err := s.store.KeyByHash(ctx, hash)
	if err != nil {
		return id, fmt.Errorf("look up key: %w", err)
	}
	if !ok {
		return id, badKey()
	}
	if !key.RevokedAt.IsZero() {
		return id, taskhook.Errorf(taskhook.CodeKeyRevoked,
			"The API key %s was revoked. Use another key, or ask the operator for a new one.", key.Hint)
	}
	id = taskhook.Identity{AccountID: key.AccountID, KeyID: key.ID, Test: key.Test, Limits: key.Limits}
	s.known.put(hash, id, now, generation)
	return s.admit(id, from, now)
}

// admit holds a valid key to its limits, which are looked at with every request.
func (s *Service) admit(id taskhook.Identity, from netip.Addr, now time.Time) (taskhook.Identity, error) {
	var err error
	switch {
	case id.Expired(now):
		err = taskhook.Errorf(taskhook.CodeKeyExpired, "The API key expired at %s. Use another key.", id.ExpiresAt.UTC().Format(time.RFC3339))
	case !id.Admits(from):
		err = taskhook.Errorf(taskhook.CodeForbidden,
			"The API key may not be used from the address %s. Use it from one that its ipWhitelist holds.", from)
	case !s.rate.allow(id.KeyID, now):
		err = taskhook.Errorf(taskhook.CodeRateLimited, "The API key makes more than %d requests a second. Wait a second.", s.rate.perSecond)
	default:
		return id, nil
	}
	return taskhook.Identity{}, err
}

func badKey() error {
	return taskhook.Errorf(taskhook.CodeBadKey,
		"The API key is not known here. Check that it was copied whole and belongs to this server.")
}
