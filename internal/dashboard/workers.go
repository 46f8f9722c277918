package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	// workerSilence is after what time without a word a worker is shown as silent: one
	// that waits for tasks asks again within a minute, and one that has some says more.
	workerSilence = 90 * time.Second

	shownTasks = 500 // of those that workers have
)

// workersView is who fetches tasks, and what waits for them, of all accounts.
// Operators alone see it.
type workersView struct {
	Workers []workerRow
	Waiting []waitingRow
	Counts  []workerCount
}

// workerCount is how many workers are in a state, or how many tasks they have.
type workerCount struct {
	State string
	N     int
}

// workerRow is a worker and what it has now.
type workerRow struct {
	taskhook.Worker
	State string
	Tasks []workerTask
}

// More is how many tasks it has beside those that are shown.
func (w workerRow) More() int { return max(0, w.Leases-len(w.Tasks)) }

// workerTask is a task that a worker has.
type workerTask struct {
	taskhook.Task
	Account string // what it is called
	Linked  bool   // it is of the account that is looked at
}

// waitingRow is what waits for the same workers.
type waitingRow struct {
	Pool, Model, Pin string
	Since            time.Time // of the task that has waited longest
	Untaken          bool      // nobody who was lately heard of takes it
}

// workerList shows the workers.
func (d *Dashboard) workerList(r *http.Request, s *session) (view, error) {
	if err := s.needOperator(); err != nil {
		return view{}, err
	}
	v, err := d.fleet.get(s.Account.ID, func() (workersView, error) { return d.readWorkers(r.Context(), s, time.Now()) })
	if err != nil {
		return view{}, err
	}
	return view{template: "workers.html", section: "workers", title: "Workers", data: v}, nil
}

func (d *Dashboard) readWorkers(ctx context.Context, s *session, now time.Time) (v workersView, err error) {
	list, err := d.Workers.Workers(ctx)
	if err != nil {
		return v, err
	}
	tasks, err := d.Workers.Leased(ctx, shownTasks)
	if err != nil {
		return v, err
	}
	queues, err := d.Workers.Longest(ctx)
	if err != nil {
		return v, err
	}
	v.addWorkers(list, now)
	v.addTasks(tasks, s)
	v.addWaiting(queues, now)
	return v, nil
}

// addWorkers lists the workers by name, those last that were not heard of for long.
func (v *workersView) addWorkers(list []taskhook.Worker, now time.Time) {
	for _, state := range []string{"busy", "idle", "draining", "silent"} {
		v.Counts = append(v.Counts, workerCount{State: state})
	}
	for _, w := range list {
		state := workerState(&w, now)
		v.Workers = append(v.Workers, workerRow{Worker: w, State: state})
		v.Counts[slices.IndexFunc(v.Counts, func(c workerCount) bool { return c.State == state })].N++
	}
	slices.SortStableFunc(v.Workers, func(a, b workerRow) int {
		switch {
		case (a.State == "silent") == (b.State == "silent"):
			return 0
		case b.State == "silent":
			return -1
		}
		return 1
	})
}

func workerState(w *taskhook.Worker, now time.Time) string {
	switch {
	case now.Sub(w.SeenAt) > workerSilence:
		return "silent"
	case w.Draining:
		return "draining"
	case w.Leases > 0:
		return "busy"
	}
	return "idle"
}

func (v *workersView) addTasks(tasks []taskhook.Task, s *session) {
	names := map[string]string{}
	for _, a := range s.Accounts {
		names[a.ID] = cmp.Or(a.Name, shortID(a.ID))
	}
	for i := range v.Workers {
		w := &v.Workers[i]
		for _, k := range tasks {
			if k.Worker == w.Name {
				w.Tasks = append(w.Tasks, workerTask{k, names[k.AccountID], k.AccountID == s.Account.ID})
			}
		}
		slices.SortFunc(w.Tasks, func(a, b workerTask) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// addWaiting lists what is due by now, what has waited longest first.
func (v *workersView) addWaiting(longest []taskhook.ClaimedRun, now time.Time) {
	for _, r := range longest {
		if r.Run.DueAt.After(now) {
			continue
		}
		row := waitingRow{Since: r.Run.DueAt}
		row.Pool, row.Model, row.Pin = taskhook.QueueParts(r.Run.Queue)
		row.Untaken = !slices.ContainsFunc(v.Workers, func(w workerRow) bool {
			return (w.State == "busy" || w.State == "idle") && w.Takes(r.Run.Queue)
		})
		v.Waiting = append(v.Waiting, row)
	}
	slices.SortFunc(v.Waiting, func(a, b waitingRow) int { return a.Since.Compare(b.Since) })
}
