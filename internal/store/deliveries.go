package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// The columns of a delivery. That of an endpoint goes where its endpoint is now.
const (
	deliveryColumns = idColumns + `coalesce(nullif(d.url, ''), p.url, ''), ` + stateColumns +
		`d.state = 'pending' AND coalesce(p.state, 'active') <> 'active', ` + timeColumns
	idColumns    = `d.id, d.account, d.event, d.event_type, d.subject, d.endpoint, d.lane, `
	stateColumns = `d.state, d.attempts, d.schedule, d.test, d.replay_of, d.replay, `
	timeColumns  = `d.last_error, d.last_class, d.due_at, d.created_at, d.finished_at`
)

const (
	onlyDeliveries = ` FROM deliveries d `
	joinEndpoints  = `LEFT JOIN endpoints p ON p.id = d.endpoint `
	fromDeliveries = onlyDeliveries + joinEndpoints
)

// What reads deliveries with the bytes that they send.
const (
	outgoingColumns = `, coalesce(d.body, e.body)`
	joinEvents      = `JOIN events e ON e.id = d.event `
	selectOutgoing  = `SELECT ` + deliveryColumns + outgoingColumns + fromDeliveries + joinEvents
)

// selectPage reads them for the owner of their lanes, which knows the endpoints and
// that none is held.
func selectPage(deliveries string) string {
	return `SELECT ` + idColumns + `d.url, ` + stateColumns + `1 = 0, ` + timeColumns + outgoingColumns + ` FROM ` + deliveries + ` d ` + joinEvents
}

func deliveryFields(d *taskhook.Delivery, times *deliveryTimes) []any {
	return []any{&d.ID, &d.AccountID, &d.EventID, &d.EventType, &d.Subject, &d.EndpointID, &d.LaneID, &d.URL,
		&d.State, &d.Attempts, &times.schedule, &d.Test, &d.ReplayOf, &d.ReplayID, &d.Held, &d.LastError, &d.LastClass,
		&times.due, &times.created, &times.finished}
}

// deliveryTimes are the columns that need a conversion.
type deliveryTimes struct {
	schedule     string
	due, created int64
	finished     *int64
}

func (c *deliveryTimes) set(d *taskhook.Delivery) (err error) {
	d.DueAt, d.CreatedAt, d.FinishedAt = at(c.due), at(c.created), atOrZero(c.finished)
	d.Schedule, err = taskhook.ParseSchedule(c.schedule)
	return err
}

func scanDelivery(r scanner) (d taskhook.Delivery, err error) {
	var times deliveryTimes
	if err := r.Scan(deliveryFields(&d, &times)...); err != nil {
		return d, err
	}
	return d, times.set(&d)
}

func scanOutgoing(r scanner) (o taskhook.Outgoing, err error) {
	var times deliveryTimes
	if err := r.Scan(append(deliveryFields(&o.Delivery, &times), &o.Body)...); err != nil {
		return o, err
	}
	return o, times.set(&o.Delivery)
}

// Delivery returns a delivery of the account.
func (s *Store) Delivery(ctx context.Context, account, id string) (taskhook.Delivery, error) {
	d, ok, err := first(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+fromDeliveries+`WHERE d.id = $1 AND d.account = $2`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no delivery %s in this account.", id)
	}
	return d, err
}

// Outgoing returns a delivery of the account with the bytes that it sends.
func (s *Store) Outgoing(ctx context.Context, account, id string) (taskhook.Outgoing, error) {
	d, ok, err := first(ctx, s.db, scanOutgoing, selectOutgoing+`WHERE d.id = $1 AND d.account = $2`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no delivery %s in this account.", id)
	}
	return d, err
}

// Deliveries lists deliveries, newest first.
func (s *Store) Deliveries(ctx context.Context, f taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error) {
	scope, filter := deliveryConditions(f)
	return list(ctx, s.db, listing[taskhook.Delivery]{
		columns: deliveryColumns, from: onlyDeliveries, joins: joinEndpoints, id: "d.id", scope: scope, filter: filter, page: f.Page, scan: scanDelivery,
		cursor: func(d taskhook.Delivery) string { return d.ID },
	})
}

// deliveryConditions are those of a filter, to be looked for by an index and to be
// looked at in each row.
func deliveryConditions(f taskhook.DeliveryFilter) (scope, filter conditions) {
	scope.add("d.account = ?", f.AccountID)
	scope.addIf(f.EndpointID != "", "d.endpoint = ? AND d.endpoint <> ''", f.EndpointID) // as its partial index says
	scope.addIf(f.ReplayID != "", "d.replay = ? AND d.replay <> ''", f.ReplayID)
	scope.addIf(f.EventID != "", "d.event = ?", f.EventID)
	scope.addIf(f.Subject != "", `d.id IN (SELECT id FROM deliveries WHERE event IN
		(SELECT id FROM events WHERE subject = ? AND subject <> ''))`, f.Subject)
	failing := &scope // indexes lead to what failed; but an event has few deliveries
	if f.EventID != "" || f.Subject != "" || f.ReplayID != "" {
		failing = &filter
	}
	failing.addIf(f.Failing || f.LastClass != "" || f.State == taskhook.DeliveryFailed, "d.last_class <> ''")
	scope.addIf(!f.From.IsZero(), "d.id >= ?", taskhook.FloorID(taskhook.PrefixDelivery, f.From))
	scope.addIf(!f.To.IsZero(), "d.id < ?", taskhook.FloorID(taskhook.PrefixDelivery, f.To))
	filter.addIf(f.State != "", "d.state = ?", string(f.State))
	filter.addIf(f.EventType != "", "d.event_type = ?", f.EventType)
	filter.addIf(f.LastClass != "", "d.last_class = ?", string(f.LastClass))
	return scope, filter
}

// Attempts returns the attempts of a delivery of the account, in order.
func (s *Store) Attempts(ctx context.Context, account, delivery string) ([]taskhook.Attempt, error) {
	if _, err := s.Delivery(ctx, account, delivery); err != nil {
		return nil, err
	}
	return collect(ctx, s.db, scanAttempt, `SELECT delivery, number, started_at, duration, status, class, error, response, retry_after
		FROM attempts WHERE delivery = $1 ORDER BY number`, delivery)
}

func scanAttempt(r scanner) (a taskhook.Attempt, err error) {
	var started, duration, retryAfter int64
	err = r.Scan(&a.DeliveryID, &a.Number, &started, &duration, &a.Status, &a.Class, &a.Error, &a.Response, &retryAfter)
	a.StartedAt = at(started)
	a.Duration = time.Duration(duration) * time.Microsecond
	a.RetryAfter = time.Duration(retryAfter) * time.Millisecond
	return a, err
}

// Event returns an event of the account.
func (s *Store) Event(ctx context.Context, account, id string) (taskhook.Event, error) {
	e, ok, err := first(ctx, s.db, func(r scanner) (e taskhook.Event, err error) {
		var created int64
		err = r.Scan(&e.Seq, &e.ID, &e.AccountID, &e.Type, &e.Subject, &e.Body, &created)
		e.CreatedAt = at(created)
		return e, err
	}, `SELECT seq, id, account, type, subject, body, created_at FROM events WHERE id = $1 AND account = $2`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no event %s in this account.", id)
	}
	return e, err
}
