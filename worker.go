package taskhook

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Worker is a program elsewhere that fetches tasks, as it says itself.
type Worker struct {
	Name      string
	Session   string   // one start of the program
	Pool      string   // that it fetches from
	Models    []string // "NAME" or "PROVIDER/NAME"; none: all
	Labels    []string // "KEY=VALUE", for tasks with a pin
	Version   string   // of the program; empty: it does not say
	Capacity  int      // tasks at a time
	Draining  bool     // it is to get no more
	StartedAt time.Time
	SeenAt    time.Time
	Leases    int // it has now
}

// DefaultPool is the pool of models whose adapter is "worker" without a name.
const DefaultPool = "default"

// The bounds of a priority: higher goes first among the waiting tasks of one
// account, and nothing before those of another.
const (
	MinPriority = -10
	MaxPriority = 10
)

// The forms of what workers are called and labelled.
var (
	workerName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	workerLabel = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}=[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
)

// ValidWorkerName reports whether a worker can be called so.
func ValidWorkerName(s string) bool { return workerName.MatchString(s) }

// ValidLabel reports whether s is a label such as "gpu=a100".
func ValidLabel(s string) bool { return workerLabel.MatchString(s) }

// MaxWorkerVersion is how long the version of a worker may be, in bytes.
const MaxWorkerVersion = 100

// QueueName is where tasks wait for workers: one queue for all that the same
// workers may take. A pin is a label, or empty.
func QueueName(pool, provider, model, pin string) string {
	return strings.TrimRight(pool+" "+provider+"/"+model+" "+pin, " ")
}

// QueueParts takes the name of a queue apart: the pool, the model as "PROVIDER/NAME", and
// the pin or nothing.
func QueueParts(queue string) (pool, model, pin string) {
	pool, rest, _ := strings.Cut(queue, " ")
	model, pin, _ = strings.Cut(rest, " ")
	return pool, model, pin
}

// Takes reports whether the worker may take what waits in a queue: it is of its
// pool and models, and the worker has the label of a pin. Every worker has the label
// worker=NAME.
func (w *Worker) Takes(queue string) bool {
	pool, model, pin := QueueParts(queue)
	return pool == w.Pool && namesModel(w.Models, model) && (pin == "" || w.Has(pin))
}

// Has reports whether the worker has the label.
func (w *Worker) Has(label string) bool {
	return label == "worker="+w.Name || slices.Contains(w.Labels, label)
}

// namesModel reports whether a list has "PROVIDER/NAME", as such or by its name; an
// empty one has all.
func namesModel(list []string, model string) bool {
	_, name, _ := strings.Cut(model, "/")
	return len(list) == 0 || slices.Contains(list, model) || slices.Contains(list, name)
}

// Covers reports whether the key of a worker is for the queue's model.
func (l Limits) Covers(queue string) bool {
	_, model, _ := QueueParts(queue)
	return namesModel(l.Models, model)
}

// Queue is what of an account waits for the same workers.
type Queue struct {
	AccountID string
	Name      string
}

// RunLease is a run that a worker has, or had.
type RunLease struct {
	ClaimedRun
	ID       string    // the worker proves by it that the run is its own
	Until    time.Time // the worker counts as lost then
	Deadline time.Time // the model's time is over then
	Open     bool      // the run has not ended
}

// OutputPart is a piece of a result that a worker sends.
type OutputPart struct {
	ID     string // under which the bytes are kept
	Lease  string
	Output int   // which of the results, from 0
	Start  int64 // where in the result it begins, in bytes
	Size   int64 // in bytes
}
