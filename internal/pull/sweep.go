package pull

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// How often is looked for lost workers, and for what is left of them.
const (
	sweepEvery = time.Second
	tidyEvery  = 30 * time.Second
	tidyBite   = 200

	workerLife = 7 * 24 * time.Hour // how long one that is silent is listed
)

// Run looks for lost workers, and tells how far tasks are, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { s.tellProgress(ctx) })
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	able := s.Now() // since when workers could be heard of
	var tidied time.Time
	for {
		if err := s.lapse(ctx, able); err != nil && ctx.Err() == nil {
			s.Logger.Warn("look for lost workers", "error", err)
			able = s.Now()
		}
		if err := s.expire(ctx, able); err != nil && ctx.Err() == nil {
			s.Logger.Warn("look for tasks that no worker fetches", "error", err)
		}
		if now := s.Now(); now.Sub(tidied) >= tidyEvery {
			tidied = now
			s.tidy(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// lapse decides about tasks whose worker is lost. One could not be heard while this
// server was away, so its silence counts from then.
func (s *Service) lapse(ctx context.Context, able time.Time) error {
	now := s.Now()
	lapsed, err := s.Ends.LapsedLeases(ctx, now)
	if err != nil {
		return err
	}
	for _, l := range lapsed {
		if lease, _ := s.terms(&l.Task); now.Before(l.Deadline) && now.Sub(able) < lease {
			continue
		}
		m, err := s.model(&l.Task)
		if err == nil {
			err = s.lose(ctx, now, &l, m)
		} else { // another can't be given it: who knows whether it may be run twice
			err = s.unknown(ctx, &l, err)
		}
		if err != nil && taskhook.ErrorCode(err) != taskhook.CodeConflict {
			return err
		}
	}
	return nil
}

// lose takes a task from its worker.
func (s *Service) lose(ctx context.Context, now time.Time, l *taskhook.RunLease, m *catalogue.Model) error {
	worker := l.Task.Worker
	switch {
	case !now.Before(l.Deadline):
		return s.fail(ctx, l, taskhook.TaskErrorTimeout, fmt.Sprintf("The worker took longer than the %s that the model may take.", m.Timeout))
	case !m.Rerun:
		return s.fail(ctx, l, taskhook.TaskErrorWorkerLost, fmt.Sprintf("Nothing more was heard of the worker %s that had the task, and the model is not to be run twice. "+
			"Look there what became of it, or retry the task.", worker))
	case l.Claims >= maxTries:
		return s.fail(ctx, l, taskhook.TaskErrorWorkerLost, fmt.Sprintf("%d workers were lost with the task or failed, the last one %s. Retry it when they are stable.", l.Claims, worker))
	}
	s.Logger.Warn("a worker is lost; its task is given to another", "task", l.Run.TaskID, "worker", worker, "try", l.Claims)
	return s.giveBack(ctx, l, now, false)
}

// tidy removes what is left of leases that are over, and workers that are gone.
func (s *Service) tidy(ctx context.Context) {
	for {
		ids, err := s.Parts.SpareParts(ctx, tidyBite)
		if err == nil && len(ids) > 0 {
			err = s.forget(ctx, ids)
		}
		if err != nil && ctx.Err() == nil {
			s.Logger.Warn("remove pieces of results", "error", err)
		}
		if err != nil || len(ids) < tidyBite {
			break
		}
	}
	if err := s.forgetWorkers(ctx, s.Now().Add(-workerLife)); err != nil && ctx.Err() == nil {
		s.Logger.Warn("forget workers", "error", err)
	}
}

// forgetWorkers writes only when there is one to forget.
func (s *Service) forgetWorkers(ctx context.Context, before time.Time) error {
	workers, err := s.Directory.Workers(ctx)
	if err != nil || !slices.ContainsFunc(workers, func(w taskhook.Worker) bool { return w.SeenAt.Before(before) }) {
		return err
	}
	_, err = s.Directory.ForgetWorkers(ctx, before)
	return err
}
