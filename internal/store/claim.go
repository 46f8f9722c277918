package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// ClaimPages claims due deliveries of lanes that the node owns, so that they may
// be held in its memory.
func (s *Store) ClaimPages(ctx context.Context, now time.Time, node string, pages []taskhook.LanePage) (claims []taskhook.LaneClaim, err error) {
	err = s.update(ctx, s.kinds.claimPages, func(ctx context.Context, t tx) error {
		claims = claims[:0]
		for _, p := range pages {
			claim, err := claimPage(ctx, t, now, node, p)
			if err != nil {
				return err
			}
			claims = append(claims, claim)
		}
		return nil
	})
	return claims, err
}

func claimPage(ctx context.Context, t tx, now time.Time, node string, p taskhook.LanePage) (taskhook.LaneClaim, error) {
	claim := taskhook.LaneClaim{Lane: p.Lane, Epoch: p.Epoch}
	_, mine, err := first(ctx, t, scanInto[string], `SELECT id FROM lanes WHERE id = $1 AND owner = $2 AND epoch = $3 AND held = 0`,
		p.Lane, node, p.Epoch)
	if err != nil || !mine {
		claim.Lost = !mine
		return claim, err
	}
	if p.Limit > 0 {
		claim.Deliveries, err = collect(ctx, t, scanOutgoing, selectOutgoing+`WHERE d.id IN (SELECT id FROM deliveries
			WHERE lane = $1 AND state = 'pending' AND due_at <= $2 AND claim <> $3 ORDER BY due_at, id LIMIT $4) ORDER BY d.due_at, d.id`,
			p.Lane, ms(now), p.Epoch, p.Limit)
		if err != nil {
			return claim, err
		}
	}
	if err := markClaimed(ctx, t, claim.Deliveries, p.Epoch); err != nil {
		return claim, err
	}
	due, _, err := first(ctx, t, scanInto[*int64], `SELECT due_at FROM deliveries
		WHERE lane = $1 AND state = 'pending' AND claim <> $2 ORDER BY due_at, id LIMIT 1`, p.Lane, p.Epoch)
	claim.Next = atOrZero(due)
	return claim, err
}

func markClaimed(ctx context.Context, t tx, deliveries []taskhook.Outgoing, epoch int64) error {
	return inBites(deliveries, func(chunk []taskhook.Outgoing) error {
		args := make([]any, 0, 1+len(chunk))
		args = append(args, epoch)
		for i := range chunk {
			chunk[i].Epoch = epoch
			args = append(args, chunk[i].ID)
		}
		_, err := t.exec(ctx, `UPDATE deliveries SET claim = $1 WHERE state = 'pending' AND id IN (`+marks(2, len(chunk))+`)`, args...)
		return err
	})
}
