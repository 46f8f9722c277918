package bench

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// isolationRate is how many events a second are published, over all endpoints.
const isolationRate = 500

// isolation publishes at a steady rate to endpoints of which a tenth takes webhooks and
// never answers, and compares what the others notice with the same without such.
func isolation(ctx context.Context, r *run) (got figures, err error) {
	for _, endpoints := range []int{10, max(20, r.Receivers)} {
		hang := endpoints / 10
		both, err := r.abreast(ctx, [2]flow{r.steady(endpoints, 0), r.steady(endpoints, hang)})
		if err != nil {
			return nil, fmt.Errorf("%d of %d endpoints hang: %w", hang, endpoints, err)
		}
		calm, beside := both[0], both[1]
		who := fmt.Sprintf("%d of %d hang: ", hang, endpoints)
		got.add(who+"99 % of arrivals against none hanging", "×", float64(beside.arrived.P99)/float64(calm.arrived.P99))
		got.addTime(who+"arrived, 99 % within", beside.arrived.P99)
		got.addTime(who+"the same, none hangs", calm.arrived.P99)
		got.addTime(who+"arrived, half within", beside.arrived.P50)
		got.addTime(who+"half, none hangs", calm.arrived.P50)
		if beside.metered {
			got.add(who+"CPU of taskhook against none hanging", "×", float64(beside.server)/float64(calm.server))
		}
	}
	return got, nil
}

// steady is a flow to endpoints in turn, at the rate, of which some hang. What arrives
// is what the others are owed.
func (r *run) steady(endpoints, hang int) flow {
	turns := max(1, r.Publishes/5/endpoints)
	f := r.publishing(turns*endpoints, numbered(endpoints)...)
	f.work.Rate, f.hang, f.owed = isolationRate, hang, turns*hang
	f.webhooks -= f.owed
	return f
}

// abreast sends two flows through servers of their own at the same time, so that both
// meet the same moods of the machine and its disk, which differ by more from one minute
// to the next than what is to be seen.
func (r *run) abreast(ctx context.Context, flows [2]flow) (both [2]passage, err error) {
	var stages [2]*stage
	var loaders [2]*loader
	for i, f := range flows {
		if stages[i], err = r.stage(ctx, func(*receiver) flow { return f }); err != nil {
			return both, err
		}
		if loaders[i], err = r.aim(ctx, f, []*server{stages[i].server}); err != nil {
			return both, err
		}
	}
	pause(ctx, r.Settle)
	group, shooting := errgroup.WithContext(ctx)
	for i, s := range stages {
		group.Go(func() (err error) {
			both[i], err = r.shoot(shooting, loaders[i], s.flow, s.to, []*server{s.server})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return both, err
	}
	for i, s := range stages {
		if err := s.close(ctx, &both[i]); err != nil {
			return both, err
		}
	}
	return both, nil
}
