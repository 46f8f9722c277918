package account

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

// Authenticate returns whose key the text is. A taskhook.Error says why there is
// no one: CodeUnauthenticated without a text, CodeBadKey for one that is not
// known, CodeKeyRevoked; any other error is a fault of the store.
//
// The comparison needs no constant time: only hashes are compared, and what
// their timing gives away of a hash leads to no text.
func (s *Service) Authenticate(ctx context.Context, text string) (taskhook.Identity, error) {
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
		return id, nil
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
	id = taskhook.Identity{AccountID: key.AccountID, KeyID: key.ID, Test: key.Test}
	s.known.put(hash, id, now, generation)
	return id, nil
}

func badKey() error {
	return taskhook.Errorf(taskhook.CodeBadKey,
		"The API key is not known here. Check that it was copied whole and belongs to this server.")
}
