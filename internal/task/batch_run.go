package task

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	batchBite  = 20          // batches that are looked at a time
	batchEvery = time.Second // how often is looked without being told to
)

// Wake says that a task of a batch has ended.
func (s *Batches) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run ends batches until ctx ends. What it leaves undone is done by the next Run, or
// another node's.
func (s *Batches) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.wake:
		}
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("end batches", "error", err)
		}
		timer.Reset(batchEvery)
	}
}

// look ends what is due, as long as some of it does not stay so.
func (s *Batches) look(ctx context.Context) error {
	for {
		due, err := s.Queue.DueBatches(ctx, batchBite)
		if err != nil {
			return err
		}
		ended := false
		for i := range due {
			one, err := s.finish(ctx, due[i])
			if err != nil {
				return err
			}
			ended = ended || one
		}
		if len(due) < batchBite || !ended {
			return nil
		}
	}
}

// finish cancels what is left of a batch that was cancelled, and ends it. Like a task,
// one that was cancelled has no event. Ended is false when it can't be, or was by
// another node.
func (s *Batches) finish(ctx context.Context, b taskhook.Batch) (ended bool, err error) {
	if b.Open > 0 {
		if err := s.stop(ctx, b.ID); err != nil {
			return false, err
		}
	}
	now := s.Tasks.Now()
	end := &taskhook.BatchEnd{Batch: b}
	end.Batch.FinishedAt = now
	if b.StoppedAt.IsZero() {
		whole, err := s.Store.Batch(ctx, b.AccountID, b.ID)
		if err != nil {
			return false, err
		}
		whole.FinishedAt = now
		id := taskhook.NewID(taskhook.PrefixEvent, now)
		end.Publication = &taskhook.Publication{Events: []taskhook.NewEvent{{FanOut: true, Schedule: s.Schedule, Event: taskhook.Event{ID: id,
			AccountID: b.AccountID, Type: taskhook.EventBatchCompleted, Subject: b.ID, Body: s.Body(&whole, id), CreatedAt: now}}}}
	}
	err = s.Queue.FinishBatch(ctx, now, end)
	return err == nil && !end.Stale, err
}
