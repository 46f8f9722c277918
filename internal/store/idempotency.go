package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// checkKey returns what an idempotency key stands for already, a task or an
// execution; empty: it is free, or there is no key. A key of another request is a
// conflict.
func checkKey(ctx context.Context, r reader, now time.Time, key *taskhook.Idempotency) (same string, err error) {
	if key == nil {
		return "", nil
	}
	type known struct {
		request, id string
		expires     int64
	}
	k, ok, err := first(ctx, r, func(r scanner) (k known, err error) {
		err = r.Scan(&k.request, &k.id, &k.expires)
		return k, err
	}, `SELECT request, task, expires_at FROM idempotency WHERE hash = $1`, key.Hash)
	if err != nil || !ok || k.expires <= ms(now) {
		return "", err
	}
	if k.request != key.Request {
		return "", taskhook.Errorf(taskhook.CodeConflict,
			"This Idempotency-Key was used for another request (%s); use a new key for a new request.", k.id)
	}
	return k.id, nil
}

// takeKey makes an idempotency key, where there is one, stand for a task or an
// execution.
func takeKey(ctx context.Context, t tx, key *taskhook.Idempotency, id string) error {
	if key == nil {
		return nil
	}
	return t.send(ctx, nil, `INSERT INTO idempotency (hash, request, task, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (hash) DO UPDATE SET request = excluded.request, task = excluded.task, expires_at = excluded.expires_at`,
		key.Hash, key.Request, id, ms(key.Expires))
}

// ForgetIdempotency deletes up to limit expired keys.
func (s *Store) ForgetIdempotency(ctx context.Context, now time.Time, limit int) (deleted int64, err error) {
	err = s.update(ctx, s.kinds.forgetIdempotency, func(ctx context.Context, t tx) (err error) {
		deleted, err = t.exec(ctx, `DELETE FROM idempotency WHERE hash IN
			(SELECT hash FROM idempotency WHERE expires_at <= $1 LIMIT $2)`, ms(now), limit)
		return err
	})
	return deleted, err
}
