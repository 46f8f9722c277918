package bench

import "context"

// latency finds out how many events a second come through, then publishes half as many
// at planned times. Each is measured from its planned time, on an open loop: one that is
// kept waiting by those before it counts the wait. The first tenth warms up and counts
// for nothing.
func latency(ctx context.Context, r *run) (got figures, err error) {
	full, err := r.through(ctx, func(*receiver) flow { return r.publishing(r.Publishes, eventType) })
	if err != nil {
		return nil, err
	}
	rate := perSecond(r.Publishes, full.took) / 2
	p, err := r.through(ctx, func(*receiver) flow {
		f := r.publishing(r.Publishes, eventType)
		f.work.Rate, f.work.Warm = rate, r.Publishes/10
		return f
	})
	if err != nil {
		return nil, err
	}
	got.addTime("answered, 99 % within", p.P99)
	got.addTime("arrived, 99 % within", p.arrived.P99)
	got.addTime("answered, half within", p.P50)
	got.addTime("arrived, half within", p.arrived.P50)
	got.addTime("answered, 99.9 % within", p.P999)
	got.addTime("arrived, 99.9 % within", p.arrived.P999)
	got.add("half load", "publishes/s", rate)
	got.addCost("", r.Publishes, p)
	return got, nil
}
