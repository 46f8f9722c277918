package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// workflowListView is a list of workflows.
type workflowListView struct {
	access
	Rows  []workflowRow
	Pager pager
}

// workflowRow is a workflow in its newest version.
type workflowRow struct {
	taskhook.Workflow
	Steps int // 0: the definition can't be read any more
}

// workflowList lists workflows.
func (d *Dashboard) workflowList(r *http.Request, s *session) (view, error) {
	l, err := d.Workflows.List(r.Context(), taskhook.WorkflowFilter{AccountID: s.Account.ID,
		Page: taskhook.Page{Limit: pageRows, Cursor: cursor(r)}})
	if err != nil {
		return view{}, err
	}
	v := workflowListView{access: s.access, Pager: newPager(r, l)}
	for _, w := range l.Items {
		row := workflowRow{Workflow: w}
		if outline, err := d.outlineOf(w.ID, w.Version, w.Source); err == nil {
			row.Steps = len(outline.Steps)
		}
		v.Rows = append(v.Rows, row)
	}
	return view{template: "workflows.html", section: "workflows", title: "Workflows", data: v}, nil
}
