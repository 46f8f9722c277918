package modelhunter

import (
	"context"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// runWorkflow answers POST /workflows/{workflow_id}/run.
func (f *Face) runWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := workflowID(r)
	if err != nil {
		return err
	}
	n := taskhook.NewExecution{WorkflowID: id, Face: Name}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		err = decodeObject(body, func(name string) any {
			switch name {
			case "inputs":
				return &n.Input
			case "webhookUrl":
				return &n.WebhookURL
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	if n.IdempotencyKey, n.RequestHash, err = idempotency(r, "workflows", id, body); err != nil {
		return err
	}
	x, err := f.Executions.Start(r.Context(), who, n)
	if err != nil {
		return err
	}
	return f.writeExecution(w, r, http.StatusAccepted, x)
}

// execution answers GET /executions/{execution_id}.
func (f *Face) execution(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.withExecution(w, r, who, f.Executions.Execution)
}

// cancelExecution answers POST /executions/{execution_id}/cancel.
func (f *Face) cancelExecution(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.withExecution(w, r, who, f.Executions.Cancel)
}

// withExecution answers with what get returns for the id in the path.
func (f *Face) withExecution(w http.ResponseWriter, r *http.Request, who taskhook.Identity,
	get func(ctx context.Context, account, id string) (taskhook.Execution, error)) error {
	id, err := executionID(r)
	if err != nil {
		return err
	}
	x, err := get(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeExecution(w, r, http.StatusOK, x)
}

// listExecutions answers GET /executions.
func (f *Face) listExecutions(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.ExecutionFilter{AccountID: who.AccountID, WorkflowID: q.id("workflowId", taskhook.PrefixWorkflow),
		State: oneOf(q, "status", taskhook.ExecutionStates()...), Page: q.page(defaultLimit, taskhook.PrefixExecution)}
	if q.err != nil {
		return q.err
	}
	list, err := f.Executions.ListExecutions(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderExecution)
}

// writeExecution answers with an execution and what it has made.
func (f *Face) writeExecution(w http.ResponseWriter, r *http.Request, status int, x taskhook.Execution) error {
	out := renderExecution(x)
	var err error
	if out.Output, err = f.Executions.Output(&x); err != nil {
		return err
	}
	return f.writeData(w, r, status, out)
}

func renderExecution(x taskhook.Execution) client.Execution {
	return client.Execution{ID: x.ID, WorkflowID: x.WorkflowID, WorkflowName: x.WorkflowName, Version: x.Version, Status: string(x.State),
		Progress: x.Progress(), Inputs: x.Input, Error: renderTaskError(x.Error), Steps: rendered(x.Steps, renderStep),
		CreatedAt: wholeSecond(x.CreatedAt), StartedAt: wholeSecond(x.StartedAt), CompletedAt: wholeSecond(x.FinishedAt), ExecutionTime: x.Took().Seconds()}
}

func renderStep(s taskhook.ExecutionStep) client.ExecutionStep {
	return client.ExecutionStep{ID: s.ID, Status: string(s.State), Progress: s.Progress, Tries: s.Tries, TaskID: s.TaskID, Error: renderTaskError(s.Error),
		StartedAt: wholeSecond(s.StartedAt), CompletedAt: wholeSecond(s.FinishedAt)}
}

func renderTaskError(e *taskhook.TaskError) *client.TaskError {
	if e == nil {
		return nil
	}
	return &client.TaskError{Code: e.Code, Message: e.Message}
}
