package bench

import "context"

// burst publishes events one by one, as fast as they are accepted, to one endpoint,
// until all have arrived; before that and after it the raw sender posts as many.
func burst(ctx context.Context, r *run) (figures, error) {
	return r.compare(ctx, r.publishing(r.Publishes, eventType))
}

// spread publishes each event to another one of many endpoints.
func spread(ctx context.Context, r *run) (figures, error) {
	return r.compare(ctx, r.publishing(r.Publishes, numbered(r.some())...))
}

// fanout publishes few events, each to many endpoints.
func fanout(ctx context.Context, r *run) (figures, error) {
	f := r.publishing(max(1, r.Publishes/r.some()), eventType)
	f.wants = same(r.some())
	f.webhooks = f.work.Requests * r.some()
	return r.compare(ctx, f)
}

// some is how many endpoints spread and fanout have.
func (r *run) some() int { return max(1, r.Receivers/10) }

// compare sends a flow through a server, and before and after it as many webhooks by
// the raw sender: what counts is the mean of the two, for the machine's speed drifts.
func (r *run) compare(ctx context.Context, f flow) (got figures, err error) {
	before, err := r.yardstick(ctx, f.webhooks)
	if err != nil {
		return nil, err
	}
	p, err := r.through(ctx, func(*receiver) flow { return f })
	if err != nil {
		return nil, err
	}
	after, err := r.yardstick(ctx, f.webhooks)
	if err != nil {
		return nil, err
	}
	raw := passage{took: (before.took + after.took) / 2, loader: (before.loader + after.loader) / 2, receiver: (before.receiver + after.receiver) / 2}
	n := f.webhooks
	got.addRatio("", n, p, raw)
	got.add("taskhook accepts", "requests/s", perSecond(f.work.Requests, p.FinishedAt.Sub(p.StartedAt)))
	got.addTime("answered, half within", p.P50)
	got.addTime("answered, 99 % within", p.P99)
	got.addCost("", n, p)
	got.add("CPU of the generator", "µs/webhook", micros(p.loader, n))
	got.add("CPU of the receiver", "µs/webhook", micros(p.receiver, n))
	got.add("CPU of the raw sender", "µs/webhook", micros(raw.loader, n))
	got.add("CPU of its receiver", "µs/webhook", micros(raw.receiver, n))
	got.addTime("start to ready", p.ready)
	got.addBytes("idle memory", p.idle, p.metered)
	got.addBytes("peak memory", p.peak, p.metered)
	return got, nil
}

// addRatio adds how fast n webhooks came through, beside the raw sender. Of several
// such the name begins with who.
func (f *figures) addRatio(who string, n int, p, raw passage) {
	f.add(who+"ratio to the raw sender", "", perSecond(n, p.took)/perSecond(n, raw.took))
	f.add(who+"taskhook delivers", "webhooks/s", perSecond(n, p.took))
	f.add(who+"raw sender", "webhooks/s", perSecond(n, raw.took))
}

// addCost adds the CPU time of the server, and that of a database that is not in it.
func (f *figures) addCost(who string, n int, p passage) {
	if p.metered {
		f.add(who+"CPU of taskhook", "µs/webhook", micros(p.server, n))
	}
	if p.shared {
		f.add(who+"CPU of PostgreSQL", "µs/webhook", micros(p.postgres, n))
		f.add(who+"CPU of both", "µs/webhook", micros(p.server+p.postgres, n))
	}
}
