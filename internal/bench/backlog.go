package bench

import (
	"context"
	"time"

	"github.com/taskhook/taskhook/internal/store"
)

// backlogEndpoints are those that a backlog is owed to.
const backlogEndpoints = 10

// backlog starts a server on a mass of deliveries that are due, and lets them go.
func backlog(ctx context.Context, r *run) (got figures, err error) {
	n := r.Backlog
	raw, err := r.yardstick(ctx, r.Publishes)
	if err != nil {
		return nil, err
	}
	at, err := r.newPlace(ctx)
	if err != nil {
		return nil, err
	}
	to, err := r.startReceiver(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(ctx, at, to, same(backlogEndpoints)); err != nil {
		return nil, err
	}
	now := time.Now()
	filled, err := r.fill(ctx, at, store.Filling{Deliveries: n, From: now, To: now})
	if err != nil {
		return nil, err
	}
	databaseBefore, _ := r.cpu()
	s, err := r.serve(ctx, at)
	if err != nil {
		return nil, err
	}
	came, err := to.completed(ctx, n)
	if err != nil {
		return nil, err
	}
	pid := s.cmd.Process.Pid
	server, metered := cpuTime(pid)
	databaseAfter, shared := r.cpu()
	peak, _ := memory(pid, residentPeak)
	p := passage{took: came.LastAt.Sub(s.started), metered: metered, server: server, shared: shared, postgres: databaseAfter - databaseBefore}
	got.add("ratio to the raw sender", "", perSecond(n, p.took)/perSecond(r.Publishes, raw.took))
	got.add("backlog delivered", "webhooks/s", perSecond(n, p.took))
	got.add("raw sender", "webhooks/s", perSecond(r.Publishes, raw.took))
	got.add("backlog", "deliveries", float64(n))
	got.addBytes("peak memory", peak, metered)
	got.addTime("start to first arrival", came.FirstAt.Sub(s.started))
	got.addCost("", n, p)
	got.add("time to fill", "s", filled.Seconds())
	if err := s.stop(); err != nil {
		return nil, err
	}
	if _, err := to.finish(n); err != nil {
		return nil, err
	}
	return got, at.verify(ctx, r.began, n, 0)
}
