package taskhook

// Kind is a kind of data that is kept for a time of its own.
type Kind string

// The kinds, with what goes together with them.
const (
	KindEvents    Kind = "events"    // and their deliveries, with the attempts
	KindAttempts  Kind = "attempts"  // before their deliveries go
	KindTasks     Kind = "tasks"     // and their runs and what is left of their results, and executions of workflows
	KindArtifacts Kind = "artifacts" // the files of results
	KindFiles     Kind = "files"     // uploaded inputs
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{KindEvents, KindAttempts, KindTasks, KindArtifacts, KindFiles} }

// Amount is how much there is of something. Bytes are those of bodies and files, and
// an estimate of what rows need.
type Amount struct{ Rows, Bytes int64 }

// Add returns the sum.
func (a Amount) Add(more Amount) Amount { return Amount{a.Rows + more.Rows, a.Bytes + more.Bytes} }

// Disk is how full one is, in bytes.
type Disk struct {
	Free int64 // for programs without privileges
	Size int64
}

// Part is a table of a kind that is gone through by itself.
type Part string

// The parts, in the order in which they are gone through.
const (
	PartAttempts   Part = "attempts"
	PartEvents     Part = "events"
	PartArtifacts  Part = "artifacts"
	PartExecutions Part = "executions"
	PartTasks      Part = "tasks"
	PartFiles      Part = "files"
)

// Parts lists every part.
func Parts() []Part {
	return []Part{PartAttempts, PartEvents, PartArtifacts, PartExecutions, PartTasks, PartFiles}
}

// Kind returns the kind that a part is of.
func (p Part) Kind() Kind {
	if p == PartExecutions {
		return KindTasks
	}
	return Kind(p)
}

// Aged is something that may be old enough to be removed.
type Aged struct {
	ID     string // of attempts that of their delivery
	Place  string // in the order of the part
	Amount Amount // Rows are those that go with it
}

// Removal is what was removed: how many rows of each table, and the ids of the
// files that are to go after them.
type Removal struct {
	Counts map[string]int64
	Bytes  int64
	// Results and Uploads are the ids of the bytes.
	Results, Uploads []string
	// Stopped are tasks that had not ended.
	Stopped []string
}

// Rows is how many rows were removed.
func (r *Removal) Rows() (n int64) {
	for _, count := range r.Counts {
		n += count
	}
	return n
}

// Add adds another removal.
func (r *Removal) Add(more Removal) {
	for table, n := range more.Counts {
		r.Count(table, n)
	}
	r.Bytes += more.Bytes
	r.Results, r.Uploads = append(r.Results, more.Results...), append(r.Uploads, more.Uploads...)
	r.Stopped = append(r.Stopped, more.Stopped...)
}

// Count adds rows of a table.
func (r *Removal) Count(table string, n int64) {
	if n == 0 {
		return
	}
	if r.Counts == nil {
		r.Counts = map[string]int64{}
	}
	r.Counts[table] += n
}
