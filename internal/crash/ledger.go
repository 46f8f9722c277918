package crash

import (
	"crypto/sha256"
	"encoding/json"
	"os"
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

// clientLedger is what the client was told.
type clientLedger struct {
	journal *journal
	mu      sync.Mutex
	tasks   map[string]bool // acknowledged
	events  map[string]bool // acknowledged
	unknown int             // publishes that were never answered
}

func (l *clientLedger) task(id string) {
	l.journal.note(map[string]any{"task": id, "at": time.Now()})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tasks[id] = true
}

func (l *clientLedger) event(id string) {
	l.journal.note(map[string]any{"event": id, "at": time.Now()})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events[id] = true
}

func (l *clientLedger) unanswered() {
	l.journal.note(map[string]any{"unknown": true, "at": time.Now()})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unknown++
}

// receipt is one request at the receiver.
type receipt struct {
	Path      string    `json:"path"` // tells per-job from configured deliveries
	ID        string    `json:"id"`
	Hash      [32]byte  `json:"-"`
	At        time.Time `json:"at"`
	Status    int       `json:"status"` // that was answered
	Timestamp time.Time `json:"timestamp"`
	Invalid   string    `json:"invalid,omitempty"` // why its signature was refused
}

// receiverLedger is what reached the receiver.
type receiverLedger struct {
	journal  *journal
	mu       sync.Mutex
	receipts []receipt
}

func (l *receiverLedger) add(r receipt) {
	l.journal.note(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.receipts = append(l.receipts, r)
}

func (l *receiverLedger) all() []receipt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]receipt(nil), l.receipts...)
}

func hashOf(body []byte) [32]byte { return sha256.Sum256(body) }
