package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// executionListView is a list of executions with its filters.
type executionListView struct {
	Filter taskhook.ExecutionFilter
	States []taskhook.ExecutionState
	Rows   []executionRow
	Pager  pager
}

// Filtered reports whether the list shows a choice only.
func (v executionListView) Filtered() bool { return v.Filter.State != "" || v.Filter.WorkflowID != "" }

// executionRow is an execution with how far it is.
type executionRow struct {
	*taskhook.Execution
	Done int // steps that have succeeded
}

// Lasted returns the time from the request to the end, zero until that is known.
func (x executionRow) Lasted() time.Duration {
	if x.FinishedAt.IsZero() {
		return 0
	}
	return x.FinishedAt.Sub(x.CreatedAt)
}

func executionRows(list []taskhook.Execution) []executionRow {
	rows := make([]executionRow, len(list))
	for i := range list {
		rows[i].Execution = &list[i]
		for _, step := range list[i].Steps {
			if step.State == taskhook.StepSucceeded {
				rows[i].Done++
			}
		}
	}
	return rows
}

// executionList lists executions.
func (d *Dashboard) executionList(r *http.Request, s *session) (view, error) {
	query := r.URL.Query()
	field := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	f := taskhook.ExecutionFilter{AccountID: s.Account.ID, State: taskhook.ExecutionState(field("state")), WorkflowID: field("workflow"),
		Page: taskhook.Page{Limit: pageRows, Cursor: cursor(r)}}
	if f.State != "" && !slices.Contains(taskhook.ExecutionStates(), f.State) {
		return view{}, taskhook.Errorf(taskhook.CodeInvalid, "Executions have no state %.80q.", f.State)
	}
	l, err := d.Executions.ListExecutions(r.Context(), f)
	if err != nil {
		return view{}, err
	}
	return view{template: "executions.html", section: "workflows", title: "Executions",
		data: executionListView{f, taskhook.ExecutionStates(), executionRows(l.Items), newPager(r, l)}}, nil
}
