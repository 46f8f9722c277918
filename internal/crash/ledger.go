package crash

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// journal appends one JSON line for each fact, so that a run can be looked into
// afterwards.
type journal struct {
	mu   sync.Mutex
	file *os.File
}

func openJournal(path string) (*journal, error) {
	file, err := os.Create(path)
	return &journal{file: file}, err
}

func (j *journal) note(fact any) {
	line, err := json.Marshal(fact)
	if err != nil {
		panic("crash: " + err.Error())
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file.Write(append(line, '\n'))
}

// clientLedger is what the client was told. Times are those of the answer, but for
// those that say asked.
type clientLedger struct {
	journal *journal

	mu             sync.Mutex
	tasks          map[string]string // acknowledged, and the final state that was told
	events         map[string]bool
	replays        map[string]bool // by delivery id
	jobs           map[string]*job // replays of many deliveries
	hooks          map[string]*hook
	keys           map[string]*key
	files          map[string]*file
	flows          map[string]string // executions, and how they ended
	batches        map[string]*batch
	loose          map[string]time.Time // files that were never completed: when they were announced
	unknown        map[string]int       // by sort: events that were asked for without an answer
	unknowns       int                  // replays likewise
	unknownJobs    int                  // replays of many deliveries
	unknownBatches int                  // and batches of tasks
	broken         []string             // what an answer broke at once
}

func newClientLedger(j *journal) *clientLedger {
	return &clientLedger{journal: j, tasks: map[string]string{}, events: map[string]bool{}, replays: map[string]bool{}, jobs: map[string]*job{},
		hooks: map[string]*hook{}, keys: map[string]*key{}, files: map[string]*file{}, loose: map[string]time.Time{},
		flows: map[string]string{}, batches: map[string]*batch{}, unknown: map[string]int{}}
}

// note writes a fact down and takes it in.
func (l *clientLedger) note(what string, fact any, take func()) {
	l.journal.note(map[string]any{what: fact, "at": time.Now()})
	l.mu.Lock()
	defer l.mu.Unlock()
	take()
}

func (l *clientLedger) task(id string) {
	l.note("task", id, func() {
		if _, known := l.tasks[id]; !known {
			l.tasks[id] = ""
		}
	})
}

func (l *clientLedger) final(id, state string) {
	l.note("final", []string{id, state}, func() { l.tasks[id] = state })
}

func (l *clientLedger) event(id string) { l.note("event", id, func() { l.events[id] = true }) }

// unanswered notes n events of a type that may have come to be or not.
func (l *clientLedger) unanswered(eventType string, n int) {
	l.note("unknown", eventType, func() { l.unknown[sortOf(eventType)] += n })
}

// sortOf puts the types of events together that tell of tasks, and those of
// executions, for how they end is not known when they are asked for.
func sortOf(eventType string) string {
	if strings.HasPrefix(eventType, "task.") {
		return taskSort
	}
	if strings.HasPrefix(eventType, flowSort) {
		return flowSort
	}
	return eventType
}

const taskSort = "task."

// breach notes a violation that needs no judge.
func (l *clientLedger) breach(text string) {
	l.note("breach", text, func() { l.broken = append(l.broken, text) })
}

// hook is a webhook of the client's. Those whose making was never answered have no
// secret.
type hook struct {
	Path, ID, Type string
	secrets        []secret
	query          string    // of its URL, as it was changed to
	changed        time.Time // zero: never
	held           []span
	deleted        time.Time // zero: it is there
}

type secret struct {
	text  string
	since time.Time
}

// span is from an answered pause to the asking for its end.
type span struct{ from, to time.Time }

// key is an API key of the client's.
type key struct {
	text    string
	revoked bool
}

// file is a completed file.
type file struct {
	hash    [32]byte
	size    int64
	deleted bool
}

// receipt is one request at the receiver.
type receipt struct {
	Path      string      `json:"path"` // tells the receivers apart
	Query     string      `json:"query,omitempty"`
	ID        string      `json:"id"`
	At        time.Time   `json:"at"`       // when it came
	Answered  time.Time   `json:"answered"` // shortly before
	Status    int         `json:"status"`   // that was answered
	Timestamp time.Time   `json:"timestamp"`
	Header    http.Header `json:"-"`
	Body      []byte      `json:"-"`

	node     int           // that sent it
	life     int           // of the server that sent it, from 0
	skew     time.Duration // by which the clock was off that wrote its timestamp
	recorded bool          // the server lists the attempt
	unlearnt bool          // and says that no answer came
	excused  bool          // its delivery was cancelled, so that it need not
	says     message       // to the webhook that is there all the time
}

// receiverLedger is what reached the receiver.
type receiverLedger struct {
	journal  *journal
	mu       sync.Mutex
	receipts []receipt
	volume   int // of them, those that were accepted of the volume
}

func (l *receiverLedger) add(r receipt) {
	l.journal.note(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.receipts = append(l.receipts, r)
	if r.Status == http.StatusOK && strings.HasPrefix(r.Path, volumePath) {
		l.volume++
	}
}

// arrived is how many of the volume were accepted.
func (l *receiverLedger) arrived() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.volume
}

func (l *receiverLedger) all() []*receipt {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*receipt, len(l.receipts))
	for i := range l.receipts {
		all[i] = &l.receipts[i]
	}
	return all
}
