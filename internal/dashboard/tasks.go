package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// taskListView is a list of tasks with its filters.
type taskListView struct {
	Filter taskhook.TaskFilter
	States []taskhook.TaskState
	Rows   []taskRow
	Pager  pager
}

// Filtered reports whether the list shows a choice only.
func (v taskListView) Filtered() bool {
	return v.Filter.State != "" || v.Filter.Provider != "" || v.Filter.Model != "" || v.Filter.Prefix != ""
}

// taskRow is a task with its first result.
type taskRow struct {
	taskhook.Task
	Preview *preview // nil: there is none to show
}

// Took returns the time from the request to the end, zero until that is known.
func (t taskRow) Took() time.Duration {
	if t.FinishedAt.IsZero() {
		return 0
	}
	return t.FinishedAt.Sub(t.CreatedAt)
}

// taskList lists tasks.
func (d *Dashboard) taskList(r *http.Request, s *session) (view, error) {
	query := r.URL.Query()
	field := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	f := taskhook.TaskFilter{AccountID: s.Account.ID, State: taskhook.TaskState(field("state")), Provider: field("provider"),
		Model: field("model"), Prefix: field("id"), Page: taskhook.Page{Limit: pageRows, Cursor: cursor(r)}}
	if f.State != "" && !slices.Contains(taskhook.TaskStates(), f.State) {
		return view{}, taskhook.Errorf(taskhook.CodeInvalid, "Tasks have no state %.80q.", f.State)
	}
	l, err := d.Tasks.Tasks(r.Context(), f)
	if err != nil {
		return view{}, err
	}
	v := taskListView{Filter: f, States: taskhook.TaskStates(), Pager: newPager(r, l)}
	for _, t := range l.Items {
		row := taskRow{Task: t}
		if all := d.previews(t.Results); len(all) > 0 {
			row.Preview = &all[0]
		}
		v.Rows = append(v.Rows, row)
	}
	return view{template: "tasks.html", section: "tasks", title: "Tasks", data: v}, nil
}
