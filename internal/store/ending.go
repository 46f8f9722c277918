package store

import "context"

// ending is an item that changes something and publishes that in the same
// transaction.
type ending interface {
	end(ctx context.Context, t tx) error
	// announced returns what is to be published; nil when end found that the change
	// was stale.
	announced() *publication
}

// endingKind returns the kind of such items. What they have in common is done by
// settle, before they are published; it may be nil.
func (s *Store) endingKind(name string, settle func(ctx context.Context, t tx, items []*write) error) *kind {
	fresh := func(items []*write) (list []*publication) {
		for _, w := range items {
			if p := w.item.(ending).announced(); p != nil {
				list = append(list, p)
			}
		}
		return list
	}
	return &kind{
		name: name,
		apply: func(ctx context.Context, t tx, items []*write) error {
			for _, w := range items {
				if err := w.item.(ending).end(ctx, t); err != nil {
					return err
				}
			}
			if settle != nil {
				if err := settle(ctx, t, items); err != nil {
					return err
				}
			}
			return s.publish(ctx, t, fresh(items))
		},
		committed: func(items []*write) {
			for _, p := range fresh(items) {
				s.pushed(p)
			}
		},
		undone: func(items []*write, inDoubt bool) {
			for _, p := range fresh(items) {
				s.cancelled(p, inDoubt)
			}
		},
	}
}
