package crash

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

// message is what a webhook says of a task.
type message struct {
	Type string
	Data struct {
		Task     struct{ ID string }
		Sequence int
	}
}

// setPassingAside takes what tells of tasks on their way out of what is owed: it is not,
// and nothing of it is left when they have ended.
func (f *facts) setPassingAside() {
	var owed []*receipt
	for _, r := range f.receipts {
		if r.Path == configuredPath && json.Unmarshal(r.Body, &r.says) == nil && taskhook.Transient(r.says.Type) {
			f.passing = append(f.passing, r)
		} else {
			owed = append(owed, r)
		}
	}
	f.receipts = owed
}

// judgePassing holds what passes against the tasks that it is about: each number is one
// event, and none comes after the end of its task. That it comes at all is not promised.
func (f *facts) judgePassing(v *Verdict) {
	type number struct {
		task string
		n    int
	}
	ended, ids := map[string]time.Time{}, map[number]string{} // the end of each task, when it first came
	for _, r := range f.receipts {
		if id := r.says.Data.Task.ID; id != "" && (ended[id].IsZero() || r.At.Before(ended[id])) {
			ended[id] = r.At
		}
	}
	for _, d := range f.deliveries {
		if taskhook.Transient(d.EventType) {
			v.violate("L1", "%s of task %s is listed, though all tasks have ended", d.EventType, d.Subject)
		}
	}
	for _, r := range f.passing {
		id, n := r.says.Data.Task.ID, number{r.says.Data.Task.ID, r.says.Data.Sequence}
		if _, known := f.tasks[id]; !known {
			v.violate("L2", "%s tells of task %s, which the server does not know", r.ID, id)
		}
		if ids[n] == "" {
			ids[n] = r.ID
		}
		if ids[n] != r.ID {
			v.violate("L3", "%s and %s of task %s have the number %d", ids[n], r.ID, id, n.n)
		}
		if end := ended[id]; !end.IsZero() && len(f.lives[r.life].Lapses) == 0 && f.late(r, end) {
			v.violate("L9", "%s of task %s came %s after its end", r.says.Type, id, r.At.Sub(end))
		}
	}
}
