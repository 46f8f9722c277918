package delivery

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/webhook"
)

// The bounds of a rotation.
const (
	maxOverlap = 30 * 24 * time.Hour // how long an old secret can stay valid
	maxSecrets = 4                   // how many can be valid at a time
)

// RotateSecret gives an endpoint a new secret. For the time of the overlap both
// are valid: the list in webhook-signature carries both, X-Webhook-Signature
// still the old one, for it has room for one. Without an overlap the new one is
// the only one at once.
func (s *Service) RotateSecret(ctx context.Context, account, id string, overlap time.Duration) (taskhook.Endpoint, error) {
	if _, err := s.Endpoint(ctx, account, id); err != nil {
		return taskhook.Endpoint{}, err
	}
	if overlap < 0 || overlap > maxOverlap {
		return taskhook.Endpoint{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "overlapSeconds",
			"overlapSeconds must be from 0 to %d.", int(maxOverlap.Seconds()))
	}
	now := s.Now()
	fresh := webhook.NewSecret()
	return s.Receivers.UpdateEndpoint(ctx, now, account, id, func(e *taskhook.Endpoint) error {
		secrets := rotated(e.Secrets, fresh, now, now.Add(overlap))
		if len(secrets) > maxSecrets {
			return taskhook.Errorf(taskhook.CodeConflict,
				"%d secrets of this webhook are valid already; wait until %s, or rotate with overlapSeconds 0, which ends all others.",
				maxSecrets, e.Secrets[len(e.Secrets)-1].ExpiresAt.UTC().Format(time.RFC3339))
		}
		e.Secrets = secrets
		return nil
	})
}

// rotated returns the secrets that are valid when a fresh one is added, which is
// promoted at end, when all others expire.
func rotated(old []taskhook.Secret, fresh string, now, end time.Time) []taskhook.Secret {
	valid := []taskhook.Secret{{Text: fresh, PromotedAt: end}}
	for _, s := range old {
		if s.ExpiresAt.IsZero() || s.ExpiresAt.After(end) {
			s.ExpiresAt = end
		}
		if s.ExpiresAt.After(now) {
			valid = append(valid, s)
		}
	}
	return valid
}
