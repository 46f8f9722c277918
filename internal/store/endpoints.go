package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

const endpointColumns = `id, account, url, description, events, state, reason, schedule, rate, max_in_flight, secrets, lane, created_at, updated_at`

func (s *Store) scanEndpoint(r scanner) (e taskhook.Endpoint, err error) {
	var events string
	var schedule *string
	var sealed []byte
	var created, updated int64
	if err := r.Scan(&e.ID, &e.AccountID, &e.URL, &e.Description, &events, &e.State, &e.Reason, &schedule,
		&e.Rate, &e.MaxInFlight, &sealed, &e.LaneID, &created, &updated); err != nil {
		return e, err
	}
	e.CreatedAt, e.UpdatedAt = at(created), at(updated)
	if err := setSubscription(&e, events, schedule); err != nil {
		return e, err
	}
	plain, err := s.sealer.Open(e.ID, sealed)
	if err != nil {
		return e, fmt.Errorf("open the secrets of %s: %w", e.ID, err)
	}
	return e, json.Unmarshal(plain, &e.Secrets)
}

func scanSubscriber(r scanner) (e taskhook.Endpoint, err error) {
	var events string
	var schedule *string
	if err := r.Scan(&e.ID, &e.URL, &events, &schedule, &e.LaneID, &e.State); err != nil {
		return e, err
	}
	return e, setSubscription(&e, events, schedule)
}

func setSubscription(e *taskhook.Endpoint, events string, schedule *string) (err error) {
	e.Events = strings.Split(events, " ")
	if schedule != nil {
		e.Schedule, err = taskhook.ParseSchedule(*schedule)
	}
	return err
}

// endpointValues are the columns that CreateEndpoint and UpdateEndpoint write.
func (s *Store) endpointValues(e *taskhook.Endpoint) ([]any, error) {
	plain, err := json.Marshal(e.Secrets)
	if err != nil {
		return nil, err
	}
	var schedule any
	if e.Schedule != nil {
		schedule = e.Schedule.String()
	}
	return []any{e.URL, e.Description, strings.Join(e.Events, " "), string(e.State), e.Reason, schedule,
		e.Rate, e.MaxInFlight, s.sealer.Seal(e.ID, plain), ms(e.UpdatedAt), flag(e.Follows()), e.ID, e.AccountID}, nil
}

// CreateEndpoint stores an endpoint with its lane. After an error it can be
// repeated.
func (s *Store) CreateEndpoint(ctx context.Context, e taskhook.Endpoint) error {
	values, err := s.endpointValues(&e)
	if err != nil {
		return err
	}
	return s.update(ctx, s.kinds.createEndpoint, func(ctx context.Context, t tx) error {
		n, _, err := first(ctx, t, scanInto[int], `SELECT count(*) FROM endpoints WHERE account = $1 AND deleted_at IS NULL AND id <> $2`,
			e.AccountID, e.ID)
		if err != nil {
			return err
		}
		if n >= taskhook.MaxEndpoints {
			return taskhook.Errorf(taskhook.CodeConflict, "This account has %d webhooks, which is as many as there can be; delete one that is not needed.", n)
		}
		made, err := t.exec(ctx, `INSERT INTO endpoints (url, description, events, state, reason, schedule, rate, max_in_flight,
			secrets, updated_at, follows, id, account, lane, created_at) VALUES (`+marks(1, 15)+`) ON CONFLICT (id) DO NOTHING`,
			append(values, e.LaneID, ms(e.CreatedAt))...)
		if err != nil || made == 0 {
			return err
		}
		if err := changeSubscribers(ctx, t); err != nil {
			return err
		}
		return insertLane(ctx, t, e.LaneID, e.AccountID, e.ID, e.CreatedAt)
	})
}

// Endpoint returns an endpoint of the account.
func (s *Store) Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error) {
	return s.endpoint(ctx, s.db, account, id)
}

func (s *Store) endpoint(ctx context.Context, r reader, account, id string) (taskhook.Endpoint, error) {
	e, ok, err := first(ctx, r, s.scanEndpoint, `SELECT `+endpointColumns+` FROM endpoints
		WHERE id = $1 AND account = $2 AND deleted_at IS NULL`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no webhook %s in this account.", id)
	}
	return e, err
}

// LaneEndpoints returns the endpoints of lanes, for their owner; those that were
// deleted are left out.
func (s *Store) LaneEndpoints(ctx context.Context, lanes []string) ([]taskhook.Endpoint, error) {
	if len(lanes) == 0 {
		return nil, nil
	}
	args := make([]any, len(lanes))
	for i, lane := range lanes {
		args[i] = lane
	}
	return collect(ctx, s.db, s.scanEndpoint, `SELECT `+endpointColumns+` FROM endpoints
		WHERE deleted_at IS NULL AND lane IN (`+marks(1, len(lanes))+`)`, args...)
}

// Endpoints lists endpoints, newest first.
func (s *Store) Endpoints(ctx context.Context, f taskhook.EndpointFilter) (taskhook.List[taskhook.Endpoint], error) {
	var scope, filter conditions
	scope.add("account = ?", f.AccountID)
	scope.add("deleted_at IS NULL")
	filter.addIf(f.State != "", "state = ?", string(f.State))
	return list(ctx, s.db, listing[taskhook.Endpoint]{
		columns: endpointColumns, from: ` FROM endpoints`, id: "id", scope: scope, filter: filter, page: f.Page, scan: s.scanEndpoint,
		cursor: func(e taskhook.Endpoint) string { return e.ID },
	})
}

// UpdateEndpoint lets change edit an endpoint of the account, in one transaction,
// perhaps more than once, and returns it as it became. Its lane is held while the
// endpoint is not active; afterwards what has fallen due meanwhile is due, and a
// rest is over.
func (s *Store) UpdateEndpoint(ctx context.Context, now time.Time, account, id string, change func(*taskhook.Endpoint) error) (e taskhook.Endpoint, err error) {
	err = s.update(ctx, s.kinds.updateEndpoint, func(ctx context.Context, t tx) (err error) {
		if e, err = s.endpoint(ctx, t, account, id); err != nil {
			return err
		}
		was := e.State
		if err := change(&e); err != nil {
			return err
		}
		e.UpdatedAt = now
		values, err := s.endpointValues(&e)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE endpoints SET url = $1, description = $2, events = $3, state = $4, reason = $5,
			schedule = $6, rate = $7, max_in_flight = $8, secrets = $9, updated_at = $10, follows = $11 WHERE id = $12 AND account = $13`, values...); err != nil {
			return err
		}
		if err := changeSubscribers(ctx, t); err != nil {
			return err
		}
		if err := s.rouse(ctx, t, e.LaneID); err != nil {
			return err
		}
		if was == e.State {
			return nil
		}
		return holdLane(ctx, t, e.LaneID, e.State != taskhook.EndpointActive)
	})
	s.refresh(e.LaneID)
	return e, err
}

// refresh has the owner of a lane look again, also after an error, for the change
// may have been made.
func (s *Store) refresh(lane string) {
	if lane != "" {
		s.member.get().inbox.Refresh(lane, false)
	}
}

// holdLane stops or starts a lane. Its owner keeps it until the sends that are in
// flight have been recorded, and gives it up when it learns of this.
func holdLane(ctx context.Context, t tx, lane string, held bool) error {
	_, err := t.exec(ctx, `UPDATE lanes SET held = $1,
		next_due = (SELECT min(due_at) FROM deliveries WHERE lane = lanes.id AND state = 'pending') WHERE id = $2`, flag(held), lane)
	return err
}

// DeleteEndpoint deletes an endpoint of the account and cancels what it is owed.
func (s *Store) DeleteEndpoint(ctx context.Context, now time.Time, account, id string) error {
	var e taskhook.Endpoint
	err := s.update(ctx, s.kinds.deleteEndpoint, func(ctx context.Context, t tx) (err error) {
		e, err = s.endpoint(ctx, t, account, id)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE endpoints SET deleted_at = $1 WHERE id = $2`, ms(now), id); err != nil {
			return err
		}
		if err := changeSubscribers(ctx, t); err != nil {
			return err
		}
		if err := holdLane(ctx, t, e.LaneID, true); err != nil {
			return err
		}
		if err := s.markChanged(ctx, t, e.LaneID); err != nil {
			return err
		}
		_, err = cancelDeliveries(ctx, t, now, e.LaneID, deletedReason)
		return err
	})
	s.refresh(e.LaneID)
	return err
}

// cancelBite is how many deliveries a transaction cancels.
const (
	cancelBite    = 1000
	deletedReason = "The webhook was deleted."
)

func cancelDeliveries(ctx context.Context, t tx, now time.Time, lane, why string) (int64, error) {
	return t.exec(ctx, `UPDATE deliveries SET state = 'cancelled', claim = 0, finished_at = $1, last_error = $2, last_class = ''
		WHERE id IN (SELECT id FROM deliveries WHERE lane = $3 AND state = 'pending' ORDER BY due_at, id LIMIT $4)
		AND state = 'pending'`, ms(now), why, lane, cancelBite)
}

// CancelOrphans goes on with the deliveries of deleted endpoints, one bite at a
// time, and returns how many it cancelled; 0: none are left.
func (s *Store) CancelOrphans(ctx context.Context, now time.Time) (cancelled int64, err error) {
	err = s.update(ctx, s.kinds.cancelOrphans, func(ctx context.Context, t tx) error {
		cancelled = 0
		for cancelled == 0 {
			lane, ok, err := first(ctx, t, scanInto[string], `SELECT l.id FROM lanes l JOIN endpoints p ON p.lane = l.id
				WHERE l.held = 1 AND l.next_due IS NOT NULL AND p.deleted_at IS NOT NULL LIMIT 1`)
			if err != nil || !ok {
				return err
			}
			if cancelled, err = cancelDeliveries(ctx, t, now, lane, deletedReason); err != nil || cancelled == cancelBite {
				return err
			}
			if _, err = t.exec(ctx, `UPDATE lanes SET next_due = NULL WHERE id = $1`, lane); err != nil {
				return err
			}
		}
		return nil
	})
	return cancelled, err
}
