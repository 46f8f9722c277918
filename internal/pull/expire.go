package pull

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	expireBite = 100             // tasks of a queue that are ended in one look
	comeback   = 5 * time.Minute // that workers get to be back when the server was away
)

// expire ends tasks that have waited too long for a worker. Since none could come while
// this server was away, they get a moment then.
func (s *Service) expire(ctx context.Context, able time.Time) error {
	longest, err := s.Ends.Longest(ctx)
	if err != nil {
		return err
	}
	now := s.Now()
	for i := range longest {
		r := &longest[i]
		limit := s.wait(&r.Task)
		if limit == 0 || now.Sub(r.Run.DueAt) < limit || now.Sub(able) < min(limit, comeback) {
			continue
		}
		if err := s.expireQueue(ctx, r.Run.Queue, now, limit); err != nil {
			return err
		}
	}
	return nil
}

// wait is how long a task may wait for a worker; 0: for ever. It is the same for all of
// a queue.
func (s *Service) wait(k *taskhook.Task) time.Duration {
	if m, err := s.model(k); err == nil && m.Wait != nil {
		return *m.Wait
	}
	return s.Wait
}

func (s *Service) expireQueue(ctx context.Context, queue string, now time.Time, limit time.Duration) error {
	runs, err := s.Ends.Waiting(ctx, queue, now.Add(-limit), expireBite)
	if err != nil {
		return err
	}
	for i := range runs {
		k := &runs[i].Task
		s.Logger.Warn("no worker came for a task", "task", k.ID, "model", k.Model, "waited", limit)
		err := s.fail(ctx, &taskhook.RunLease{ClaimedRun: runs[i]}, taskhook.TaskErrorNoWorker, fmt.Sprintf(
			"No worker took the task in the %s that it may wait for one. Retry it when there are workers for %s%s.", span(limit), k.Model, pinned(k)))
		if err != nil && taskhook.ErrorCode(err) != taskhook.CodeConflict { // else one came at last
			return err
		}
	}
	return nil
}

// pinned says which workers alone would do.
func pinned(k *taskhook.Task) string {
	if k.Pin == "" {
		return ""
	}
	return " with the label " + k.Pin
}

// span is a time in the largest of hours, minutes and seconds that is whole.
func span(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "hours"}, {time.Minute, "minutes"}, {time.Second, "seconds"}} {
		if d%unit.of == 0 && d/unit.of > 1 {
			return fmt.Sprintf("%d %s", d/unit.of, unit.name)
		}
	}
	return d.String()
}
