package taskhook

import (
	"encoding/json"
	"slices"
	"time"
)

// Medium is the kind of thing that a capability makes.
type Medium string

// The media of the catalogue.
const (
	MediumImage   Medium = "image"
	MediumVideo   Medium = "video"
	MediumAudio   Medium = "audio"
	Medium3D      Medium = "3d"
	MediumText    Medium = "text"
	MediumTrained Medium = "training"
)

// Media lists every medium.
func Media() []Medium {
	return []Medium{MediumImage, MediumVideo, MediumAudio, Medium3D, MediumText, MediumTrained}
}

// TaskState is where a task stands.
type TaskState string

// The states of a task; TaskExpired is only shown, never stored: a succeeded
// task whose results retention removed.
const (
	TaskPending   TaskState = "pending"
	TaskQueued    TaskState = "queued"
	TaskRunning   TaskState = "running"
	TaskSucceeded TaskState = "succeeded"
	TaskFailed    TaskState = "failed"
	TaskCancelled TaskState = "cancelled"
	TaskExpired   TaskState = "expired"
)

// taskMoves are the legal moves. A run that a crash or a retry gives back puts
// its task back to pending.
var taskMoves = map[TaskState][]TaskState{
	TaskPending: {TaskQueued, TaskRunning, TaskFailed, TaskCancelled},
	TaskQueued:  {TaskRunning, TaskPending, TaskSucceeded, TaskFailed, TaskCancelled},
	TaskRunning: {TaskPending, TaskSucceeded, TaskFailed, TaskCancelled},
}

// TaskStates lists the states that are stored, in the order of a task's life.
func TaskStates() []TaskState {
	return []TaskState{TaskPending, TaskQueued, TaskRunning, TaskSucceeded, TaskFailed, TaskCancelled}
}

// Final reports whether nothing leaves the state.
func (s TaskState) Final() bool { return len(taskMoves[s]) == 0 }

// CanBecome reports whether a task may move from s to next.
func (s TaskState) CanBecome(next TaskState) bool { return slices.Contains(taskMoves[s], next) }

// TaskError says why a task failed, in the words of the primary API.
type TaskError struct {
	Code    string `json:"code"` // such as PROVIDER_ERROR
	Message string `json:"message"`
}

// The codes of task errors.
const (
	TaskErrorProvider          = "PROVIDER_ERROR"     // the provider refused or failed
	TaskErrorNoProvider        = "NO_PROVIDER"        // nothing is configured to run the model
	TaskErrorTimeout           = "PROVIDER_TIMEOUT"   // the hard deadline passed
	TaskErrorInterrupted       = "INTERRUPTED"        // the server stopped too often in the middle of it
	TaskErrorSubmissionUnknown = "SUBMISSION_UNKNOWN" // the provider may have been asked; a person decides
	TaskErrorNoWorker          = "NO_WORKER"          // no worker took it in the time that it may wait for one
	TaskErrorWorkerLost        = "WORKER_LOST"        // nothing more was heard of the worker that had it
	TaskErrorStepTimeout       = "STEP_TIMEOUT"       // the step of a workflow took longer than it may
	TaskErrorStepRefused       = "STEP_REFUSED"       // no task could be made for the step of a workflow
	TaskErrorStepFailed        = "STEP_FAILED"        // an execution, because of the steps that its message names
)

// Task is one asynchronous generation.
type Task struct {
	ID         string
	AccountID  string
	Face       string // the API that it was submitted through, whose words its per-job webhook uses
	Provider   string // as the client named it, "vidu"
	Capability string // "text-to-video"
	Model      string
	Medium     Medium
	Adapter    string          // that runs it, or has: "http:acme"; empty: nobody yet
	Input      json.RawMessage // an object, as the provider gets it
	Metadata   json.RawMessage // an object in normal form, or nil
	Echo       json.RawMessage // a JSON value for the face, as the client wrote it, or nil
	WebhookURL string          // receiver of the per-job delivery, or empty
	Test       bool            // submitted with a test key
	Sandbox    bool            // the results were made up by the sandbox
	RetryOf    string          // the task that this one repeats, or empty
	KeyID      string          // the key that submitted it, and pays; empty: not known
	Price      Money           // held until it ends; fixed when it is admitted
	Step       *StepTry        // the try of a workflow's step that it is created for; not read back
	BatchID    string          // the batch that it is one of, or empty
	Priority   int             // among its account's tasks that wait for workers; see MinPriority
	Pin        string          // the label that a worker must have to get it, or empty
	Worker     string          // the worker that has it, or had it last; empty: none

	State     TaskState
	Progress  int // 0 to 100
	Error     *TaskError
	Results   []Artifact
	Estimated time.Duration
	Told      int // the sequence of its last transient event; 0: none was made

	CreatedAt  time.Time
	StartedAt  time.Time // zero until the provider has it
	FinishedAt time.Time // zero until final
}

// Cost is what the task has cost: its price once it has succeeded, else nothing.
func (k *Task) Cost() Money {
	if k.State == TaskSucceeded || k.State == TaskExpired {
		return k.Price
	}
	return 0
}

// TaskFilter selects tasks of one account, newest first.
type TaskFilter struct {
	AccountID string
	State     TaskState
	Provider  string
	Model     string
	From, To  time.Time // creation time, From inclusive, To exclusive
	Prefix    string    // of the id
	BatchID   string
	Page
}

// Submission says what is known of the one call that asks a provider for work.
type Submission string

// The states of a submission. Unknown is what a crash or a lost answer between
// sending and sent leaves behind.
const (
	SubmissionUnsent  Submission = "unsent"
	SubmissionSending Submission = "sending"
	SubmissionSent    Submission = "sent"
	SubmissionUnknown Submission = "unknown"
)

// Run is one try of a task at a provider.
type Run struct {
	ID         string
	TaskID     string
	Number     int    // from 1
	Adapter    string // name of the adapter that runs it: "sandbox", "command"
	Submission Submission
	Handle     string    // the provider's name for the work, once sent
	SentAt     time.Time // when the provider took it on, as far as known; zero: it has not
	Refused    string    // names of adapters that have refused it for good, with spaces between
	Queue      string    // see QueueName, of work that workers fetch; else empty
	DueAt      time.Time
	Epoch      int64 // of the claim, by which a write names it: each has another
}

// Idempotency makes a submission repeatable: the same Hash (of account and key)
// with the same Request (hash of the body) is the same task.
type Idempotency struct {
	Hash    string
	Request string
	Expires time.Time
}

// ClaimedRun is a run that a node has just taken on.
type ClaimedRun struct {
	Run    Run
	Task   Task
	Claims int // how often it was taken on, with this one
}

// RunEnd ends a run and its task.
type RunEnd struct {
	Node        string // that works it; empty: a worker does, under Lease, or without one nobody
	Lease       string
	Run         Run
	Task        Task         // State, Error, Results, FinishedAt as they are to become
	Publication *Publication // its event, with the per-job delivery where one is owed
	Stale       bool         // set when it is recorded: the run was not the node's any more
	Next        string       // set when it is recorded: the adapter of the run of its batch that is due now; empty: none is
}
