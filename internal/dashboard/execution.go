package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

// executionView is one execution of a workflow with each of its steps.
type executionView struct {
	access
	executionRow
	Newest     int // version of its workflow; 0: that is deleted
	Input      string
	Output     string // empty: it has made nothing
	Steps      []stepView
	Deliveries []taskhook.Delivery // of its outcome
}

// CanCancel reports whether the execution can be cancelled by who looks at it.
func (v executionView) CanCancel() bool {
	return !v.State.Final() && v.May(taskhook.ScopeWorkflowsRun)
}

// HasResults reports whether a step has made something.
func (v executionView) HasResults() bool {
	for _, s := range v.Steps {
		if len(s.Results) > 0 {
			return true
		}
	}
	return false
}

// execution shows one execution.
func (d *Dashboard) execution(r *http.Request, s *session) (view, error) {
	ctx := r.Context()
	x, err := d.Executions.Execution(ctx, s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	v := executionView{access: s.access, executionRow: executionRows([]taskhook.Execution{x})[0], Input: indented(x.Input)}
	outline, err := d.outlineOf(x.WorkflowID, x.Version, x.Source)
	if err != nil {
		return view{}, err
	}
	if x.State.Final() {
		output, err := d.Executions.Output(&x)
		if err != nil {
			return view{}, err
		}
		v.Output = indented(output)
	}
	v.Steps = d.stepViews(&x, outline, time.Now())
	w, err := d.Workflows.Get(ctx, s.Account.ID, x.WorkflowID)
	if err != nil && taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		return view{}, err
	}
	v.Newest = w.Version
	if v.Deliveries, err = d.deliveriesOf(ctx, s, x.ID); err != nil {
		return view{}, err
	}
	return view{template: "execution.html", section: "workflows", title: "Execution " + shortID(x.ID), data: v}, nil
}

// deliveriesOf returns the newest deliveries about a subject, as far as who is
// signed in may see any.
func (d *Dashboard) deliveriesOf(ctx context.Context, s *session, subject string) ([]taskhook.Delivery, error) {
	if !s.May(taskhook.ScopeDeliveriesRead) {
		return nil, nil
	}
	l, err := d.Deliveries.Deliveries(ctx, taskhook.DeliveryFilter{AccountID: s.Account.ID, Subject: subject, Page: taskhook.Page{Limit: maxTimeline}})
	return l.Items, err
}
