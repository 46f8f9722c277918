package taskhook

import (
	"encoding/json"
	"time"
)

// NewTask asks for a task. What it asks for is checked against the catalogue by
// the service that creates the task, not by the face that read it.
type NewTask struct {
	Face           string // the API that was spoken
	Provider       string // "vidu"
	Capability     string // "text-to-video"
	Model          string
	Input          json.RawMessage // an object, as the client wrote it
	Metadata       json.RawMessage // an object in JavaScript's normal form, or nil
	Echo           json.RawMessage // a JSON value that the client wants back byte for byte, or nil
	WebhookURL     string          // receiver of the per-job delivery, or empty
	IdempotencyKey string          // of the client, at most 255 characters, or empty
	RequestHash    string          // tells requests under one IdempotencyKey apart; empty without one
	Step           *StepTry        // the try of a workflow's step that it is for, or nil
	Priority       int             // see MinPriority
	Pin            string          // a label such as "gpu=a100" that its worker must have, or empty
}

// NewEndpoint asks for an endpoint. All fields are as the client wrote them.
type NewEndpoint struct {
	URL         string
	Description string
	Events      []string // event types
	Schedule    Schedule // nil: the operator's
	Rate        int      // attempts a second at most; 0: no limit
	MaxInFlight int      // attempts at a time at most; 0: as many as it bears
}

// EndpointChange changes the fields of an endpoint that are not nil.
type EndpointChange struct {
	URL         *string
	Description *string
	Events      *[]string
	State       *EndpointState // EndpointActive or EndpointPaused
	Schedule    *Schedule      // to a nil Schedule: back to the operator's
	Rate        *int           // 0: no limit
	MaxInFlight *int           // 0: no limit
}

// NewReplay asks for a replay.
type NewReplay struct {
	Choice         ReplayChoice
	TargetID       string // the endpoint that gets all; empty: each goes where it went
	Rate           int    // deliveries a second; 0: DefaultReplayRate
	IdempotencyKey string // of the client, at most 255 characters, or empty
	RequestHash    string // tells requests under one IdempotencyKey apart; empty without one
}

// TestResult tells what became of a test event, which is sent once.
type TestResult struct {
	EventID    string
	DeliveryID string
	Delivered  bool
	Status     int           // HTTP status; 0 when no answer came
	Duration   time.Duration // of the attempt
	Error      string        // a sentence when it was not delivered
}

// Publish asks for an event of an account's own.
type Publish struct {
	Type string
	Data json.RawMessage // an object in JavaScript's normal form
}
