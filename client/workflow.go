package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Definition is what a workflow does. It may be sent as JSON or as YAML.
type Definition struct {
	Name        string                   `json:"name"`
	Description string                   `json:"description,omitempty"`
	Webhook     string                   `json:"webhook,omitempty"`    // told of the end of executions that name none
	OnFailure   string                   `json:"on_failure,omitempty"` // "fail", the default, or "continue"
	Inputs      map[string]WorkflowInput `json:"inputs,omitempty"`
	Steps       []WorkflowStep           `json:"steps"`
	Outputs     map[string]any           `json:"outputs,omitempty"` // templates
}

// WorkflowInput is a parameter of a workflow.
type WorkflowInput struct {
	Type        string `json:"type,omitempty"` // "string", "number", "integer", "boolean", "array", "object"; empty: any
	Description string `json:"description,omitempty"`
	Required    *bool  `json:"required,omitempty"` // nil: unless it has a default
	Default     any    `json:"default,omitempty"`
}

// WorkflowStep is a task of a workflow. Texts of its input may refer to the
// workflow's inputs, {{ inputs.prompt }}, and to what other steps have made,
// {{ draw.outputs[0].value }}.
type WorkflowStep struct {
	ID         string         `json:"id"`
	Provider   string         `json:"provider"`
	Capability string         `json:"capability,omitempty"` // empty: the only one of the model
	Model      string         `json:"model"`
	Input      map[string]any `json:"input,omitempty"`
	Needs      []string       `json:"needs,omitempty"`   // steps besides those that the input refers to
	Retries    int            `json:"retries,omitempty"` // tries after the first
	Timeout    string         `json:"timeout,omitempty"` // of a try: "10m"
}

// Workflow is a definition that a server keeps.
type Workflow struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Version     int             `json:"version"`
	Format      string          `json:"format"`               // "json" or "yaml"
	Definition  json.RawMessage `json:"definition,omitempty"` // as JSON; not in lists
	Source      string          `json:"source,omitempty"`     // of YAML: as it was sent; not in lists
	Runs        int             `json:"runs"`
	LastRunAt   time.Time       `json:"last_run_at,omitzero"`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

// NewExecution is the body that starts a workflow.
type NewExecution struct {
	Inputs     json.RawMessage `json:"inputs,omitempty"`     // an object
	WebhookURL string          `json:"webhookUrl,omitempty"` // told of the end, instead of the workflow's own

	// IdempotencyKey makes the start safe to repeat: the same key with the same body
	// is the same execution. At most 255 characters.
	IdempotencyKey string `json:"-"`
}

// Execution is one run of a workflow. Status is one of pending, running, completed,
// failed and cancelled.
type Execution struct {
	ID            string          `json:"id"`
	WorkflowID    string          `json:"workflow_id"`
	WorkflowName  string          `json:"workflow_name"`
	Version       int             `json:"version"`
	Status        string          `json:"status"`
	Progress      int             `json:"progress"` // 0 to 100
	Inputs        json.RawMessage `json:"inputs"`
	Output        json.RawMessage `json:"output,omitempty"` // of an ended one
	Error         *TaskError      `json:"error,omitempty"`  // of a failed one
	Steps         []ExecutionStep `json:"steps"`
	CreatedAt     time.Time       `json:"created_at"`
	StartedAt     time.Time       `json:"started_at,omitzero"`
	CompletedAt   time.Time       `json:"completed_at,omitzero"`
	ExecutionTime float64         `json:"execution_time,omitempty"` // seconds
}

// ExecutionStep is how far a step is. Status is one of waiting, running,
// succeeded, failed, cancelled and skipped.
type ExecutionStep struct {
	ID          string     `json:"id"`
	Status      string     `json:"status"`
	Progress    int        `json:"progress"` // 0 to 100
	Tries       int        `json:"tries"`
	TaskID      string     `json:"task_id,omitempty"` // of the last try
	Error       *TaskError `json:"error,omitempty"`
	StartedAt   time.Time  `json:"started_at,omitzero"`
	CompletedAt time.Time  `json:"completed_at,omitzero"`
}

// ExecutionQuery selects executions.
type ExecutionQuery struct {
	WorkflowID string
	Status     string
	PageQuery
}

// CreateWorkflow keeps a definition, which is the text of a Definition in JSON or
// YAML.
func (c *Client) CreateWorkflow(ctx context.Context, definition []byte) (Workflow, error) {
	return answer[Workflow](ctx, c, call{method: http.MethodPost, path: []string{"workflows"}, body: document(definition)})
}

// UpdateWorkflow makes a new version of a workflow.
func (c *Client) UpdateWorkflow(ctx context.Context, id string, definition []byte) (Workflow, error) {
	return answer[Workflow](ctx, c, call{method: http.MethodPut, path: []string{"workflows", id}, body: document(definition)})
}

// document is a body that is sent as it is: JSON, or else YAML.
type document []byte

func (d document) contentType() string {
	if json.Valid(d) {
		return "application/json"
	}
	return "application/yaml"
}

// Workflow returns one workflow with its definition.
func (c *Client) Workflow(ctx context.Context, id string) (Workflow, error) {
	return answer[Workflow](ctx, c, call{method: http.MethodGet, path: []string{"workflows", id}})
}

// Workflows lists workflows, without their definitions.
func (c *Client) Workflows(ctx context.Context, q PageQuery) (Page[Workflow], error) {
	return page[Workflow](ctx, c, call{method: http.MethodGet, path: []string{"workflows"}, query: q.values()})
}

// DeleteWorkflow deletes a workflow. Its executions go on.
func (c *Client) DeleteWorkflow(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: []string{"workflows", id}})
}

// RunWorkflow starts a workflow.
func (c *Client) RunWorkflow(ctx context.Context, id string, n NewExecution) (Execution, error) {
	k := call{method: http.MethodPost, path: []string{"workflows", id, "run"}, body: n}
	if n.IdempotencyKey != "" {
		k.header = http.Header{"Idempotency-Key": {n.IdempotencyKey}}
	}
	return answer[Execution](ctx, c, k)
}

// Execution returns an execution with its steps.
func (c *Client) Execution(ctx context.Context, id string) (Execution, error) {
	return answer[Execution](ctx, c, call{method: http.MethodGet, path: []string{"executions", id}})
}

// Executions lists executions.
func (c *Client) Executions(ctx context.Context, q ExecutionQuery) (Page[Execution], error) {
	v := q.values()
	set(v, "workflowId", q.WorkflowID)
	set(v, "status", q.Status)
	return page[Execution](ctx, c, call{method: http.MethodGet, path: []string{"executions"}, query: v})
}

// CancelExecution cancels an execution that is not finished; else the error has
// status 409.
func (c *Client) CancelExecution(ctx context.Context, id string) (Execution, error) {
	return answer[Execution](ctx, c, call{method: http.MethodPost, path: []string{"executions", id, "cancel"}})
}
