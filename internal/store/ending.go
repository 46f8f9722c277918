package store

import "context"

// ending is an item that changes something and publishes that in the same
// transaction.
type ending interface {
	// announced returns what is to be published; nil when the change was found to be
	// stale.
	announced() *publication
}

// single is an ending that shares no statements with others.
type single interface {
	ending
	end(ctx context.Context, t tx) error
}

// endEach ends one after the other.
func endEach(ctx context.Context, t tx, items []*write) error {
	for _, w := range items {
		if err := w.item.(single).end(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// endingKind returns the kind of endings that end makes.
func (s *Store) endingKind(name string, end func(ctx context.Context, t tx, items []*write) error) *kind {
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
			if err := end(ctx, t, items); err != nil {
				return err
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
