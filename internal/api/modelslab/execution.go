package modelslab

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// startedExecution answers a run: (ML) run-workflow.
type startedExecution struct {
	Status      string  `json:"status"`
	Message     string  `json:"message"`
	ExecutionID string  `json:"execution_id"`
	WorkflowID  string  `json:"workflow_id"`
	StatusURL   string  `json:"status_url"`
	WebhookURL  *string `json:"webhook_url"`
}

// runWorkflow answers POST /v1/workflows/{workflow_id}/run. The body is the
// parameters; that it may name a webhook is the seed's.
func (f *Face) runWorkflow(c call) (any, error) {
	n := taskhook.NewExecution{WorkflowID: c.PathValue(pathWorkflow), Face: Name, PerMinute: f.RunsPerMinute,
		Input: c.members.without(keyName, memberWebhook, memberTrackID)}
	var err error
	if n.WebhookURL, err = webhookIn(c.members); err != nil {
		return nil, unfit(err)
	}
	x, err := f.Executions.Start(c.Context(), c.who, n)
	if err != nil {
		return nil, unfit(inTheirWordsOfRuns(err, n.WebhookURL))
	}
	return startedExecution{statusSuccess, "Workflow execution started.", x.ID, x.WorkflowID, f.workflowURL(x.WorkflowID) + "/runs/" + x.ID,
		textOrNull(x.WebhookURL)}, nil
}

// inTheirWordsOfRuns says of an error about a run what (ML) says of it.
func inTheirWordsOfRuns(err error, webhook string) error {
	const inputs = "inputs." // begins the field of a parameter
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok {
		return err
	}
	name, isInput := strings.CutPrefix(bad.Field, inputs)
	if isInput && bad.Code == taskhook.CodeMissing {
		return taskhook.FieldErrorf(bad.Code, name, "%s is required", name)
	}
	if bad.Code == taskhook.CodeModelNotFound {
		return err // of a step
	}
	return inTheirWords(err, taskhook.NewTask{WebhookURL: webhook})
}

// unfitError is an error about the parameters of a run, which (ML) answers with 422.
type unfitError struct{ error }

func (e unfitError) Unwrap() error { return e.error }

func unfit(err error) error {
	switch taskhook.ErrorCode(err) {
	case taskhook.CodeMissing, taskhook.CodeInvalid:
		return unfitError{err}
	}
	return err
}

// executionIn returns the execution in the path.
func (f *Face) executionIn(c call) (taskhook.Execution, error) {
	x, err := f.Executions.Execution(c.Context(), c.who.AccountID, c.PathValue(pathExecution))
	if err == nil && x.WorkflowID != c.PathValue(pathWorkflow) {
		err = taskhook.Errorf(taskhook.CodeNotFound, "The workflow has no execution %.80q.", x.ID)
	}
	return x, err
}

// cancelExecution answers POST /v1/workflows/{workflow_id}/runs/{execution_id}/cancel.
func (f *Face) cancelExecution(c call) (any, error) {
	x, err := f.executionIn(c)
	if err == nil {
		_, err = f.Executions.Cancel(c.Context(), c.who.AccountID, x.ID)
	}
	return said{statusSuccess, "Workflow execution cancelled."}, err
}

// said is an answer that is a sentence.
type said struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// shownExecution tells how far an execution is: (ML) get-execution-status.
type shownExecution struct {
	Status    string         `json:"status"`
	Execution executionState `json:"execution"`
	Output    *runOutput     `json:"output,omitempty"` // of a completed one
	Error     string         `json:"error,omitempty"`  // of a failed one
	Steps     []stepState    `json:"steps"`
}

type executionState struct {
	ID          string          `json:"id"`
	WorkflowID  string          `json:"workflow_id"`
	Status      string          `json:"status"`
	StartedAt   *time.Time      `json:"started_at"`
	CompletedAt *time.Time      `json:"completed_at"`
	Seconds     *float64        `json:"execution_time"`
	OutputData  json.RawMessage `json:"output_data,omitempty"` // what the webhook says of it (seed)
}

type runOutput struct {
	Output     []string `json:"output"`
	ProxyLinks []string `json:"proxy_links"`
	Status     string   `json:"status"`
}

type stepState struct {
	Name        string     `json:"name"`
	Status      string     `json:"status"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

// execution answers GET /v1/workflows/{workflow_id}/runs/{execution_id}.
func (f *Face) execution(c call) (any, error) {
	x, err := f.executionIn(c)
	if err != nil {
		return nil, err
	}
	answer := shownExecution{Status: statusSuccess, Steps: []stepState{}, Execution: executionState{ID: x.ID, WorkflowID: x.WorkflowID, Status: string(x.State),
		StartedAt: secondOrNull(x.StartedAt), CompletedAt: secondOrNull(x.FinishedAt)}}
	if x.State.Final() {
		seconds := x.Took().Seconds()
		answer.Execution.Seconds = &seconds
	}
	if answer.Execution.OutputData, err = f.Executions.Output(&x); err != nil {
		return nil, err
	}
	if x.State == taskhook.ExecutionCompleted {
		links := append([]string{}, taskhook.OutputLinks(answer.Execution.OutputData)...)
		answer.Output = &runOutput{links, links, statusSuccess}
	}
	if x.Error != nil {
		answer.Error = x.Error.Message
	}
	for _, s := range x.Steps {
		answer.Steps = append(answer.Steps, stepState{s.ID, stepStatus(s.State), secondOrNull(s.StartedAt), secondOrNull(s.FinishedAt)})
	}
	return answer, nil
}

// stepStatus is the state of a step in the words that (ML) has for executions too.
func stepStatus(s taskhook.StepState) string {
	switch s {
	case taskhook.StepWaiting:
		return "pending"
	case taskhook.StepSucceeded:
		return "completed"
	case taskhook.StepSkipped:
		return "cancelled"
	}
	return string(s)
}
