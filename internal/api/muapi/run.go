package muapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
)

// startedRun answers a call that runs a workflow. Clients differ in what they call
// the id.
type startedRun struct {
	RunID      string `json:"run_id"`
	ID         string `json:"id"`
	WorkflowID string `json:"workflow_id"`
	Status     string `json:"status"` // "processing"
}

// runWorkflow answers POST /workflow/{workflow_id}/run and …/api-execute, which
// differ only in what clients send: the one runs with what is saved.
func (f *Face) runWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	flow, outline, err := f.outlined(r, who)
	if err != nil {
		return nil, err
	}
	body, err := readBody(w, r)
	if taskhook.ErrorCode(err) == taskhook.CodeMissing {
		body, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	n, place, err := newExecution(body, queryValue(r.URL.RawQuery, webhookParameter), outline.Inputs)
	if err != nil {
		return nil, err
	}
	n.WorkflowID = flow.ID
	x, err := f.Executions.Start(r.Context(), who, n)
	if err != nil {
		return nil, atParameter(atWebhook(err, place))
	}
	return startedRun{x.ID, x.ID, x.WorkflowID, statusProcessing}, nil
}

// newExecution reads the body of a run. As of submissions, the query's webhook wins.
func newExecution(body []byte, webhook string, inputs []taskhook.WorkflowInput) (n taskhook.NewExecution, place string, err error) {
	n = taskhook.NewExecution{Face: Name, WebhookURL: webhook}
	place = inQuery + webhookParameter
	err = members(body, func(name string, value []byte) (err error) {
		switch name {
		case webhookMember:
			var text string
			if text, err = textOf(name, value); err == nil && webhook == "" {
				n.WebhookURL, place = text, webhookMember
			}
		case "inputs":
			n.Input, err = readInputs(value, inputs)
		}
		return err
	})
	return n, place, err
}

// runOutcome is a run as a prediction.
type runOutcome struct {
	prediction
	WorkflowID string `json:"workflow_id"`
}

// newRun shows a run with the links to what it has made.
func newRun(baseURL string, x *taskhook.Execution, outputs []string) runOutcome {
	p := prediction{ID: x.ID, URLs: links{baseURL + workflowPath + "/run/" + url.PathEscape(x.ID) + "/api-outputs"},
		Status: runState(x.State), CreatedAt: x.CreatedAt.UTC().Truncate(time.Second)}
	if x.State.Final() {
		p.NSFW = make([]bool, len(outputs))
		if x.State == taskhook.ExecutionCompleted {
			p.Outputs = append([]string{}, outputs...)
		}
		if x.Error != nil {
			p.Error = x.Error.Message
		}
		seconds := x.Took().Seconds()
		p.ExecutionTime, p.Timings = &seconds, &timings{seconds}
	}
	return runOutcome{p, x.WorkflowID}
}

// RunWebhookBody returns what writes the webhook bodies of runs, for which the API
// has no form of their own: that of a prediction, and workflow_id.
func RunWebhookBody(baseURL string) taskhook.WorkflowRenderFunc {
	return func(o taskhook.WorkflowOutcome) []byte {
		return encode(newRun(baseURL, &o.Execution, linksOf(&o.Execution, o.Output)))
	}
}

// linksOf returns the outputs of a run that has completed.
func linksOf(x *taskhook.Execution, output json.RawMessage) []string {
	if x.State != taskhook.ExecutionCompleted {
		return nil
	}
	return taskhook.OutputLinks(output)
}

func runState(s taskhook.ExecutionState) string {
	switch s {
	case taskhook.ExecutionRunning:
		return statusProcessing
	case taskhook.ExecutionCompleted:
		return statusCompleted
	case taskhook.ExecutionFailed:
		return statusFailed
	case taskhook.ExecutionCancelled:
		return statusCancelled
	}
	return statusQueued
}

// runOutputs answers GET /workflow/run/{run_id}/api-outputs.
func (f *Face) runOutputs(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	x, err := f.Executions.Execution(r.Context(), who.AccountID, r.PathValue("run_id"))
	if err != nil {
		return nil, err
	}
	output, err := f.Executions.Output(&x)
	return newRun(f.BaseURL, &x, linksOf(&x, output)), err
}

// runStatus tells how far a run is.
type runStatus struct {
	RunID      string       `json:"run_id"`
	WorkflowID string       `json:"workflow_id"`
	Status     string       `json:"status"`
	Error      string       `json:"error,omitempty"`
	Nodes      []nodeStatus `json:"nodes"`
}

type nodeStatus struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"` // the model
	Status    string   `json:"status"`
	NodeRunID string   `json:"node_run_id,omitempty"` // the prediction of the last try
	Outputs   []string `json:"outputs"`
	Error     string   `json:"error,omitempty"`
}

// runStatus answers GET /workflow/run/{run_id}/status.
func (f *Face) runStatus(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	x, err := f.Executions.Execution(r.Context(), who.AccountID, r.PathValue("run_id"))
	if err != nil {
		return nil, err
	}
	outline, err := f.Workflows.Outline(x.Source)
	if err != nil {
		return nil, err
	}
	if len(outline.Steps) != len(x.Steps) {
		return nil, fmt.Errorf("show %s: it has %d steps, its definition %d", x.ID, len(x.Steps), len(outline.Steps))
	}
	answer := runStatus{RunID: x.ID, WorkflowID: x.WorkflowID, Status: runState(x.State), Nodes: []nodeStatus{}}
	if x.Error != nil {
		answer.Error = x.Error.Message
	}
	for i := range x.Steps {
		answer.Nodes = append(answer.Nodes, f.nodeStatus(&x.Steps[i], outline.Steps[i].Model))
	}
	return answer, nil
}

func (f *Face) nodeStatus(s *taskhook.ExecutionStep, model string) nodeStatus {
	n := nodeStatus{ID: s.ID, Type: model, Status: nodeState(s.State), NodeRunID: s.TaskID, Outputs: []string{}}
	for _, a := range s.Results {
		if !a.Removed {
			n.Outputs = append(n.Outputs, f.Links.Permanent(a))
		}
	}
	if s.Error != nil {
		n.Error = s.Error.Message
	}
	return n
}

func nodeState(s taskhook.StepState) string {
	switch s {
	case taskhook.StepRunning:
		return statusProcessing
	case taskhook.StepSucceeded:
		return statusCompleted
	case taskhook.StepFailed:
		return statusFailed
	case taskhook.StepCancelled, taskhook.StepSkipped:
		return statusCancelled
	}
	return statusQueued
}
