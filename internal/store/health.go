package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// EndpointHealth returns how an endpoint of the account fares.
func (s *Store) EndpointHealth(ctx context.Context, now time.Time, account, id string) (h taskhook.EndpointHealth, err error) {
	if h.Endpoint, err = s.Endpoint(ctx, account, id); err != nil {
		return h, err
	}
	if err := s.addStanding(ctx, &h); err != nil {
		return h, err
	}
	if h.Traffic, err = s.traffic(ctx, now, account, id); err != nil {
		return h, err
	}
	h.Pending, _, err = first(ctx, s.db, scanInto[int], `SELECT count(*) FROM (SELECT 1 FROM deliveries
		WHERE lane = $1 AND state = 'pending' LIMIT $2) AS counted`, h.Endpoint.LaneID, taskhook.MaxTotal)
	if err != nil || h.Pending == 0 {
		return h, err
	}
	due, _, err := first(ctx, s.db, scanInto[*int64],
		`SELECT min(due_at) FROM deliveries WHERE lane = $1 AND state = 'pending'`, h.Endpoint.LaneID)
	if h.OldestDue = atOrZero(due); err != nil {
		return h, err
	}
	_, _, err = first(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var rest *int64
		err = r.Scan(&rest, &h.Rest.Trips)
		h.Rest.Until = atOrZero(rest)
		return struct{}{}, err
	}, `SELECT rest_until, trips FROM lanes WHERE id = $1`, h.Endpoint.LaneID)
	return h, err
}

// addStanding adds what the last attempts met.
func (s *Store) addStanding(ctx context.Context, h *taskhook.EndpointHealth) error {
	_, _, err := first(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var success, failure *int64
		last := taskhook.Failure{}
		if err := r.Scan(&success, &failure, &last.Class, &last.Status, &last.Error, &h.Failures); err != nil {
			return struct{}{}, err
		}
		h.LastSuccess, last.At = atOrZero(success), atOrZero(failure)
		if failure != nil {
			h.LastFailure = &last
		}
		return struct{}{}, nil
	}, `SELECT success_at, failure_at, class, status, error, failures FROM endpoint_health WHERE endpoint = $1`, h.Endpoint.ID)
	return err
}

// traffic sums up the counters of a day that ends with the present minute.
func (s *Store) traffic(ctx context.Context, now time.Time, account, endpoint string) (d taskhook.DayTraffic, err error) {
	start := dayBefore(now)
	for i := range d {
		d[i].Start = start.Add(time.Duration(i) * time.Hour)
	}
	_, err = collect(ctx, s.db, func(r scanner) (_ struct{}, err error) {
		var hour, attempts, ended int
		var class taskhook.Class
		if err := r.Scan(&hour, &class, &attempts, &ended); err != nil {
			return struct{}{}, err
		}
		d[min(hour, len(d)-1)].Add(class, attempts, ended) // a clock may have been set back
		return struct{}{}, nil
	}, `SELECT (minute - $1) / 3600000 AS hour, class, sum(attempts), sum(ended) FROM attempt_counts
		WHERE account = $2 AND endpoint = $3 AND minute >= $4 GROUP BY hour, class`, ms(start), account, endpoint, ms(start))
	return d, err
}

// dayBefore is the beginning of the day that ends with the minute of now.
func dayBefore(now time.Time) time.Time { return at(minuteOf(now)).Add(time.Minute - 24*time.Hour) }

// Overview returns how an account fares. How its tasks ended is in its Usage.
func (s *Store) Overview(ctx context.Context, now time.Time, account string) (o taskhook.Overview, err error) {
	if o.Unfinished, err = openRuns(ctx, s.db, account, taskhook.MaxTotal); err != nil {
		return o, err
	}
	if o.Pending, err = pendingDeliveries(ctx, s.db, account, taskhook.MaxTotal); err != nil {
		return o, err
	}
	o.Traffic, err = s.traffic(ctx, now, account, everyEndpoint)
	return o, err
}
