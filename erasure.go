package taskhook

import "time"

// SubjectKind says by what the subject of an erasure is named.
type SubjectKind string

// The kinds of subject.
const (
	SubjectAccount  SubjectKind = "account"
	SubjectTask     SubjectKind = "task"
	SubjectMetadata SubjectKind = "metadata"
)

// Subject is whose data is erased: an account, a task with all that was made of the
// same input, or the tasks and events whose metadata has a member of a value.
type Subject struct {
	Kind SubjectKind
	// Name is the id of the account or the task, or KEY=VALUE; of a metadata erasure
	// that has ended only a hash of that.
	Name      string
	AccountID string // metadata: only of this account; empty: of all
}

// Labelled is something that may be a subject's by its label, a JSON object or
// nothing.
type Labelled struct {
	ID, AccountID string
	Label         []byte
}

// Erasure is the order to remove all data of a subject, and when that is done the
// receipt of it.
type Erasure struct {
	ID         string
	Subject    Subject
	By         string // who asked for it, as far as is known
	CreatedAt  time.Time
	FinishedAt time.Time        // zero: it goes on
	Counts     map[string]int64 // rows removed, by table; and files
	Bytes      int64
}
