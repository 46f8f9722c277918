package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// The lane protocol. A lane is the queue of one receiver. Its row is the mutex:
// whoever inserts reads owner and epoch from it, and who makes it idle, deletes
// it or hands it over looks again while holding it. next_due is NULL when idle,
// and otherwise no later than its first pending delivery, so that a lane whose
// owner died is found by it. What is in memory is known to the owner alone, but for
// fresh deliveries, which are inserted with the epoch as their claim: so a page that
// is read while more of them come does not bring those too. Raising the epoch frees
// everything at once, and makes stale what was sent before.

// laneRow is a lane as a publishing transaction sees it.
type laneRow struct {
	id      string
	owner   string
	epoch   int64
	held    bool
	nextDue *int64
	earlier bool // nextDue is not yet stored
}

// dueBy notes a pending delivery.
func (l *laneRow) dueBy(due int64) {
	if l.nextDue == nil || due < *l.nextDue {
		l.nextDue, l.earlier = &due, true
	}
}

func scanLaneRow(r scanner) (l *laneRow, err error) {
	l = &laneRow{}
	var owner *string
	err = r.Scan(&l.id, &owner, &l.epoch, &l.held, &l.nextDue)
	if owner != nil {
		l.owner = *owner
	}
	return l, err
}

// insertLane makes a lane. Its epochs begin at the time, so that those of a lane
// that was collected and is made anew are never used twice.
func insertLane(ctx context.Context, t tx, id, account, endpoint string, now time.Time) error {
	return t.send(ctx, nil, `INSERT INTO lanes (id, account, endpoint, epoch) VALUES ($1, $2, $3, $4)`, id, account, endpoint, ms(now))
}

// laneUse is the first use of a lane in a batch.
type laneUse struct {
	*taskhook.Outgoing
	now time.Time
}

// askedLanes are those of all deliveries of a batch, of which answered tells.
type askedLanes struct {
	uses  []laneUse
	found []*laneRow
}

// askLanes reads the lanes of all deliveries of the batch.
func askLanes(ctx context.Context, t tx, batch []*publication) (*askedLanes, error) {
	a := &askedLanes{}
	seen := map[string]bool{}
	var args []any
	for _, p := range batch {
		for i := range p.Deliveries {
			d := &p.Deliveries[i]
			if !seen[d.LaneID] {
				seen[d.LaneID] = true
				a.uses = append(a.uses, laneUse{d, p.now})
				args = append(args, d.LaneID)
			}
		}
	}
	return a, t.many(ctx, into(&a.found, scanLaneRow), laneRows, args)
}

// answered returns the lanes by id when they are there. Those of origins are made when
// they are first used.
func (a *askedLanes) answered(ctx context.Context, t tx) (map[string]*laneRow, error) {
	lanes := make(map[string]*laneRow, len(a.uses))
	for _, lane := range a.found {
		lanes[lane.id] = lane
	}
	for _, use := range a.uses {
		if lanes[use.LaneID] != nil {
			continue
		}
		lanes[use.LaneID] = &laneRow{id: use.LaneID}
		if err := insertLane(ctx, t, use.LaneID, use.AccountID, use.EndpointID, use.now); err != nil {
			return nil, err
		}
	}
	return lanes, nil
}

// wakeLanes stores that idle lanes, and those that were due later, are due.
func wakeLanes(ctx context.Context, t tx, lanes map[string]*laneRow) error {
	var args []any
	for _, id := range slices.Sorted(maps.Keys(lanes)) {
		if lanes[id].earlier {
			args = append(args, id, *lanes[id].nextDue)
		}
	}
	return t.many(ctx, nil, wokenRows, args)
}

// ClaimLanes makes the node the owner of up to limit free lanes that are due, and
// returns them with the time at which the next free lane falls due, zero when
// none does. Lanes that a call with an error may have claimed come free by the next.
func (s *Store) ClaimLanes(ctx context.Context, now time.Time, node string, limit int) ([]taskhook.OwnedLane, time.Time, error) {
	var lanes []taskhook.OwnedLane
	var next time.Time
	take := func(ctx context.Context, t tx) (err error) {
		lanes, err = collect(ctx, t, scanOwnedLane, `UPDATE lanes SET owner = $1, epoch = epoch + 1 WHERE id IN (SELECT id FROM lanes
			WHERE owner IS NULL AND held = 0 AND next_due IS NOT NULL AND next_due <= $2 ORDER BY next_due LIMIT $3)
			RETURNING id, account, endpoint, epoch, rest_until, trips`, node, ms(now), limit)
		if err != nil {
			return err
		}
		due, err := nextFreeLane(ctx, t)
		next = atOrZero(due)
		return err
	}
	free := func(ctx context.Context, t tx) error {
		for _, l := range lanes {
			if err := t.send(ctx, nil, `UPDATE lanes SET owner = NULL WHERE id = $1 AND owner = $2 AND epoch = $3`, l.ID, node, l.Epoch); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.writes.do(ctx, s.kinds.claimLanes, &claiming{take, free}); err != nil {
		return nil, time.Time{}, err
	}
	return lanes, next, nil
}

func scanOwnedLane(r scanner) (l taskhook.OwnedLane, err error) {
	var rest *int64
	err = r.Scan(&l.ID, &l.AccountID, &l.EndpointID, &l.Epoch, &rest, &l.Rest.Trips)
	l.Rest.Until = atOrZero(rest)
	return l, err
}

// NextLane returns when the next free lane falls due; zero: none does.
func (s *Store) NextLane(ctx context.Context) (time.Time, error) {
	due, err := nextFreeLane(ctx, s.db)
	return atOrZero(due), err
}

func nextFreeLane(ctx context.Context, r reader) (*int64, error) {
	due, _, err := first(ctx, r, scanInto[*int64], firstFreeLane)
	return due, err
}

// firstFreeLane is when that is due.
const firstFreeLane = `SELECT min(next_due) FROM lanes WHERE owner IS NULL AND held = 0 AND next_due IS NOT NULL`

// RaiseEpoch frees everything of a lane, when its owner is in doubt about what is in
// its memory or the lane is to rest, and stores that. Ok is false when the node is not
// the owner.
func (s *Store) RaiseEpoch(ctx context.Context, now time.Time, node, lane string, rest taskhook.Rest) (epoch int64, ok bool, err error) {
	err = s.update(ctx, s.kinds.raiseEpoch, func(ctx context.Context, t tx) error {
		var epochs []int64
		if err := t.send(ctx, into(&epochs, scanInto[int64]), `UPDATE lanes SET epoch = epoch + 1,
			next_due = CASE WHEN next_due <= $1 THEN next_due ELSE $2 END, rest_until = $3, trips = $4
			WHERE id = $5 AND owner = $6 RETURNING epoch`, ms(now), ms(now), msOrNil(rest.Until), rest.Trips, lane, node); err != nil {
			return err
		}
		return t.then(func() error {
			if ok = len(epochs) == 1; ok {
				epoch = epochs[0]
			}
			return nil
		})
	})
	return epoch, ok, err
}

// rouse ends the rest of a lane, which its owner is told.
func (s *Store) rouse(ctx context.Context, t tx, lane string) error {
	if err := t.send(ctx, nil, `UPDATE lanes SET rest_until = NULL, trips = 0 WHERE id = $1 AND rest_until IS NOT NULL`, lane); err != nil {
		return err
	}
	return s.markChanged(ctx, t, lane)
}

// SettleLane looks at a lane whose memory is empty: next is when its first pending
// delivery is due, zero when there is none, and the lane row is set to that. With
// release the node also gives the lane up. Ok is false, and nothing is changed,
// when the lane is no longer the node's under the epoch.
func (s *Store) SettleLane(ctx context.Context, node, lane string, epoch int64, release bool) (next time.Time, ok bool, err error) {
	err = s.update(ctx, s.kinds.settleLane, func(ctx context.Context, t tx) error {
		var owner any = node
		if release {
			owner = nil
		}
		var due []*int64
		if err := t.send(ctx, into(&due, scanInto[*int64]), `UPDATE lanes SET owner = $1,
			next_due = (SELECT min(due_at) FROM deliveries WHERE lane = lanes.id AND state = 'pending')
			WHERE id = $2 AND owner = $3 AND epoch = $4 RETURNING next_due`, owner, lane, node, epoch); err != nil {
			return err
		}
		return t.then(func() error {
			if ok = len(due) == 1; !ok {
				return nil
			}
			next = atOrZero(due[0])
			if release && due[0] != nil {
				return s.hint(ctx, t)
			}
			return nil
		})
	})
	return next, ok, err
}

// missed selects free lanes with a due delivery that their row does not show; now
// is its two arguments, numbered from $from on.
func missed(from int) string {
	return fmt.Sprintf(` WHERE owner IS NULL AND held = 0 AND (next_due IS NULL OR next_due > $%d) AND EXISTS (SELECT 1 FROM deliveries
		WHERE deliveries.lane = lanes.id AND deliveries.state = 'pending' AND deliveries.due_at <= $%d)`, from, from+1)
}

// SweepLanes wakes free lanes with due deliveries that their row does not show,
// and returns how many there were. It is a net: the count is 0 unless the
// protocol is broken. The search is long, so it is made outside of a commit.
func (s *Store) SweepLanes(ctx context.Context, now time.Time) (woken int64, err error) {
	lanes, err := collect(ctx, s.db, scanInto[string], `SELECT id FROM lanes`+missed(1), ms(now), ms(now))
	if err != nil || len(lanes) == 0 {
		return 0, err
	}
	err = s.update(ctx, s.kinds.sweepLanes, func(ctx context.Context, t tx) error {
		woken = 0
		for _, lane := range lanes {
			changed, err := t.exec(ctx, `UPDATE lanes SET next_due = $1`+missed(2)+` AND id = $4`, ms(now), ms(now), ms(now), lane)
			if err != nil {
				return err
			}
			woken += changed
		}
		return nil
	})
	return woken, err
}

// CollectLanes deletes up to limit idle lanes of origins that nobody owns.
func (s *Store) CollectLanes(ctx context.Context, limit int) (deleted int64, err error) {
	err = s.update(ctx, s.kinds.collectLanes, func(ctx context.Context, t tx) (err error) {
		deleted, err = t.exec(ctx, `DELETE FROM lanes WHERE id IN (SELECT id FROM lanes
			WHERE owner IS NULL AND endpoint = '' AND next_due IS NULL LIMIT $1)`, limit)
		return err
	})
	return deleted, err
}
