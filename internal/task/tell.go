package task

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// TellEvery is how often a task is told of at most.
const TellEvery = time.Second / 2

// Reports tells those who follow tasks on their way; see store.Store for what each
// promises.
type Reports interface {
	Followed(ctx context.Context, accounts []string) (types map[string][]string, err error)
	Tell(ctx context.Context, now time.Time, reports []*taskhook.Report) error
}

// Teller publishes how far running tasks are, whoever works them, for the accounts that
// follow them.
type Teller struct {
	Reports  Reports
	Outcomes *Outcomes
}

// Way is a task on its way, as they know it who tell of it.
type Way struct {
	Node     string // that works its run; empty: a worker does, under Lease
	Lease    string
	RunID    string
	Task     *taskhook.Task // as it was when its run began
	Progress int            // in percent
	Sequence int            // of the task's last event
	Told     int            // the percent that was last told
	Stale    bool           // set by Tell: nothing was published, for the run is in other hands, or it is too early
}

// Tell publishes what is new about tasks of the accounts, which may be all that there
// are, to those who follow them. It asks for the tasks when there is somebody who does,
// and whose. After an error it can be repeated.
func (t *Teller) Tell(ctx context.Context, now time.Time, accounts []string, waysOf func(followed func(account string) bool) []*Way) error {
	if len(accounts) == 0 {
		return nil
	}
	followed, err := t.Reports.Followed(ctx, accounts)
	if err != nil || len(followed) == 0 {
		return err
	}
	ways := waysOf(func(account string) bool { return followed[account] != nil })
	var reports []*taskhook.Report
	told := map[*taskhook.Report]*Way{}
	for _, way := range ways {
		if r := t.report(way, followed[way.Task.AccountID], now); r != nil {
			reports = append(reports, r)
			told[r] = way
		}
	}
	if len(reports) == 0 {
		return nil
	}
	if err := t.Reports.Tell(ctx, now, reports); err != nil {
		return err
	}
	for r, way := range told {
		if way.Stale = r.Stale; !r.Stale {
			way.Told = r.Percent
		}
	}
	return nil
}

// report returns what there is to tell of the task in one of the types; nil: nothing.
// Its number counts as used whatever becomes of it.
func (t *Teller) report(way *Way, types []string, now time.Time) *taskhook.Report {
	eventType := ""
	switch {
	case way.Sequence == 0 && slices.Contains(types, taskhook.EventTaskStarted):
		eventType = taskhook.EventTaskStarted
	case way.Progress > way.Told && slices.Contains(types, taskhook.EventTaskProgress):
		eventType = taskhook.EventTaskProgress
	default:
		return nil
	}
	way.Sequence++
	k := *way.Task
	k.Progress, k.Told = way.Progress, way.Sequence
	return &taskhook.Report{Node: way.Node, Lease: way.Lease, RunID: way.RunID, Sequence: way.Sequence, Percent: way.Progress,
		After: now.Add(-TellEvery), Event: t.Outcomes.report(k, eventType, now)}
}

// tellProgress tells of the runs that go on here.
func (w *Worker) tellProgress(ctx context.Context) {
	for sleep(ctx, TellEvery) {
		if err := w.teller.Tell(ctx, w.Now(), w.busy(), w.ways); err != nil && ctx.Err() == nil {
			w.Logger.Warn("tell progress", "error", err)
		}
	}
}

// ways lists the tasks that go on here, of the accounts that are followed.
func (w *Worker) ways(followed func(account string) bool) (list []*Way) {
	going := w.going(func(x *execution) bool { return followed(x.claimed.Task.AccountID) })
	slices.SortFunc(going, func(a, b *execution) int { return cmp.Compare(a.claimed.Task.ID, b.claimed.Task.ID) })
	for _, x := range going {
		x.way.Progress = int(x.percent.Load())
		list = append(list, &x.way)
	}
	return list
}
