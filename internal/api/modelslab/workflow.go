package modelslab

import (
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
)

// The names of a path's elements.
const (
	pathWorkflow  = "workflow_id"
	pathExecution = "execution_id"
)

const workflowsPath = "/api/v1/workflows"

// workflowRoutes are the calls of (ML) workflows-api.
func (f *Face) workflowRoutes() []Route {
	const get, post, one, run = http.MethodGet, http.MethodPost, workflowsPath + "/{workflow_id}", workflowsPath + "/{workflow_id}/runs/{execution_id}"
	return []Route{
		{Method: get, Pattern: workflowsPath, Scope: taskhook.ScopeWorkflowsRead, Summary: "List workflows", Handler: f.listWorkflows},
		{Method: get, Pattern: one, Scope: taskhook.ScopeWorkflowsRead, Summary: "Read a workflow's parameters", Handler: f.workflow},
		{Method: post, Pattern: one + "/run", Status: http.StatusAccepted, Scope: taskhook.ScopeWorkflowsRun, Summary: "Run a workflow", Handler: f.runWorkflow},
		{Method: get, Pattern: run, Scope: taskhook.ScopeWorkflowsRead, Summary: "Read an execution", Handler: f.execution},
		{Method: post, Pattern: run + "/cancel", Scope: taskhook.ScopeWorkflowsRun, Summary: "Cancel an execution", Handler: f.cancelExecution},
	}
}

// listedWorkflow is a workflow in a list: (ML) list-workflows.
type listedWorkflow struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	RateLimit   *int       `json:"rate_limit"` // runs a minute; null: any number
	CallCount   int        `json:"call_count"`
	LastCalled  *time.Time `json:"last_called_at"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
}

type workflowList struct {
	Status    string           `json:"status"`
	Workflows []listedWorkflow `json:"workflows"`
}

// listWorkflows answers GET /v1/workflows, with the newest.
func (f *Face) listWorkflows(c call) (any, error) {
	filter := taskhook.WorkflowFilter{AccountID: c.who.AccountID, Page: taskhook.Page{Limit: perPage}}
	answer := workflowList{Status: statusSuccess, Workflows: []listedWorkflow{}}
	for range lookedAt / perPage {
		list, err := f.Workflows.List(c.Context(), filter)
		if err != nil {
			return nil, err
		}
		for _, w := range list.Items {
			answer.Workflows = append(answer.Workflows, listedWorkflow{w.ID, w.Name, w.Description, f.rateLimit(), w.Runs,
				secondOrNull(w.LastRunAt), *secondOrNull(w.CreatedAt), *secondOrNull(w.UpdatedAt)})
		}
		if !list.More {
			break
		}
		filter.Cursor = list.Next
	}
	return answer, nil
}

func (f *Face) rateLimit() *int {
	if f.RunsPerMinute == 0 {
		return nil
	}
	return &f.RunsPerMinute
}

// secondOrNull is a time as (ML) writes it, without parts of a second.
func secondOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// workflowSchema says how a workflow is run: (ML) get-workflow-schema.
type workflowSchema struct {
	Status     string              `json:"status"`
	Workflow   describedWorkflow   `json:"workflow"`
	Parameters []workflowParameter `json:"parameters"`
	Endpoints  workflowEndpoints   `json:"endpoints"`
}

type describedWorkflow struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	RateLimit   *int    `json:"rate_limit"`
	WebhookURL  *string `json:"webhook_url"`
}

// workflowParameter is an input of a workflow. Its node is the first step that
// refers to it, null if none does.
type workflowParameter struct {
	Key      string  `json:"key"`
	Type     string  `json:"type"`
	Required bool    `json:"required"`
	NodeID   *string `json:"node_id"`
	NodeName *string `json:"node_name"`
}

type workflowEndpoints struct {
	Run    string `json:"run"`
	Status string `json:"status"` // with {id} in place of the execution's
}

// workflow answers GET /v1/workflows/{workflow_id}.
func (f *Face) workflow(c call) (any, error) {
	w, err := f.Workflows.Get(c.Context(), c.who.AccountID, c.PathValue(pathWorkflow))
	if err != nil {
		return nil, err
	}
	outline, err := f.Workflows.Outline(w.Source)
	if err != nil {
		return nil, err
	}
	answer := workflowSchema{Status: statusSuccess, Parameters: []workflowParameter{},
		Workflow:  describedWorkflow{w.ID, w.Name, w.Description, f.rateLimit(), textOrNull(outline.WebhookURL)},
		Endpoints: workflowEndpoints{Run: f.workflowURL(w.ID) + "/run", Status: f.workflowURL(w.ID) + "/runs/{id}"}}
	for _, in := range outline.Inputs {
		kind := in.Type
		if kind == "" {
			kind = "any"
		}
		answer.Parameters = append(answer.Parameters, workflowParameter{in.Name, kind, in.Required, textOrNull(in.Step), textOrNull(in.Step)})
	}
	return answer, nil
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (f *Face) workflowURL(id string) string { return f.BaseURL + workflowsPath + "/" + id }
