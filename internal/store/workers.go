package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// NoteWorker writes down that a worker asks for tasks, and as what; a new session is
// not draining. Draining says that it is to get none.
func (s *Store) NoteWorker(ctx context.Context, now time.Time, w taskhook.Worker) (draining bool, err error) {
	err = s.update(ctx, s.kinds.noteWorker, func(ctx context.Context, t tx) error {
		draining, _, err = first(ctx, t, scanInto[bool], `INSERT INTO workers AS w (name, session, pool, models, labels, capacity, version, started_at, seen_at)
			VALUES (`+marks(1, 9)+`) ON CONFLICT (name) DO UPDATE SET
			draining = CASE WHEN w.session = excluded.session THEN w.draining ELSE 0 END,
			started_at = CASE WHEN w.session = excluded.session THEN w.started_at ELSE excluded.started_at END,
			session = excluded.session, pool = excluded.pool, models = excluded.models, labels = excluded.labels,
			capacity = excluded.capacity, version = excluded.version, seen_at = excluded.seen_at RETURNING draining`,
			w.Name, w.Session, w.Pool, words(w.Models), words(w.Labels), w.Capacity, w.Version, ms(now), ms(now))
		return err
	})
	return draining, err
}

// Draining reports whether a worker is to get no more tasks.
func (s *Store) Draining(ctx context.Context, name string) (bool, error) {
	draining, _, err := first(ctx, s.db, scanInto[bool], `SELECT draining FROM workers WHERE name = $1`, name)
	return draining, err
}

// DrainWorker has a worker get no more tasks until it starts anew. One that never
// asked for any is CodeNotFound.
func (s *Store) DrainWorker(ctx context.Context, name string) error {
	return s.update(ctx, s.kinds.drainWorker, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE workers SET draining = 1 WHERE name = $1`, name)
		if err == nil && changed == 0 {
			err = taskhook.Errorf(taskhook.CodeNotFound, "There is no worker %.80q; a list of workers shows their names.", name)
		}
		return err
	})
}

// Workers lists all workers, by name, with how many tasks each has.
func (s *Store) Workers(ctx context.Context) ([]taskhook.Worker, error) {
	busy := map[string]int{}
	leased, err := collect(ctx, s.db, scanInto[string], `SELECT k.worker FROM runs r JOIN tasks k ON k.id = r.task
		WHERE r.state = 'open' AND r.lease_until > 0`)
	if err != nil {
		return nil, err
	}
	for _, name := range leased {
		busy[name]++
	}
	return collect(ctx, s.db, func(r scanner) (w taskhook.Worker, err error) {
		var models, labels string
		var started, seen int64
		err = r.Scan(&w.Name, &w.Session, &w.Pool, &models, &labels, &w.Capacity, &w.Version, &w.Draining, &started, &seen)
		w.Models, w.Labels, w.StartedAt, w.SeenAt, w.Leases = wordsOf(models), wordsOf(labels), at(started), at(seen), busy[w.Name]
		return w, err
	}, `SELECT name, session, pool, models, labels, capacity, version, draining, started_at, seen_at FROM workers ORDER BY name`)
}

// Leased lists the tasks that workers have now, up to limit of them, without inputs and
// results.
func (s *Store) Leased(ctx context.Context, limit int) ([]taskhook.Task, error) {
	return collect(ctx, s.db, func(r scanner) (k taskhook.Task, err error) {
		var started *int64
		err = r.Scan(&k.ID, &k.AccountID, &k.Worker, &k.Provider, &k.Capability, &k.Model, &k.State, &k.Progress, &started)
		k.StartedAt = atOrZero(started)
		return k, err
	}, `SELECT k.id, k.account, k.worker, k.provider, k.capability, k.model, k.state, k.progress, k.started_at
		FROM runs r JOIN tasks k ON k.id = r.task WHERE r.state = 'open' AND r.lease_until > 0 LIMIT $1`, limit)
}

// ForgetWorkers removes those who have not been seen since before, and have no task.
func (s *Store) ForgetWorkers(ctx context.Context, before time.Time) (n int64, err error) {
	err = s.update(ctx, s.kinds.noteWorker, func(ctx context.Context, t tx) error {
		n, err = t.exec(ctx, `DELETE FROM workers WHERE seen_at < $1`, ms(before))
		return err
	})
	return n, err
}
