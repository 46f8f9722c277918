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
		claims = make([]taskhook.LaneClaim, len(pages))
		for i, p := range pages {
			if err := findPage(ctx, t, now, node, p, &claims[i]); err != nil {
				return err
			}
		}
		// Waited for, so that nothing comes between what is found and its claim.
		if err := t.flush(ctx); err != nil {
			return err
		}
		return claimPages(ctx, t, claims)
	})
	return claims, err
}

// findPage asks for the page, and whether the lane is the node's.
func findPage(ctx context.Context, t tx, now time.Time, node string, p taskhook.LanePage, claim *taskhook.LaneClaim) error {
	claim.Lane, claim.Epoch, claim.Lost = p.Lane, p.Epoch, true
	mine := func(found rows) error {
		claim.Lost = !found.Next()
		return found.Err()
	}
	if err := t.send(ctx, mine, `SELECT id FROM lanes WHERE id = $1 AND owner = $2 AND epoch = $3 AND held = 0`, p.Lane, node, p.Epoch); err != nil || p.Limit == 0 {
		return err
	}
	return t.send(ctx, into(&claim.Deliveries, scanOutgoing), selectOutgoing+`WHERE d.id IN (SELECT id FROM deliveries
		WHERE lane = $1 AND state = 'pending' AND due_at <= $2 AND claim <> $3 ORDER BY due_at, id LIMIT $4) ORDER BY d.due_at, d.id`,
		p.Lane, ms(now), p.Epoch, p.Limit)
}

// claimPages marks what was found in lanes that are the node's, and asks what is due
// next in them.
func claimPages(ctx context.Context, t tx, claims []taskhook.LaneClaim) error {
	var args []any
	for i := range claims {
		c := &claims[i]
		if c.Lost {
			c.Deliveries = nil
		}
		for j := range c.Deliveries {
			c.Deliveries[j].Epoch = c.Epoch
			args = append(args, c.Deliveries[j].ID, c.Epoch)
		}
	}
	if err := t.many(ctx, nil, claimedRows, args); err != nil {
		return err
	}
	for i := range claims {
		c := &claims[i]
		if c.Lost {
			continue
		}
		next := func(found rows) error {
			var due []*int64
			err := into(&due, scanInto[*int64])(found)
			if len(due) > 0 {
				c.Next = atOrZero(due[0])
			}
			return err
		}
		if err := t.send(ctx, next, `SELECT due_at FROM deliveries
			WHERE lane = $1 AND state = 'pending' AND claim <> $2 ORDER BY due_at, id LIMIT 1`, c.Lane, c.Epoch); err != nil {
			return err
		}
	}
	return nil
}
