package taskhook

// Report is a transient event about a running task: it started, or has come
// further.
type Report struct {
	Node     string // that the run is claimed by
	RunID    string
	Sequence int // of the event, larger than that of any before it
	Percent  int
	Event    NewEvent // its subject is the task
	Stale    bool     // set when it is stored: the run was not the node's any more, so nothing was published
}
