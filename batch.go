package taskhook

import (
	"encoding/json"
	"time"
)

// EventBatchCompleted tells that all tasks of a batch have ended.
const EventBatchCompleted = "batch.completed"

// MaxBatch is how many tasks a batch may have.
const MaxBatch = 1000

// BatchState is where a batch stands.
type BatchState string

// The states of a batch. It is cancelled from the moment at which that was asked
// for.
const (
	BatchRunning   BatchState = "running"
	BatchCompleted BatchState = "completed"
	BatchCancelled BatchState = "cancelled"
)

// BatchStates lists the states of a batch.
func BatchStates() []BatchState {
	return []BatchState{BatchRunning, BatchCompleted, BatchCancelled}
}

// Batch is many tasks of one model that were submitted together.
type Batch struct {
	ID          string
	AccountID   string
	Provider    string
	Capability  string
	Model       string
	Concurrency int // tasks that go on at a time; 0: as many as there is room for
	Total       int
	Open        int // tasks that have not ended; those that have are in one of the next three
	Succeeded   int
	Failed      int
	Cancelled   int
	Tasks       []BatchTask // in the order in which they were submitted; nil in lists
	CreatedAt   time.Time
	StoppedAt   time.Time // when it was cancelled; zero: it was not
	FinishedAt  time.Time // zero until all tasks have ended
}

// BatchTask is what a batch shows of a task.
type BatchTask struct {
	ID    string
	State TaskState
}

// State is where the batch stands.
func (b *Batch) State() BatchState {
	switch {
	case !b.StoppedAt.IsZero():
		return BatchCancelled
	case !b.FinishedAt.IsZero():
		return BatchCompleted
	}
	return BatchRunning
}

// NewBatch asks for a batch. What all tasks have in common is in NewTask, whose Input
// is nil.
type NewBatch struct {
	NewTask
	Inputs      []json.RawMessage // one for each task
	Concurrency int               // 0: as many as there is room for
}

// BatchFilter selects batches of one account, newest first.
type BatchFilter struct {
	AccountID string
	Page
}

// BatchEnd ends a batch whose tasks have all ended.
type BatchEnd struct {
	Batch       Batch
	Publication *Publication // its event; nil: it was cancelled
	Stale       bool         // set when it is recorded: it had been ended already
}
