package dashboard

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

// flows is the part of the world that is about workflows.
type flows struct{ *world }

func (f flows) Get(_ context.Context, account, id string) (taskhook.Workflow, error) {
	defer f.lock()()
	return only(part(f.workflows, taskhook.Page{Limit: 1}, workflowID, func(w taskhook.Workflow) bool { return w.AccountID == account && w.ID == id }), f.fail)
}

func workflowID(w taskhook.Workflow) string { return w.ID }

func (f flows) List(_ context.Context, q taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error) {
	defer f.lock()()
	return part(f.workflows, q.Page, workflowID, func(w taskhook.Workflow) bool { return w.AccountID == q.AccountID }), f.fail
}

func (f flows) Execution(_ context.Context, account, id string) (taskhook.Execution, error) {
	defer f.lock()()
	return only(part(f.executions, taskhook.Page{Limit: 1}, executionID, func(x taskhook.Execution) bool { return x.AccountID == account && x.ID == id }), f.fail)
}

func executionID(x taskhook.Execution) string { return x.ID }

func (f flows) ListExecutions(_ context.Context, q taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error) {
	defer f.lock()()
	return part(f.executions, q.Page, executionID, func(x taskhook.Execution) bool {
		return x.AccountID == q.AccountID && (q.State == "" || x.State == q.State) && (q.WorkflowID == "" || x.WorkflowID == q.WorkflowID)
	}), f.fail
}

func (f flows) Cancel(ctx context.Context, account, id string) (taskhook.Execution, error) {
	x, err := f.Execution(ctx, account, id)
	if err == nil && x.State.Final() {
		err = taskhook.Errorf(taskhook.CodeConflict, "The execution is already %s and can't be cancelled.", x.State)
	}
	if err != nil {
		return x, err
	}
	defer f.lock()()
	f.did = "cancelled " + id
	return x, nil
}

func (flows) Output(x *taskhook.Execution) (json.RawMessage, error) {
	if x.State != taskhook.ExecutionCompleted {
		return nil, nil
	}
	return x.Input, nil
}

// outline has one step of the definition's text and one more.
func outline(s taskhook.Source) (Outline, error) {
	text := string(s.Text)
	return Outline{Parameters: []Parameter{{Name: text, Type: text, Description: text, Required: true}, {Name: "style"}},
		Steps: []OutlineStep{{ID: text, Provider: text, Capability: text, Model: text, Retries: 2}, {ID: "blend", Model: "seedream", Needs: []string{text}}}}, nil
}

// sampleFlows has a workflow and an execution of it in each state, and one of a
// workflow that is deleted.
func sampleFlows(text string) (workflows []taskhook.Workflow, executions []taskhook.Execution) {
	at, quoted := noon(), quoted(text)
	source := taskhook.Source{Format: taskhook.FormatYAML, Text: []byte(text)}
	workflows = []taskhook.Workflow{{ID: "wf_a", AccountID: "acc_one", Name: text, Description: text, Version: 3, Source: source, Runs: 5,
		LastRunAt: at, CreatedAt: at, UpdatedAt: at}}
	results := []taskhook.Artifact{{Name: text, Format: text, MediaType: "image/png", Size: 1234567}}
	for i, state := range taskhook.ExecutionStates() {
		x := taskhook.Execution{ID: "exec_" + string(rune('a'+i)), AccountID: "acc_one", WorkflowID: "wf_a", WorkflowName: text, Version: 2 + i%2, Source: source,
			Face: text, Test: true, Input: json.RawMessage(`{"prompt":` + quoted + `}`), WebhookURL: text, State: state, CreatedAt: at, StartedAt: at.Add(time.Second),
			Steps: []taskhook.ExecutionStep{
				{ID: text, State: taskhook.StepSucceeded, Tries: 2, TaskID: "task_d", Results: results, Progress: 100, StartedAt: at.Add(2 * time.Second), FinishedAt: at.Add(31 * time.Second)},
				{ID: "blend", State: taskhook.StepRunning, Tries: 1, TaskID: "task_c", Progress: 40, StartedAt: at.Add(31 * time.Second)},
				{ID: "last", State: taskhook.StepWaiting},
			}}
		if state.Final() {
			x.FinishedAt = at.Add(time.Minute)
		}
		if state == taskhook.ExecutionFailed {
			x.WorkflowID, x.Error = "wf_gone", &taskhook.TaskError{Code: text, Message: text}
			x.Steps[1].State, x.Steps[1].Error = taskhook.StepFailed, x.Error
		}
		executions = append(executions, x)
	}
	return workflows, executions
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
