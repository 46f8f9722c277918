package bench

import (
	"context"
	"fmt"
)

// isolationRate is how many events a second are published, over all endpoints.
const isolationRate = 500

// isolation publishes at a steady rate to endpoints of which a tenth takes webhooks and
// never answers, and compares what the others notice with the same without such.
func isolation(ctx context.Context, r *run) (got figures, err error) {
	for _, endpoints := range []int{10, max(20, r.Receivers)} {
		hang := endpoints / 10
		calm, err := r.steady(ctx, endpoints, 0)
		if err != nil {
			return nil, err
		}
		beside, err := r.steady(ctx, endpoints, hang)
		if err != nil {
			return nil, fmt.Errorf("%d of %d endpoints hang: %w", hang, endpoints, err)
		}
		who := fmt.Sprintf("%d of %d hang: ", hang, endpoints)
		got.add(who+"99 % of arrivals against none hanging", "×", float64(beside.arrived.P99)/float64(calm.arrived.P99))
		got.addTime(who+"arrived, 99 % within", beside.arrived.P99)
		got.addTime(who+"the same, none hangs", calm.arrived.P99)
		got.addTime(who+"arrived, half within", beside.arrived.P50)
		got.addTime(who+"half, none hangs", calm.arrived.P50)
	}
	return got, nil
}

// steady publishes at the rate to endpoints in turn, of which some hang. What arrives
// is what the others are owed.
func (r *run) steady(ctx context.Context, endpoints, hang int) (passage, error) {
	turns := max(1, r.Publishes/10/endpoints)
	return r.through(ctx, func(*receiver) flow {
		f := r.publishing(turns*endpoints, numbered(endpoints)...)
		f.work.Rate, f.hang, f.owed = isolationRate, hang, turns*hang
		f.webhooks -= f.owed
		return f
	})
}
