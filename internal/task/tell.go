package task

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// tellEvery is how often a task is told of at most.
const tellEvery = time.Second / 2

// told is what was told of a run.
type told struct {
	sequence int // of the task's last event; those of earlier runs count
	percent  int
}

// tellProgress publishes how far runs are for the accounts that follow them. It
// writes nothing while there is nobody who does.
func (w *Worker) tellProgress(ctx context.Context) {
	for sleep(ctx, tellEvery) {
		if err := w.tell(ctx, w.Now()); err != nil && ctx.Err() == nil {
			w.Logger.Warn("tell progress", "error", err)
		}
	}
}

func (w *Worker) tell(ctx context.Context, now time.Time) error {
	accounts := w.busy()
	if len(accounts) == 0 {
		return nil
	}
	followed, err := w.Progress.Followed(ctx, accounts)
	if err != nil || len(followed) == 0 {
		return err
	}
	going := w.going(func(x *execution) bool { return followed[x.claimed.Task.AccountID] != nil })
	slices.SortFunc(going, func(a, b *execution) int { return cmp.Compare(a.claimed.Task.ID, b.claimed.Task.ID) })
	var reports []*taskhook.Report
	var of []*execution
	for _, x := range going {
		if r := x.report(followed[x.claimed.Task.AccountID], now); r != nil {
			reports, of = append(reports, r), append(of, x)
			x.told.sequence = r.Sequence // whatever becomes of it: a number is not used twice
		}
	}
	if len(reports) == 0 {
		return nil
	}
	if err := w.Progress.Tell(ctx, now, reports); err != nil {
		return err
	}
	for i, r := range reports {
		if !r.Stale {
			of[i].told.percent = r.Percent
		}
	}
	return nil
}

// report returns what there is to tell of the run in one of the types; nil: nothing.
// Who goes on with a task that others have told of waits as long as they would have.
func (x *execution) report(types []string, now time.Time) *taskhook.Report {
	percent, eventType := int(x.percent.Load()), ""
	switch {
	case x.told.sequence > 0 && time.Since(x.begun) < tellEvery:
		return nil
	case x.told.sequence == 0 && slices.Contains(types, taskhook.EventTaskStarted):
		eventType = taskhook.EventTaskStarted
	case percent > x.told.percent && slices.Contains(types, taskhook.EventTaskProgress):
		eventType = taskhook.EventTaskProgress
	default:
		return nil
	}
	k := x.claimed.Task
	k.State, k.Progress = taskhook.TaskRunning, percent
	sequence := x.told.sequence + 1
	return &taskhook.Report{Node: x.node, RunID: x.claimed.Run.ID, Sequence: sequence, Percent: percent,
		Event: x.worker.Outcomes.report(k, eventType, sequence, now)}
}
