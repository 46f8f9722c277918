package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// ClaimPages claims due deliveries of lanes that the node owns, so that they may
// be held in its memory. Those of an endpoint are without the URL, which it has.
func (s *Store) ClaimPages(ctx context.Context, now time.Time, node string, pages []taskhook.LanePage) (claims []taskhook.LaneClaim, err error) {
	err = s.update(ctx, s.kinds.claimPages, func(ctx context.Context, t tx) error {
		var lanes []*laneRow
		var found []taskhook.Outgoing
		if err := findPages(ctx, t, now, pages, &lanes, &found); err != nil {
			return err
		}
		// Waited for, so that nothing comes between what is found and its claim.
		if err := t.flush(ctx); err != nil {
			return err
		}
		claims = claimsOf(node, pages, lanes, found)
		return claimPages(ctx, t, claims)
	})
	return claims, err
}

// findPages asks for the lanes and their pages.
func findPages(ctx context.Context, t tx, now time.Time, pages []taskhook.LanePage, lanes *[]*laneRow, found *[]taskhook.Outgoing) error {
	var ids, limits []any
	for _, p := range pages {
		ids = append(ids, p.Lane)
		if p.Limit > 0 {
			limits = append(limits, p.Lane, ms(now), p.Epoch, p.Limit)
		}
	}
	if err := t.many(ctx, into(lanes, scanLaneRow), laneRows, ids); err != nil {
		return err
	}
	return t.many(ctx, into(found, scanOutgoing), pageRows, limits)
}

// claimsOf sorts what was found by lanes, as far as those are the node's.
func claimsOf(node string, pages []taskhook.LanePage, lanes []*laneRow, found []taskhook.Outgoing) []taskhook.LaneClaim {
	claims := make([]taskhook.LaneClaim, len(pages))
	byLane := make(map[string]*taskhook.LaneClaim, len(pages))
	for i, p := range pages {
		claims[i] = taskhook.LaneClaim{Lane: p.Lane, Epoch: p.Epoch, Lost: true}
		byLane[p.Lane] = &claims[i]
	}
	for _, l := range lanes {
		c := byLane[l.id]
		c.Lost = l.owner != node || l.epoch != c.Epoch || l.held
	}
	for _, d := range found {
		if c := byLane[d.LaneID]; !c.Lost {
			d.Epoch = c.Epoch
			c.Deliveries = append(c.Deliveries, d)
		}
	}
	for i := range claims { // a join promises no order
		slices.SortFunc(claims[i].Deliveries, func(a, b taskhook.Outgoing) int {
			return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID))
		})
	}
	return claims
}

// claimPages marks what was found, and asks what is due next in the lanes.
func claimPages(ctx context.Context, t tx, claims []taskhook.LaneClaim) error {
	var claimed, asked []any
	byLane := make(map[string]*taskhook.LaneClaim, len(claims))
	for i := range claims {
		c := &claims[i]
		if c.Lost {
			continue
		}
		for j := range c.Deliveries {
			claimed = append(claimed, c.Deliveries[j].ID, c.Epoch)
		}
		asked = append(asked, c.Lane, c.Epoch)
		byLane[c.Lane] = c
	}
	if err := t.many(ctx, nil, claimedRows, claimed); err != nil {
		return err
	}
	return t.many(ctx, func(found rows) error {
		for found.Next() {
			var lane string
			var due *int64
			if err := found.Scan(&lane, &due); err != nil {
				return err
			}
			byLane[lane].Next = atOrZero(due)
		}
		return found.Err()
	}, nextRows, asked)
}
