package store

import (
	"context"

	"github.com/taskhook/taskhook"
)

// submitting is the item of a write about the one call that asks for the work of a run.
type submitting struct {
	node string
	run  taskhook.Run // Submission, Handle and SentAt as they are to become
	ok   bool
}

// claimed names a claim of a run.
type claimed struct {
	run   string
	epoch int64
}

// SendingRun notes that a provider is about to be asked for the work of a run. Ok is
// false when it must not be: the run is no longer the node's under this claim, or its
// work is known by a handle. What was unknown stays so.
func (s *Store) SendingRun(ctx context.Context, node string, r taskhook.Run) (ok bool, err error) {
	r.Submission, r.Handle = taskhook.SubmissionSending, ""
	return s.submit(ctx, s.kinds.sendingRun, node, r)
}

// SentRun notes by what handle the provider knows the work of a run, and since when. Ok
// is false when the run is no longer the node's under this claim.
func (s *Store) SentRun(ctx context.Context, node string, r taskhook.Run) (ok bool, err error) {
	r.Submission = taskhook.SubmissionSent
	return s.submit(ctx, s.kinds.sentRun, node, r)
}

func (s *Store) submit(ctx context.Context, k *kind, node string, r taskhook.Run) (bool, error) {
	item := &submitting{node: node, run: r}
	err := s.writes.do(ctx, k, item)
	return item.ok, err
}

// submitKind returns the kind of either.
func submitKind(name string) *kind {
	return &kind{name: name, apply: func(ctx context.Context, t tx, items []*write) error {
		args := make([]any, 0, len(items)*len(bulkColumns[submittedRows]))
		for _, w := range items {
			i := w.item.(*submitting)
			args = append(args, i.run.ID, i.node, i.run.Epoch, string(i.run.Submission), i.run.Handle, msOrNil(i.run.SentAt))
		}
		noted, err := collectMany(ctx, t, func(r scanner) (c claimed, err error) {
			err = r.Scan(&c.run, &c.epoch)
			return c, err
		}, submittedRows, args)
		if err != nil {
			return err
		}
		is := asSet(noted)
		for _, w := range items {
			i := w.item.(*submitting)
			i.ok = is[claimed{i.run.ID, i.run.Epoch}]
		}
		return nil
	}}
}
