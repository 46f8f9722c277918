package bench

import (
	"context"
	"errors"
	"time"

	"github.com/taskhook/taskhook/client"
)

// restart publishes to a paused endpoint, kills the server, starts it again on what
// is left, and lets the backlog go.
func restart(ctx context.Context, r *run) (got figures, err error) {
	to, err := r.startReceiver(ctx)
	if err != nil {
		return nil, err
	}
	first, err := r.serve(ctx)
	if err != nil {
		return nil, err
	}
	hook, err := r.fill(ctx, first, to)
	if err := errors.Join(err, first.kill()); err != nil {
		return nil, err
	}
	second, err := r.serve(ctx)
	if err != nil {
		return nil, err
	}
	took, err := second.release(ctx, hook, to, r.Publishes)
	if err != nil {
		return nil, err
	}
	peak, ok := memory(second.cmd.Process.Pid, residentPeak)
	got.addTime("start to ready with a backlog", second.ready)
	got.add("backlog delivered", "webhooks/s", perSecond(r.Publishes, took))
	got.addBytes("peak memory", peak, ok)
	if err := second.stop(); err != nil {
		return nil, err
	}
	_, err = to.finish(r.Publishes)
	return got, err
}

// fill makes a backlog of a paused endpoint.
func (r *run) fill(ctx context.Context, s *server, to *receiver) (hook string, err error) {
	made, err := s.register(ctx, to.url)
	if err != nil {
		return "", err
	}
	active := false
	if _, err := s.api.UpdateWebhook(ctx, made.ID, client.WebhookChange{Active: &active}); err != nil {
		return "", err
	}
	from, err := r.startLoader(ctx, roleGenerator, s.url+"/api/v1/events", key)
	if err != nil {
		return "", err
	}
	_, _, err = from.run()
	return made.ID, err
}

// release lets a backlog go and returns the time until all of it has arrived.
func (s *server) release(ctx context.Context, hook string, to *receiver, expect int) (time.Duration, error) {
	start, active := time.Now(), true
	if _, err := s.api.UpdateWebhook(ctx, hook, client.WebhookChange{Active: &active}); err != nil {
		return 0, err
	}
	arrived, err := to.completed(ctx, expect)
	return arrived.Sub(start), err
}
