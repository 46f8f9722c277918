package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/taskhook/taskhook"
)

// maxTimeline is how many deliveries of a task its timeline tells of.
const maxTimeline = 20

// taskView is one task from its request to the receivers' answers.
type taskView struct {
	access
	taskhook.Task
	Input    string // indented
	Metadata string
	Cost     taskhook.Money
	Results  []preview
	Timeline []moment
	Untold   int // deliveries that the timeline leaves out
	Part     stepOf
}

// CanCancel reports whether the task can be cancelled by who looks at it.
func (v taskView) CanCancel() bool { return !v.State.Final() && v.May(taskhook.ScopeTasksWrite) }

// CanRetry reports whether the task can be repeated by who looks at it.
func (v taskView) CanRetry() bool {
	return (v.State == taskhook.TaskFailed || v.State == taskhook.TaskExpired) &&
		v.May(taskhook.ScopeTasksWrite) && v.May(taskhook.CreateScope(v.Medium))
}

// CanAttach reports whether it can besides be repeated by waiting for work that the
// provider may have taken on.
func (v taskView) CanAttach() bool {
	return v.CanRetry() && v.Error != nil && v.Error.Code == taskhook.TaskErrorSubmissionUnknown
}

// task shows one task.
func (d *Dashboard) task(r *http.Request, s *session) (view, error) {
	t, err := d.Tasks.Task(r.Context(), s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	line, untold, err := d.timeline(r.Context(), s, &t)
	if err != nil {
		return view{}, err
	}
	return view{template: "task.html", section: "tasks", title: "Task " + shortID(t.ID), data: taskView{
		access: s.access, Task: t, Input: indented(t.Input), Metadata: indented(t.Metadata), Cost: t.Cost(), Results: d.previews(t.Results),
		Timeline: line, Untold: untold, Part: stepOfTask(&t)}}, nil
}

// stepOf is the step of an execution that a task is; zero for tasks of their own.
type stepOf struct {
	Execution string `json:"execution_id"`
	Step      string `json:"step"`
}

// stepOfTask reads the metadata that tasks of workflows have.
func stepOfTask(t *taskhook.Task) (p stepOf) {
	if t.Face != taskhook.FaceWorkflow || json.Unmarshal(t.Metadata, &p) != nil || !taskhook.HasIDForm(taskhook.PrefixExecution, p.Execution) {
		return stepOf{}
	}
	return p
}

// timeline returns the life of a task as who is signed in may see it, and how many
// deliveries it leaves out for their number.
func (d *Dashboard) timeline(ctx context.Context, s *session, t *taskhook.Task) (line []moment, untold int, err error) {
	if !s.May(taskhook.ScopeDeliveriesRead) {
		return taskMoments(t), 0, nil
	}
	sent, untold, err := d.sentFor(ctx, t)
	return timeline(t, sent), untold, err
}

// sentFor returns the deliveries of a task's outcome with their attempts, oldest
// first, and how many more there are.
func (d *Dashboard) sentFor(ctx context.Context, t *taskhook.Task) (sent []tried, more int, err error) {
	l, err := d.Deliveries.Deliveries(ctx, taskhook.DeliveryFilter{AccountID: t.AccountID, Subject: t.ID,
		Page: taskhook.Page{Limit: maxTimeline}})
	if err != nil {
		return nil, 0, err
	}
	sent = make([]tried, len(l.Items))
	for i, delivery := range l.Items {
		attempts, err := d.Deliveries.Attempts(ctx, t.AccountID, delivery.ID)
		if err != nil {
			return nil, 0, err
		}
		sent[len(sent)-1-i] = tried{delivery, attempts}
	}
	return sent, l.Total - len(l.Items), nil
}

// maxText is how much of a long text a page shows, in bytes.
const maxText = 64 << 10

// indented returns JSON in a form to read; what is not JSON stays as it is.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return cut(string(text))
	}
	return cut(b.String())
}

// cut shortens a text to what a page shows.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return text[:maxText] + " …"
}
