package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// DuePages reads due deliveries of lanes that the node owns, to be held in its memory.
// Those of an endpoint are without the URL, which it has. Nothing is written: the owner
// alone takes from its lanes and says what it has.
func (s *Store) DuePages(ctx context.Context, now time.Time, node string, pages []taskhook.LanePage) ([]taskhook.LaneDue, error) {
	found, lanes, err := s.db.duePages(ctx, ms(now), pages)
	if err != nil {
		return nil, err
	}
	return duesOf(node, pages, found, lanes), nil
}

// duesOf sorts what was found by lanes, as far as those are the node's.
func duesOf(node string, pages []taskhook.LanePage, found []taskhook.Outgoing, lanes []*laneRow) []taskhook.LaneDue {
	dues := make([]taskhook.LaneDue, len(pages))
	byLane := make(map[string]*taskhook.LaneDue, len(pages))
	for i, p := range pages {
		dues[i] = taskhook.LaneDue{Lane: p.Lane, Epoch: p.Epoch, Lost: true}
		byLane[p.Lane] = &dues[i]
	}
	for _, l := range lanes {
		due := byLane[l.id]
		due.Lost = l.owner != node || l.epoch != due.Epoch || l.held
		due.Next = atOrZero(l.nextDue)
	}
	for _, d := range found {
		if due := byLane[d.LaneID]; !due.Lost {
			d.Epoch = due.Epoch
			due.Deliveries = append(due.Deliveries, d)
		}
	}
	for i := range dues {
		cut(&dues[i], pages[i].Limit)
	}
	return dues
}

// cut puts a page in order, which a join does not promise, and leaves the rest for the
// next one.
func cut(due *taskhook.LaneDue, limit int) {
	slices.SortFunc(due.Deliveries, func(a, b taskhook.Outgoing) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID))
	})
	if len(due.Deliveries) > limit {
		due.Next = due.Deliveries[limit].DueAt
		due.Deliveries = due.Deliveries[:limit:limit]
	}
}

// selectLaneStates reads what scanLaneRow does, but for when the first delivery of the
// lane falls due after $1, of those that are not in its owner's memory: what is there
// is due.
const selectLaneStates = `SELECT l.id, l.owner, l.epoch, l.held, (SELECT due_at FROM deliveries WHERE lane = l.id AND state = 'pending'
	AND due_at > $1 AND claim <> l.epoch ORDER BY due_at, id LIMIT 1) FROM lanes l WHERE l.id `
