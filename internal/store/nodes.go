package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// Join makes this process a node, with the inbox that it takes deliveries in by,
// and removes the nodes that were here before: the caller holds the Lock of the
// data directory, so they are dead. What they owned comes free at once.
func (s *Store) Join(ctx context.Context, now time.Time, node string, inbox taskhook.Inbox) error {
	err := s.update(ctx, s.kinds.join, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM nodes`); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO nodes (id, started_at) VALUES ($1, $2)`, node, ms(now))
		return err
	})
	if err == nil {
		s.inbox.at.Store(&joined{node: node, inbox: inbox})
	}
	return err
}

// Leave removes the node at the end of a graceful stop.
func (s *Store) Leave(ctx context.Context, node string) error {
	s.inbox.at.Store(nil)
	return s.update(ctx, s.kinds.leave, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `DELETE FROM nodes WHERE id = $1`, node)
		return err
	})
}
