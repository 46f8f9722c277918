package taskhook

import "time"

// Outcome is a finished task as its receivers are told of it: with the links to
// its results already made, so that telling can't fail and reads nothing else. For
// a transient event it is a task on its way.
type Outcome struct {
	EventID   string
	EventType string
	CreatedAt time.Time
	Task      Task
	Links     []string // to Task.Results, in their order
	Sequence  int      // orders the transient events of a task, from 1; 0: it has ended
}

// RenderFunc writes the webhook body of an outcome in the form of one face.
type RenderFunc func(Outcome) []byte
