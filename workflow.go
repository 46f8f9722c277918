package taskhook

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// FaceWorkflow is the Face of tasks that are steps of workflows. They have no
// per-job webhook; the execution has.
const FaceWorkflow = "workflow"

// DefinitionFormat is the language that a workflow is written in.
type DefinitionFormat string

// The formats of definitions.
const (
	FormatJSON DefinitionFormat = "json"
	FormatYAML DefinitionFormat = "yaml"
)

// Source is a workflow's definition as its author wrote it.
type Source struct {
	Format DefinitionFormat
	Text   []byte
}

// Workflow is a graph of tasks with a name. Changing it makes a new version;
// executions keep the one that they began with.
type Workflow struct {
	ID          string
	AccountID   string
	Name        string
	Description string
	Version     int // from 1
	Source      Source
	Runs        int       // executions that were ever started
	LastRunAt   time.Time // zero: never
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// WorkflowOutline is what somebody who runs a workflow wants to know of its
// definition.
type WorkflowOutline struct {
	WebhookURL string          // told of the end of executions that name none themselves, or empty
	Inputs     []WorkflowInput // by name
	Steps      []WorkflowStep
}

// WorkflowInput is a parameter of a workflow.
type WorkflowInput struct {
	Name        string
	Type        string // "string", "number", "integer", "boolean", "array", "object"; empty: any
	Description string
	Required    bool
	Default     json.RawMessage // nil: none
	Step        string          // id of the first step that refers to it, or empty
}

// WorkflowStep is a task of a workflow as its author wrote it.
type WorkflowStep struct {
	ID         string
	Provider   string
	Capability string // empty: the only one of the model
	Model      string
	Input      json.RawMessage // an object, with references in its texts
	Needs      []string        // ids of the steps that must have succeeded, those of its references among them
}

// WorkflowFilter selects workflows of one account, newest first.
type WorkflowFilter struct {
	AccountID string
	Page
}

// ExecutionState is where an execution stands; nothing leaves a final state.
type ExecutionState string

// The states of an execution. It is pending until its first step has started.
const (
	ExecutionPending   ExecutionState = "pending"
	ExecutionRunning   ExecutionState = "running"
	ExecutionCompleted ExecutionState = "completed"
	ExecutionFailed    ExecutionState = "failed"
	ExecutionCancelled ExecutionState = "cancelled"
)

// ExecutionStates lists all states, in the order of an execution's life.
func ExecutionStates() []ExecutionState {
	return []ExecutionState{ExecutionPending, ExecutionRunning, ExecutionCompleted, ExecutionFailed, ExecutionCancelled}
}

// Final reports whether nothing leaves the state.
func (s ExecutionState) Final() bool { return s != ExecutionPending && s != ExecutionRunning }

// Execution is one run of a workflow.
type Execution struct {
	ID            string
	AccountID     string
	AccountNumber int64
	WorkflowID    string
	WorkflowName  string // of the version
	Version       int
	Source        Source // of the version
	Face          string // the API that it was started through, whose words its webhook uses
	KeyID         string // the key that started it, and pays
	Test          bool   // started with a test key
	Input         json.RawMessage
	WebhookURL    string // told of the end, or empty

	State      ExecutionState
	Error      *TaskError // of a failed one
	Steps      []ExecutionStep
	Revision   int // rises when something happens to it that must be looked at
	CreatedAt  time.Time
	StartedAt  time.Time // zero until a step has started
	FinishedAt time.Time // zero until final
}

// Took is how long the execution went on, to the millisecond, in which times are
// kept; zero until it has ended.
func (x *Execution) Took() time.Duration {
	if x.FinishedAt.IsZero() || x.StartedAt.IsZero() {
		return 0
	}
	return time.Duration(x.FinishedAt.UnixMilli()-x.StartedAt.UnixMilli()) * time.Millisecond
}

// Progress is how far it is, 0 to 100: the mean of its steps.
func (x *Execution) Progress() int {
	if x.State == ExecutionCompleted {
		return 100
	}
	sum := 0
	for i := range x.Steps {
		sum += x.Steps[i].Progress
	}
	return sum / max(1, len(x.Steps))
}

// StepState is where a step of an execution stands.
type StepState string

// The states of a step. A failed one is tried again while the definition allows
// that and its execution goes on; a skipped one was never started.
const (
	StepWaiting   StepState = "waiting"
	StepRunning   StepState = "running"
	StepSucceeded StepState = "succeeded"
	StepFailed    StepState = "failed"
	StepCancelled StepState = "cancelled"
	StepSkipped   StepState = "skipped"
)

// ExecutionStep is a step of an execution and how far it is.
type ExecutionStep struct {
	ID         string // in the definition: "draw"
	State      StepState
	Tries      int        // tasks that were made for it
	TaskID     string     // of the last try; empty: no task could be made for it
	Error      *TaskError // of the last try that failed
	Results    []Artifact // of a succeeded step
	Progress   int        // 0 to 100
	StartedAt  time.Time  // of the last try
	FinishedAt time.Time  // of the last try; zero while it goes on
}

// StepTry names one try of a step. A task that is created for it starts it in the
// same transaction, once.
type StepTry struct {
	ExecutionID string
	StepID      string
	Number      int // from 1
}

// ExecutionEnd ends an execution.
type ExecutionEnd struct {
	Execution   Execution    // State, Error, FinishedAt as they are to become; Revision as it was read
	Publication *Publication // its event, with the delivery to its webhook where it has one
	Stopped     []string     // set when it is recorded: the tasks that it cancelled
	Stale       bool         // set when it is recorded: something happened to it meanwhile
}

// NewExecution asks for an execution.
type NewExecution struct {
	WorkflowID string
	Face       string          // the API that was spoken
	Input      json.RawMessage // an object; nil: an empty one
	WebhookURL string          // instead of the one of the definition, or empty
	PerMinute  int             // executions of the workflow that may be started through the face in a minute; 0: any number

	IdempotencyKey string // of the client, at most 255 characters, or empty
	RequestHash    string // tells requests under one IdempotencyKey apart; empty without one
}

// ExecutionFilter selects executions of one account, newest first.
type ExecutionFilter struct {
	AccountID  string
	WorkflowID string
	State      ExecutionState
	Page
}

// WorkflowOutcome is an ended execution as its receivers are told of it: with the
// links to its results already made.
type WorkflowOutcome struct {
	EventID   string
	EventType string
	CreatedAt time.Time
	Execution Execution
	Output    json.RawMessage // an object in JavaScript's normal form, or nil
}

// OutputLinks returns the links in what an execution has made: its texts that are
// http or https URLs, at any depth, by their names and then their order in lists.
func OutputLinks(output json.RawMessage) []string {
	var made any
	if json.Unmarshal(output, &made) != nil {
		return nil
	}
	return appendLinks(nil, made)
}

func appendLinks(links []string, v any) []string {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "http://") {
			links = append(links, v)
		}
	case []any:
		for _, item := range v {
			links = appendLinks(links, item)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			links = appendLinks(links, v[name])
		}
	}
	return links
}

// WorkflowRenderFunc writes the webhook body of an ended execution in the form of
// one face.
type WorkflowRenderFunc func(WorkflowOutcome) []byte
