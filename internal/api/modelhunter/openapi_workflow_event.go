package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/openapi"
)

// The form of the bodies that WorkflowEventBody writes by hand.
type (
	// workflowEvent is the body of workflow.completed and workflow.failed.
	workflowEvent struct {
		ID        string            `json:"id"`
		Type      string            `json:"type"`
		CreatedAt time.Time         `json:"created_at"`
		Data      workflowEventData `json:"data"`
	}

	// workflowEventData is what the event of an execution holds.
	workflowEventData struct {
		Workflow  eventWorkflow  `json:"workflow"`
		Execution eventExecution `json:"execution"`
	}

	// eventWorkflow names a workflow.
	eventWorkflow struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		UserID int64  `json:"user_id"`
	}

	// eventExecution is an execution as its event shows it.
	eventExecution struct {
		ID            string          `json:"id"`
		Status        string          `json:"status"`
		StartedAt     *time.Time      `json:"started_at"`
		CompletedAt   time.Time       `json:"completed_at"`
		ExecutionTime float64         `json:"execution_time"`
		InputData     json.RawMessage `json:"input_data"`
		OutputData    json.RawMessage `json:"output_data"`
		Error         string          `json:"error,omitempty"`
	}
)

func workflowEventTypes(r *openapi.Reflector) {
	r.Answer(workflowEvent{}, openapi.Fields{
		"":           {Description: "Tells of an execution that ended. The webhook of the execution itself gets `event`, `workflow` and `execution`, without this frame."},
		"id":         {Description: "The id of the event, the same on every attempt. Drop what you have seen.", Pattern: idSchema(taskhook.PrefixEvent).Pattern},
		"type":       {Description: "What happened.", Enum: openapi.Enum(taskhook.EventWorkflowCompleted, taskhook.EventWorkflowFailed)},
		"created_at": {Description: "When it happened."},
		"data":       {Description: "What it happened to."},
	})
	r.Answer(workflowEventData{}, openapi.Fields{"workflow": {Description: "The workflow."}, "execution": {Description: "Its execution."}})
	r.Answer(eventWorkflow{}, openapi.Fields{
		"":        {Description: "A workflow."},
		"id":      {Description: "The id of the workflow."},
		"name":    {Description: "What it is called."},
		"user_id": {Description: "The number of the account."},
	})
	r.Answer(eventExecution{}, openapi.Fields{
		"":               {Description: "An execution that ended."},
		"id":             {Description: "The id of the execution."},
		"status":         {Description: "How it ended.", Enum: openapi.Enum(taskhook.ExecutionCompleted, taskhook.ExecutionFailed)},
		"started_at":     {Description: "When its first step began; null when none did.", AnyOf: []*openapi.Schema{{Type: "string", Format: "date-time"}, {Type: "null"}}},
		"completed_at":   {Description: "When it ended."},
		"execution_time": {Description: "How long that took, in seconds.", Minimum: "0"},
		"input_data":     {Type: "object", Description: "Its inputs."},
		"output_data":    {Description: "What it has made; null when it failed.", AnyOf: []*openapi.Schema{{Type: "object"}, {Type: "null"}}},
		"error":          {Description: "Why it failed."},
	})
}

func exampleWorkflowOutcome(state taskhook.ExecutionState) json.RawMessage {
	o := taskhook.WorkflowOutcome{EventID: exampleEventID, EventType: taskhook.EventWorkflowCompleted, CreatedAt: exampleTime(41 * time.Second),
		Execution: taskhook.Execution{ID: exampleExecution, WorkflowID: exampleWorkflow, WorkflowName: exampleDefinition().Name, AccountNumber: 1,
			Input: json.RawMessage(`{"prompt":"a boat"}`), State: state, StartedAt: exampleTime(0), FinishedAt: exampleTime(41 * time.Second)}}
	if state == taskhook.ExecutionFailed {
		o.EventType = taskhook.EventWorkflowFailed
		o.Execution.Error = &taskhook.TaskError{Code: taskhook.TaskErrorStepFailed, Message: "Step draw failed: The prompt was refused."}
	} else {
		o.Output = exampleExecutionIn(taskhook.ExecutionCompleted).Output
	}
	return WorkflowEventBody(o)
}
