package task

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// absent stands in for an adapter that is no longer configured, so that what waits for
// it comes to an end. As a Remote it is told what may have been asked for.
type absent string

// Name is of provider.Adapter.
func (a absent) Name() string { return string(a) }

// Repeatable is of provider.Remote.
func (absent) Repeatable() bool { return false }

// Run has a run go to another vendor of its model if it has not been asked for, else
// fail.
func (a absent) Run(ctx context.Context, r provider.Request, _ provider.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f := &provider.Failure{Code: taskhook.TaskErrorNoProvider, Untaken: r.Handle == "", Err: fmt.Errorf("%s is not configured", a),
		Message: "The provider that was to do the task is no longer configured at this server, and no other is."}
	if r.Handle != "" {
		f.Err = fmt.Errorf("%s is not configured, which knows the work as %q", a, r.Handle)
		f.Message = "The provider that has taken the task on is no longer configured at this server. Configure it again and attach its work to the task, or retry the task."
	}
	return f
}

// The times of what waits for an adapter that is not there.
const (
	absentFor   = time.Hour // after it was missed, and the run was due, until something is done about it: it may be a mistake
	absentEvery = time.Minute
)

// watchAbsent finds runs that nobody here can work.
func (w *Worker) watchAbsent(ctx context.Context) {
	for {
		if err := w.missAbsent(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Warn("look for runs whose adapter is not configured", "error", err)
		}
		if !sleep(ctx, absentEvery) {
			return
		}
	}
}

func (w *Worker) missAbsent(ctx context.Context) error {
	waiting, err := w.Runs.WaitingAdapters(ctx)
	if err != nil {
		return err
	}
	for _, name := range waiting {
		_, pulled := catalogue.Pool(name)
		if pulled || w.queue(name) != nil {
			continue
		}
		w.Logger.Error("tasks wait for an adapter that is not configured: configure it again, or restart the server with the file that describes it; "+
			"else they go to other vendors of their models, or fail", "adapter", name, "in", absentFor)
		w.miss(name)
	}
	return nil
}

// miss has a queue wait for an adapter.
func (w *Worker) miss(adapter string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enlist(adapter, adapter, defaultSlots)
	w.queues[adapter].missed = time.Now()
	w.renew()
}
