package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook/client"
)

// restart publishes to a paused endpoint, lets the backlog go, kills the server in the
// midst of it, and starts it again on what is left. What was on its way at the kill
// arrives twice, as it must; nothing else may.
func restart(ctx context.Context, r *run) (got figures, err error) {
	at, err := r.newPlace(ctx)
	if err != nil {
		return nil, err
	}
	to, err := r.startReceiver(ctx)
	if err != nil {
		return nil, err
	}
	first, err := r.serve(ctx, at)
	if err != nil {
		return nil, err
	}
	if err := r.fillPaused(ctx, first, to); err != nil {
		return nil, err
	}
	before, err := to.completed(ctx, r.Publishes/4)
	if err != nil {
		return nil, err
	}
	killed := time.Now()
	if err := first.kill(); err != nil {
		return nil, err
	}
	if err := to.mark(); err != nil {
		return nil, err
	}
	second, err := r.serve(ctx, at)
	if err != nil {
		return nil, err
	}
	if err := second.settled(ctx); err != nil {
		return nil, err
	}
	came, err := to.completed(ctx, r.Publishes)
	if err != nil {
		return nil, err
	}
	peak, ok := memory(second.cmd.Process.Pid, residentPeak)
	if came.LastAt.After(second.started) {
		got.addTime("kill to first delivery", came.FirstAt.Sub(killed))
		got.add("the rest delivered", "webhooks/s", perSecond(came.Distinct-before.Distinct, came.LastAt.Sub(second.started)))
	} else {
		r.note("all had arrived before the kill: publish more")
	}
	got.addTime("start to ready", second.ready)
	got.addBytes("peak memory", peak, ok)
	if err := second.stop(); err != nil {
		return nil, err
	}
	ended, _, err := to.end()
	if err != nil {
		return nil, err
	}
	got.add("duplicates", "webhooks", float64(ended.Duplicates))
	if ended.Distinct != r.Publishes || ended.Duplicates > mostUnderWay {
		return nil, fmt.Errorf("%d different webhooks and %d duplicates arrived, not %d and at most %d",
			ended.Distinct, ended.Duplicates, r.Publishes, mostUnderWay)
	}
	return got, at.verify(ctx, r.began, r.Publishes, 0)
}

// mostUnderWay is how many webhooks may have arrived at a kill without the database
// saying so: those on their way, and those of the commit after.
const mostUnderWay = 256 + 512

// settled waits until the server owes nothing, what arrived before the kill and was not
// recorded included.
func (s *server) settled(ctx context.Context) error {
	for {
		owed, err := s.owes(ctx)
		if err != nil || !owed {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// owes reports whether a delivery is pending. An answer that found none may have
// looked at a part only, and says where to go on.
func (s *server) owes(ctx context.Context) (bool, error) {
	q := client.DeliveryQuery{State: "pending", PageQuery: client.PageQuery{Limit: 1}}
	for {
		p, err := s.api.Deliveries(ctx, q)
		if err != nil || len(p.Items) > 0 || !p.HasMore {
			return len(p.Items) > 0, err
		}
		q.Cursor = p.Cursor
	}
}

// fillPaused makes a backlog of a paused endpoint and lets it go.
func (r *run) fillPaused(ctx context.Context, s *server, to *receiver) error {
	made, err := s.register(ctx, to, same(1), 0)
	if err != nil {
		return err
	}
	active := false
	if _, err := s.api.UpdateWebhook(ctx, made[0].ID, client.WebhookChange{Active: &active}); err != nil {
		return err
	}
	f := r.publishing(r.Publishes, eventType)
	f.work.Servers = []string{s.url}
	from, err := r.startLoader(ctx, roleGenerator, f.work)
	if err != nil {
		return err
	}
	if _, _, err := from.run(); err != nil {
		return err
	}
	active = true
	_, err = s.api.UpdateWebhook(ctx, made[0].ID, client.WebhookChange{Active: &active})
	return err
}
