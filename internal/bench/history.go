package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/store"
)

// history sends a burst through a server on an empty database, and through one on a
// database with a long past, whose lists it reads before.
func history(ctx context.Context, r *run) (got figures, err error) {
	plan := r.publishing(r.Publishes, eventType)
	empty, err := r.through(ctx, func(*receiver) flow { return plan })
	if err != nil {
		return nil, err
	}
	to, err := r.startReceiver(ctx)
	if err != nil {
		return nil, err
	}
	at, filled, err := r.past(ctx, to)
	if err != nil {
		return nil, err
	}
	s, err := r.serve(ctx, at)
	if err != nil {
		return nil, err
	}
	if err := s.pointTo(ctx, to); err != nil {
		return nil, err
	}
	lists, err := s.readLists(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.pass(ctx, plan, to, s)
	if err != nil {
		return nil, err
	}
	n := r.Publishes
	got.add("rate against the empty database", "", perSecond(n, p.took)/perSecond(n, empty.took))
	got.add("taskhook delivers", "webhooks/s", perSecond(n, p.took))
	got.add("on the empty database", "webhooks/s", perSecond(n, empty.took))
	got.add("deliveries of the past", "", float64(r.History))
	got.addCost("", n, p)
	got.addTime("start to ready", p.ready)
	got.addBytes("peak memory", p.peak, p.metered)
	if filled > 0 {
		got.add("time to fill", "s", filled.Seconds())
	}
	got = append(got, lists...)
	if err := s.stop(); err != nil {
		return nil, err
	}
	if _, err := to.finish(n); err != nil {
		return nil, err
	}
	got.addSize(r, at)
	return got, at.verify(ctx, r.began, n, 0)
}

// addSize adds how large the database is on disk, if it can be seen.
func (f *figures) addSize(r *run, at *place) {
	switch {
	case at.url == "":
		f.add("size on disk", "GB", float64(size(at.dir))/1e9)
	case r.database.server != nil:
		f.add("size on disk", "GB", float64(size(r.database.server.Data()))/1e9)
	}
}

// past makes a place with a long past, or takes the one that an earlier round or time
// has left. Filled is how long it took to fill.
func (r *run) past(ctx context.Context, to *receiver) (at *place, filled time.Duration, err error) {
	at = &place{dir: r.kept}
	if r.database.name != SQLite {
		schema, err := store.NewScratch(ctx, r.url, filepath.Base(r.kept), true)
		if err != nil {
			return nil, 0, err
		}
		at.url, r.version = schema.URL, schema.Version
		if err := schema.Close(ctx); err != nil {
			return nil, 0, err
		}
	}
	mark := filepath.Join(at.dir, "filled")
	if _, err := os.Stat(mark); err == nil {
		return at, 0, nil
	}
	if filled, err = r.makePast(ctx, at, to); err != nil {
		return nil, 0, fmt.Errorf("%w; remove %s before the next try", err, at.dir)
	}
	return at, filled, os.WriteFile(mark, nil, 0o600)
}

// keep says where the past stays from one round to the next: below the user's directory,
// or in one that forget removes.
func (o Options) keep(db *database) (kept string, forget func() error, err error) {
	if o.Cache != "" && db.server == nil {
		name := fmt.Sprintf("taskhook_bench_history_%s_%d_%d", db.name, o.History, o.BodyBytes)
		return filepath.Join(o.Cache, name), func() error { return nil }, nil
	}
	if kept, err = os.MkdirTemp(o.Data, "taskhook_bench_past_"); err != nil {
		return "", nil, err
	}
	return kept, func() error { return errors.Join(os.RemoveAll(kept), db.forget(kept)) }, nil
}

// forget removes a past from a PostgreSQL that outlives us.
func (db *database) forget(kept string) error {
	if db.name == SQLite || db.server != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	schema, err := store.NewScratch(ctx, db.url, filepath.Base(kept), true)
	if err != nil {
		return err
	}
	return errors.Join(schema.Remove(ctx), schema.Close(ctx))
}

func (r *run) makePast(ctx context.Context, at *place, to *receiver) (time.Duration, error) {
	if err := r.prepare(ctx, at, to, same(1)); err != nil {
		return 0, err
	}
	now := time.Now()
	return r.fill(ctx, at, store.Filling{Deliveries: r.History, Finished: true, From: now.AddDate(0, 0, -30), To: now.Add(-time.Hour)})
}

// pointTo makes the one endpoint, which may be of an earlier time, that of the receiver.
func (s *server) pointTo(ctx context.Context, to *receiver) error {
	hooks, err := s.api.Webhooks(ctx, client.WebhookQuery{})
	if err != nil {
		return err
	}
	if len(hooks.Items) != 1 {
		return errors.New("the database with the past has another number of webhooks than one")
	}
	url := to.hook(0)
	_, err = s.api.UpdateWebhook(ctx, hooks.Items[0].ID, client.WebhookChange{URL: &url})
	return err
}
