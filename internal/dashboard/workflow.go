package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// workflowExecutions is how many executions the page of a workflow shows.
const workflowExecutions = 10

// workflowView is a workflow with what it does and has done.
type workflowView struct {
	access
	taskhook.Workflow
	Outline
	Definition string // as its author wrote it
	Executions []executionRow
	Total      string // of its executions
}

// workflow shows one workflow in its newest version.
func (d *Dashboard) workflow(r *http.Request, s *session) (view, error) {
	w, err := d.Workflows.Get(r.Context(), s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	outline, err := d.outlineOf(w.ID, w.Version, w.Source)
	if err != nil {
		return view{}, err
	}
	l, err := d.Executions.ListExecutions(r.Context(), taskhook.ExecutionFilter{AccountID: s.Account.ID, WorkflowID: w.ID,
		Page: taskhook.Page{Limit: workflowExecutions}})
	if err != nil {
		return view{}, err
	}
	return view{template: "workflow.html", section: "workflows", title: w.Name, data: workflowView{
		access: s.access, Workflow: w, Outline: outline, Definition: definition(w.Source), Executions: executionRows(l.Items), Total: total(l.Total)}}, nil
}

// definition returns a definition in a form to read.
func definition(s taskhook.Source) string {
	if s.Format == taskhook.FormatJSON {
		return indented(s.Text)
	}
	return cut(string(s.Text))
}
