package bench

import (
	"context"
	"time"

	"github.com/taskhook/taskhook/client"
)

// burst publishes events one by one, as fast as they are accepted, to one endpoint,
// until all have arrived; before that the raw sender posts as many.
func burst(ctx context.Context, r *run) (got figures, err error) {
	raw, err := r.yardstick(ctx)
	if err != nil {
		return nil, err
	}
	b, err := r.burst(ctx)
	if err != nil {
		return nil, err
	}
	n := r.Publishes
	rate := perSecond(n, b.took)
	got.add("ratio to the raw sender", "", rate/perSecond(n, raw.took))
	got.add("raw sender", "webhooks/s", perSecond(n, raw.took))
	got.add("taskhook delivers", "webhooks/s", rate)
	got.add("taskhook accepts", "publishes/s", perSecond(n, b.FinishedAt.Sub(b.StartedAt)))
	got.addTime("publish, half within", b.P50)
	got.addTime("publish, 99 % within", b.P99)
	if b.metered {
		got.add("CPU of taskhook", "µs/webhook", micros(b.server, n))
	}
	got.add("CPU of the generator", "µs/webhook", micros(b.loader, n))
	got.add("CPU of the receiver", "µs/webhook", micros(b.receiver, n))
	got.add("CPU of the raw sender", "µs/webhook", micros(raw.loader, n))
	got.add("CPU of its receiver", "µs/webhook", micros(raw.receiver, n))
	got.addTime("start to ready", b.ready)
	got.addBytes("idle memory", b.idle, b.metered)
	got.addBytes("peak memory", b.peak, b.metered)
	return got, nil
}

// passage is how many webhooks came through, and at what cost.
type passage struct {
	outcome
	took             time.Duration // from the first request to the last arrival
	loader, receiver time.Duration // CPU
}

// yardstick lets the raw sender post straight to a receiver.
func (r *run) yardstick(ctx context.Context) (p passage, err error) {
	to, err := r.startReceiver(ctx)
	if err != nil {
		return p, err
	}
	from, err := r.startLoader(ctx, roleSender, to.url, "")
	if err != nil {
		return p, err
	}
	if p.outcome, p.loader, err = from.run(); err != nil {
		return p, err
	}
	arrived, err := to.completed(ctx, r.Publishes)
	if err != nil {
		return p, err
	}
	p.took = arrived.Sub(p.StartedAt)
	p.receiver, err = to.finish(r.Publishes)
	return p, err
}

// bursting is a passage through taskhook.
type bursting struct {
	passage
	ready      time.Duration
	metered    bool          // the system tells what follows
	server     time.Duration // CPU of the taskhook process alone
	idle, peak int64         // its resident memory
}

func (r *run) burst(ctx context.Context) (b bursting, err error) {
	to, err := r.startReceiver(ctx)
	if err != nil {
		return b, err
	}
	s, err := r.serve(ctx)
	if err != nil {
		return b, err
	}
	if err := b.pass(ctx, r, s, to); err != nil {
		return b, err
	}
	// All that was under way is sent before the server ends, so that no duplicate
	// escapes.
	if err := s.stop(); err != nil {
		return b, err
	}
	b.receiver, err = to.finish(r.Publishes)
	return b, err
}

// pass sends the burst through the server.
func (b *bursting) pass(ctx context.Context, r *run, s *server, to *receiver) error {
	if _, err := s.register(ctx, to.url); err != nil {
		return err
	}
	pause(ctx, r.Settle)
	from, err := r.startLoader(ctx, roleGenerator, s.url+"/api/v1/events", key)
	if err != nil {
		return err
	}
	pid := s.cmd.Process.Pid
	b.ready = s.ready
	b.idle, _ = memory(pid, residentNow)
	before, _ := cpuTime(pid)
	if b.outcome, b.loader, err = from.run(); err != nil {
		return err
	}
	arrived, err := to.completed(ctx, r.Publishes)
	if err != nil {
		return err
	}
	after, ok := cpuTime(pid)
	b.metered, b.server, b.took = ok, after-before, arrived.Sub(b.StartedAt)
	b.peak, _ = memory(pid, residentPeak)
	return nil
}

// register makes the receiver an endpoint that wants all events of the bench.
func (s *server) register(ctx context.Context, url string) (client.Webhook, error) {
	return s.api.CreateWebhook(ctx, client.NewWebhook{URL: url, Events: []string{eventType}})
}
