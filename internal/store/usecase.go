package store

import (
	"context"
	"fmt"

	"github.com/taskhook/taskhook"
)

// useFunc is the item of a use case that shares no statements with others of its
// kind.
type useFunc = func(context.Context, tx) error

// update runs a use case whose kind useCase has made.
func (s *Store) update(ctx context.Context, k *kind, do useFunc) error {
	return s.writes.do(ctx, k, do)
}

// useCase returns the kind of a use case whose items are functions. Each runs in
// a savepoint: an error with a code is its own, any other undoes the batch.
func useCase(name string) *kind {
	return &kind{name: name, apply: func(ctx context.Context, t tx, items []*write) error {
		for _, w := range items {
			if err := inSavepoint(ctx, t, w, w.item.(useFunc)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}}
}

func inSavepoint(ctx context.Context, t tx, w *write, do useFunc) error {
	// What others of the batch still have to send must not be undone with this item.
	if err := t.settle(ctx); err != nil {
		return err
	}
	if err := t.send(ctx, nil, "SAVEPOINT item"); err != nil {
		return err
	}
	before := t.noted()
	w.err = do(ctx, t)
	if w.err != nil {
		if code := taskhook.ErrorCode(w.err); code == taskhook.CodeInternal || code == taskhook.CodeStorageFull {
			return w.err
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "ROLLBACK TO item"); err != nil { // waited for: a failed transaction hears nothing else
			return err
		}
		t.renote(before)
	}
	return t.send(ctx, nil, "RELEASE item")
}

// sentKind returns the kind of plain use cases that only send statements, and so cost
// no round trip of their own. Each changes what it looks at in one statement, for those
// of others come between two.
func sentKind(name string) *kind {
	k := plainKind(name)
	k.sent = true
	return k
}

// plainKind returns the kind of use cases of which none fails by itself: they need no
// savepoint.
func plainKind(name string) *kind {
	return &kind{name: name, apply: func(ctx context.Context, t tx, items []*write) error {
		for _, w := range items {
			if err := w.item.(useFunc)(ctx, t); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}}
}

// claiming is the item of a write that makes this node the owner of something.
type claiming struct {
	take useFunc
	free useFunc // gives back what take claimed, where it is still so claimed
}

// claimKind returns the kind of a use case whose items claim. Nobody works on what
// was claimed by a commit of unknown outcome, so the next claim gives it back
// first.
func claimKind(name string) *kind {
	var lost []*claiming
	return &kind{
		name: name,
		apply: func(ctx context.Context, t tx, items []*write) error {
			for _, c := range lost {
				if err := c.free(ctx, t); err != nil {
					return fmt.Errorf("%s: give back: %w", name, err)
				}
			}
			for _, w := range items {
				if err := inSavepoint(ctx, t, w, w.item.(*claiming).take); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			return nil
		},
		committed: func([]*write) { lost = nil },
		undone: func(items []*write, inDoubt bool) {
			if !inDoubt {
				return
			}
			for _, w := range items {
				lost = append(lost, w.item.(*claiming))
			}
		},
	}
}
