package task

import (
	"context"
	"slices"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// Workers knows the programs elsewhere that fetch tasks.
type Workers interface {
	Workers(ctx context.Context) ([]taskhook.Worker, error)
}

// checkPin says what is wrong with a task's priority and pin. A pin must be the label
// of a worker that is known: a task with a misspelt one would wait for ever.
func (s *Service) checkPin(ctx context.Context, k *taskhook.Task, adapter string) error {
	if k.Priority < taskhook.MinPriority || k.Priority > taskhook.MaxPriority {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "priority", "priority must be from %d to %d.", taskhook.MinPriority, taskhook.MaxPriority)
	}
	if k.Pin == "" || k.Sandbox {
		return nil
	}
	if !taskhook.ValidLabel(k.Pin) {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "pin", "pin must be a label of a worker, such as gpu=a100 or worker=NAME.")
	}
	pool, ok := catalogue.Pool(adapter)
	if !ok {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "pin", "The model is not one that workers fetch, so no worker can be asked for. Leave out pin.")
	}
	workers, err := s.Workers.Workers(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(workers, func(w taskhook.Worker) bool { return w.Pool == pool && w.Has(k.Pin) }) {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "pin", "No worker of the model has the label %.80q. Look at its spelling, or start the worker first.", k.Pin)
	}
	return nil
}
