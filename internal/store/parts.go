package store

import (
	"context"

	"github.com/taskhook/taskhook"
)

// AddPart notes a piece of a result. That there is another at its place is a
// CodeConflict, and so is that the lease is over.
func (s *Store) AddPart(ctx context.Context, p taskhook.OutputPart) error {
	return s.update(ctx, s.kinds.addPart, func(ctx context.Context, t tx) error {
		made, err := t.exec(ctx, `INSERT INTO worker_parts (id, lease, output, start, size)
			SELECT $1, lease, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM runs WHERE lease = $5 AND lease <> '' AND state = 'open'
			ON CONFLICT (lease, output, start) DO NOTHING`, p.ID, p.Output, p.Start, p.Size, p.Lease)
		if err == nil && made == 0 {
			err = taskhook.Errorf(taskhook.CodeConflict, "These bytes are there already, or the lease is over. Ask how far the output is, and go on from there.")
		}
		return err
	})
}

// Parts lists the pieces that there are of a result, in their order.
func (s *Store) Parts(ctx context.Context, lease string, output int) ([]taskhook.OutputPart, error) {
	return collect(ctx, s.db, scanPart, `SELECT id, lease, output, start, size FROM worker_parts WHERE lease = $1 AND output = $2 ORDER BY start`, lease, output)
}

func scanPart(r scanner) (p taskhook.OutputPart, err error) {
	err = r.Scan(&p.ID, &p.Lease, &p.Output, &p.Start, &p.Size)
	return p, err
}

// SpareParts lists up to limit pieces whose lease is over.
func (s *Store) SpareParts(ctx context.Context, limit int) (ids []string, err error) {
	return collect(ctx, s.db, scanInto[string], `SELECT p.id FROM worker_parts p WHERE NOT EXISTS
		(SELECT 1 FROM runs r WHERE r.lease = p.lease AND r.lease <> '' AND r.state = 'open') LIMIT $1`, limit)
}

// RemoveParts forgets pieces.
func (s *Store) RemoveParts(ctx context.Context, ids []string) error {
	return s.update(ctx, s.kinds.removeParts, func(ctx context.Context, t tx) error {
		return each(ids, func(in string, args []any) error {
			_, err := t.exec(ctx, `DELETE FROM worker_parts WHERE id IN `+in, args...)
			return err
		})
	})
}
