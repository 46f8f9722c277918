package account

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

// Bootstrap sees to it that somebody can call; it is run at each start, by one
// process. With a given text that is not known yet, it becomes a key of the first
// account, which is made if need be: so a changed one is added, and the one before
// stays valid until it is revoked. A given key that was revoked stays so. Without
// a given text, and only while there is no key at all, one is made and its text
// returned, to be printed once.
func (s *Service) Bootstrap(ctx context.Context, now time.Time, given string) (printed string, err error) {
	if given == "" {
		return s.bootstrapFresh(ctx, now)
	}
	if !usable(given) {
		return "", taskhook.Errorf(taskhook.CodeInvalid,
			"The bootstrap key is not usable: it needs %d to %d visible ASCII characters without blanks.", minText, maxText)
	}
	_, known, err := s.store.KeyByHash(ctx, s.hash(given))
	if err != nil {
		return "", fmt.Errorf("look up the bootstrap key: %w", err)
	}
	if known {
		return "", nil
	}
	owner, err := s.account(ctx, now, "")
	if err != nil {
		return "", err
	}
	_, err = s.add(ctx, now, owner.ID, given, taskhook.NewKey{Name: "bootstrap", Test: isTest(given)})
	return "", err
}

func (s *Service) bootstrapFresh(ctx context.Context, now time.Time) (text string, err error) {
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return "", fmt.Errorf("list keys: %w", err)
	}
	if len(keys) > 0 {
		return "", nil
	}
	text, _, err = s.Create(ctx, now, "", taskhook.NewKey{Name: "bootstrap"})
	return text, err
}
