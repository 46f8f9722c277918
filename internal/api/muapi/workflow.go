package muapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// The workflows' part of the API is at the root of the host, or under /api as its
// page on them writes it.
const (
	workflowPath = "/workflow"
	oneWorkflow  = workflowPath + "/{workflow_id}/"
	oneRun       = workflowPath + "/run/{run_id}/"
	// belowWorkflow is what f.mux knows of the paths that begin with oneWorkflow. One
	// multiplexer can't hold them beside /workflow/update-name/{workflow_id}.
	belowWorkflow = oneWorkflow + "{call}"
)

// workflowRoutes are the calls about workflows that clients are known to make.
func (f *Face) workflowRoutes() []Route {
	const (
		get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete

		read, write, run = taskhook.ScopeWorkflowsRead, taskhook.ScopeWorkflowsWrite, taskhook.ScopeWorkflowsRun
	)
	return []Route{
		{post, oneWorkflow + "run", startedRun{}, run, "Run a workflow", f.runWorkflow},
		{post, oneWorkflow + "api-execute", startedRun{}, run, "Run a workflow with inputs", f.runWorkflow},
		{get, oneWorkflow + "api-inputs", apiInputs{}, read, "Read the inputs of a workflow", f.workflowInputs},
		{get, oneRun + "status", runStatus{}, read, "Read how far a run is, node by node", f.runStatus},
		{get, oneRun + "api-outputs", runOutcome{}, read, "Read what a run has made", f.runOutputs},

		{get, workflowPath + "/get-workflow-defs", []listedWorkflow{}, read, "List workflows", f.listWorkflows},
		{get, workflowPath + "/get-workflow-def/{workflow_id}", shownWorkflow{}, read, "Read a workflow", f.workflow},
		{del, workflowPath + "/delete-workflow-def/{workflow_id}", deletedWorkflow{}, write, "Delete a workflow", f.deleteWorkflow},
		{post, workflowPath + "/create", listedWorkflow{}, write, "Make or change a workflow", f.createWorkflow},
		{post, workflowPath + "/update-name/{workflow_id}", listedWorkflow{}, write, "Rename a workflow", f.renameWorkflow},
		{post, workflowPath + "/architect", nil, write, "Refuse to design a workflow", f.architect},
	}
}

// muxOf returns the multiplexer for the routes with a pattern.
func (f *Face) muxOf(pattern string) *http.ServeMux {
	if strings.HasPrefix(pattern, oneWorkflow) {
		return f.flows
	}
	return f.mux
}

// listedWorkflow is a workflow without its nodes. Clients differ in what they call
// its id.
type listedWorkflow struct {
	ID          string    `json:"id"`
	WorkflowID  string    `json:"workflow_id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	IsOwner     bool      `json:"is_owner"` // true: others' are not shown
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func renderWorkflow(w *taskhook.Workflow) listedWorkflow {
	return listedWorkflow{w.ID, w.ID, w.Name, w.Description, true, w.CreatedAt.UTC().Truncate(time.Second), w.UpdatedAt.UTC().Truncate(time.Second)}
}

// maxListed is how many workflows are listed, the newest; the API has no pages.
const maxListed = 1000

// listWorkflows answers GET /workflow/get-workflow-defs.
func (f *Face) listWorkflows(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	filter := taskhook.WorkflowFilter{AccountID: who.AccountID, Page: taskhook.Page{Limit: maxLimit}}
	all := []listedWorkflow{}
	for len(all) < maxListed {
		list, err := f.Workflows.List(r.Context(), filter)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			all = append(all, renderWorkflow(&list.Items[i]))
		}
		if !list.More {
			break
		}
		filter.Cursor = list.Next
	}
	return all, nil
}

// shownWorkflow is a workflow with its nodes.
type shownWorkflow struct {
	listedWorkflow
	Nodes []node `json:"nodes"`
	Edges []edge `json:"edges"`
}

// workflow answers GET /workflow/get-workflow-def/{workflow_id}.
func (f *Face) workflow(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	w, outline, err := f.outlined(r, who)
	if err != nil {
		return nil, err
	}
	nodes, edges, err := graphOf(outline)
	return shownWorkflow{renderWorkflow(&w), nodes, edges}, err
}

// outlined returns the workflow in the path.
func (f *Face) outlined(r *http.Request, who taskhook.Identity) (taskhook.Workflow, taskhook.WorkflowOutline, error) {
	w, err := f.Workflows.Get(r.Context(), who.AccountID, r.PathValue("workflow_id"))
	if err != nil {
		return w, taskhook.WorkflowOutline{}, err
	}
	outline, err := f.Workflows.Outline(w.Source)
	return w, outline, err
}

type deletedWorkflow struct {
	WorkflowID string `json:"workflow_id"`
	Deleted    bool   `json:"deleted"`
}

// deleteWorkflow answers DELETE /workflow/delete-workflow-def/{workflow_id}.
func (f *Face) deleteWorkflow(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	id := r.PathValue("workflow_id")
	return deletedWorkflow{id, true}, f.Definitions.Delete(r.Context(), who.AccountID, id)
}

// createWorkflow answers POST /workflow/create. With the id of a workflow it
// changes that.
func (f *Face) createWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	id, source, err := readGraph(body)
	if err != nil {
		return nil, err
	}
	var made taskhook.Workflow
	if id == "" {
		made, err = f.Definitions.Create(r.Context(), who.AccountID, source)
	} else {
		made, err = f.Definitions.Update(r.Context(), who.AccountID, id, source)
	}
	return renderWorkflow(&made), inNodes(err)
}

// renameWorkflow answers POST /workflow/update-name/{workflow_id}.
func (f *Face) renameWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	var name string
	err = members(body, func(member string, value []byte) (err error) {
		if member == "name" {
			name, err = textOf(member, value)
		}
		return err
	})
	if err == nil && name == "" {
		err = taskhook.FieldErrorf(taskhook.CodeMissing, "name", "name is required.")
	}
	if err != nil {
		return nil, err
	}
	renamed, err := f.Definitions.Rename(r.Context(), who.AccountID, r.PathValue("workflow_id"), name)
	return renderWorkflow(&renamed), inNodes(err)
}

// architect answers POST /workflow/architect.
func (f *Face) architect(http.ResponseWriter, *http.Request, taskhook.Identity) (any, error) {
	return nil, taskhook.Errorf(taskhook.CodeConflict,
		"This server has no architect that designs workflows. Send nodes to POST /workflow/create, or a definition to taskhook workflow create.")
}

// apiInputs says what a run may be given.
type apiInputs struct {
	WorkflowID string                         `json:"workflow_id"`
	Inputs     map[string]map[string]apiInput `json:"inputs"`     // by node and parameter
	InputData  inputSchema                    `json:"input_data"` // the same, for clients that ask a person
}

type apiInput struct {
	Type        string          `json:"type"`
	Required    bool            `json:"required"`
	Description string          `json:"description,omitempty"`
	Default     json.RawMessage `json:"default,omitempty"`
}

// inputSchema names every input as a node of its own, whose parameter is called
// value.
type inputSchema struct {
	Type       string                   `json:"type"` // "object"
	Properties map[string]inputProperty `json:"properties"`
	Required   []string                 `json:"required"`
}

type inputProperty struct {
	Title string `json:"title"`
	Name  string `json:"name"` // "value"
	apiInput
	Examples []json.RawMessage `json:"examples,omitempty"` // the default, which clients show
}

// workflowInputs answers GET /workflow/{workflow_id}/api-inputs.
func (f *Face) workflowInputs(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	w, outline, err := f.outlined(r, who)
	if err != nil {
		return nil, err
	}
	answer := apiInputs{WorkflowID: w.ID, Inputs: map[string]map[string]apiInput{},
		InputData: inputSchema{Type: "object", Properties: map[string]inputProperty{}, Required: []string{}}}
	for _, in := range outline.Inputs {
		node, param := splitName(in.Name)
		told := apiInput{in.Type, in.Required, in.Description, in.Default}
		if told.Type == "" {
			told.Type = "any"
		}
		if answer.Inputs[node] == nil {
			answer.Inputs[node] = map[string]apiInput{}
		}
		answer.Inputs[node][param] = told
		property := inputProperty{Title: node + "." + param, Name: plainParam, apiInput: told}
		if in.Default != nil {
			property.Examples = []json.RawMessage{in.Default}
		}
		answer.InputData.Properties[in.Name] = property
		if in.Required {
			answer.InputData.Required = append(answer.InputData.Required, in.Name)
		}
	}
	return answer, nil
}
