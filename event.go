package taskhook

import "time"

// The types of event that taskhook itself publishes; the prefixes task.,
// batch., workflow. and endpoint. are reserved for it.
const (
	EventTaskCompleted = "task.completed"
	EventTaskFailed    = "task.failed"

	// Of a task on its way; see Transient.
	EventTaskStarted  = "task.started"
	EventTaskProgress = "task.progress"

	EventWorkflowCompleted = "workflow.completed"
	EventWorkflowFailed    = "workflow.failed"

	// Of an endpoint that fails, for the other endpoints of its account.
	EventEndpointDisabling = "endpoint.disabling"
	EventEndpointDisabled  = "endpoint.disabled"
)

// EventTypes lists the types of event that taskhook itself publishes.
func EventTypes() []string {
	return []string{EventTaskCompleted, EventTaskFailed, EventTaskStarted, EventTaskProgress,
		EventBatchCompleted, EventWorkflowCompleted, EventWorkflowFailed, EventEndpointDisabling, EventEndpointDisabled}
}

// Transient reports whether events of the type tell of a task on its way: only who
// names the type gets them, a newer one takes the place of one that is still to be
// sent, and with the task's end they are gone.
func Transient(eventType string) bool {
	return eventType == EventTaskStarted || eventType == EventTaskProgress
}

// Event is an immutable fact. Its id is the webhook id on every attempt.
type Event struct {
	ID        string
	Seq       int64 // feed order, gapless per installation
	AccountID string
	Type      string
	Subject   string // the id of what it is about, "task_…", or empty
	Body      []byte // the bytes that are signed and sent to configured endpoints
	Test      bool   // made up by the test button: the feed leaves it out
	CreatedAt time.Time
}
