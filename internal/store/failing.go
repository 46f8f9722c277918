package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// FailingEndpoints returns up to limit active endpoints whose last attempt failed
// and that have accepted nothing for so long, or whose receiver has said with that
// attempt that it is gone; those that fail for the longest time first.
func (s *Store) FailingEndpoints(ctx context.Context, long time.Duration, limit int) ([]taskhook.FailingEndpoint, error) {
	return collect(ctx, s.db, func(r scanner) (f taskhook.FailingEndpoint, err error) {
		var since, last int64
		var warned *int64
		err = r.Scan(&f.ID, &f.AccountID, &f.URL, &f.LaneID, &since, &last, &f.Last.Class, &f.Last.Status, &f.Last.Error, &warned)
		f.Since, f.Last.At, f.Warned = at(since), at(last), atOrZero(warned)
		return f, err
	}, `SELECT e.id, e.account, e.url, e.lane, h.failing_since, h.failure_at, h.class, h.status, h.error, h.warned_at
		FROM endpoint_health h JOIN endpoints e ON e.id = h.endpoint
		WHERE h.failing_since IS NOT NULL AND e.state = 'active' AND e.deleted_at IS NULL
			AND (h.failure_at - h.failing_since >= $1 OR h.class = 'gone')
		ORDER BY h.failing_since LIMIT $2`, long.Milliseconds(), limit)
}

// noted is the item of a notice.
type noted struct {
	*taskhook.EndpointNotice
	store       *Store
	publication *publication
}

// NoteEndpoint stores a notice with its event: the endpoint is disabled, and what it
// is owed is held, or its account counts as warned. It is stale, and changes
// nothing, when the endpoint has accepted something since, is not active any more, or
// was warned about before. After an error it can be repeated.
func (s *Store) NoteEndpoint(ctx context.Context, now time.Time, n *taskhook.EndpointNotice) error {
	err := s.writes.do(ctx, s.kinds.noteEndpoint, &noted{n, s, s.newPublication(now, n.Publication)})
	if n.Disables() {
		s.refresh(n.LaneID)
	}
	return err
}

// announced is of ending.
func (n *noted) announced() *publication {
	if n.Stale {
		return nil
	}
	return n.publication
}

func (n *noted) end(ctx context.Context, t tx) error {
	changed, err := t.exec(ctx, `UPDATE endpoint_health SET warned_at = $1 WHERE endpoint = $2 AND failing_since = $3
		AND ($4 = 1 OR warned_at IS NULL) AND EXISTS (SELECT 1 FROM endpoints WHERE id = $5 AND state = 'active' AND deleted_at IS NULL)`,
		ms(n.At), n.ID, ms(n.Since), flag(n.Disables()), n.ID)
	if n.Stale = changed == 0; err != nil || n.Stale || !n.Disables() {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE endpoints SET state = $1, reason = $2, updated_at = $3 WHERE id = $4`,
		string(taskhook.EndpointDisabled), n.Reason(), ms(n.At), n.ID); err != nil {
		return err
	}
	if err := changeSubscribers(ctx, t); err != nil {
		return err
	}
	if err := holdLane(ctx, t, n.LaneID, true); err != nil {
		return err
	}
	return n.store.markChanged(ctx, t, n.LaneID)
}

// DropDeliveries cancels up to a bite of what is owed to an endpoint of the account
// that is not active, and returns how many that were; 0: none are left.
func (s *Store) DropDeliveries(ctx context.Context, now time.Time, account, id string) (dropped int64, err error) {
	err = s.update(ctx, s.kinds.dropDeliveries, func(ctx context.Context, t tx) error {
		e, err := s.endpoint(ctx, t, account, id)
		if err != nil {
			return err
		}
		if e.State == taskhook.EndpointActive {
			return taskhook.Errorf(taskhook.CodeConflict, "The webhook is active; pause it before you drop what it is owed.")
		}
		if dropped, err = cancelDeliveries(ctx, t, now, e.LaneID, "Dropped on request."); err != nil || dropped > 0 {
			return err
		}
		return holdLane(ctx, t, e.LaneID, true) // with nothing due
	})
	return dropped, err
}
