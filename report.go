package taskhook

import "time"

// Report is a transient event about a running task: it started, or has come
// further.
type Report struct {
	Node     string // that the run is claimed by; empty: a worker has it, under Lease
	Lease    string
	RunID    string
	Sequence int // of the event, larger than that of any before it
	Percent  int
	After    time.Time // a transient event about the task from later on makes the report stale, too
	Event    NewEvent  // its subject is the task
	Stale    bool      // set when it is stored: the run was in other hands, or it is too early, so nothing was published
}
