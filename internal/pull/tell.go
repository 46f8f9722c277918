package pull

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/task"
)

// moved notes that a task was given to a worker, or came further by its word. The node
// that hears it tells of it.
func (s *Service) moved(l *taskhook.RunLease, percent int) {
	way := &task.Way{Lease: l.ID, RunID: l.Run.ID, Task: &l.Task, Progress: percent, Sequence: l.Task.Told}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ways[l.ID] = way
}

// tellProgress tells of the tasks that moved.
func (s *Service) tellProgress(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(task.TellEvery):
		}
		if err := s.tell(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("tell progress of workers", "error", err)
		}
	}
}

func (s *Service) tell(ctx context.Context) error {
	s.mu.Lock()
	ways := s.ways
	s.ways = map[string]*task.Way{}
	s.mu.Unlock()
	list := make([]*task.Way, 0, len(ways))
	accounts := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(ways)) {
		list = append(list, ways[id])
		accounts[ways[id].Task.AccountID] = true
	}
	err := s.teller.Tell(ctx, s.Now(), slices.Sorted(maps.Keys(accounts)), func(func(string) bool) []*task.Way { return list })
	if err != nil {
		for _, way := range list {
			s.later(way)
		}
		return err
	}
	for _, way := range list {
		if !way.Stale {
			continue
		}
		l, ok, err := s.Leases.RunLease(ctx, way.Lease)
		if err != nil {
			return err
		}
		// Another node may have told of it, or of more.
		if ok && l.Open && l.Task.Progress <= way.Progress {
			way.Sequence = l.Task.Told
			s.later(way)
		}
	}
	return nil
}

// later tells again of what was not told, unless there is something newer by now.
func (s *Service) later(way *task.Way) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ways[way.Lease] == nil {
		s.ways[way.Lease] = way
	}
}
