package demo

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// hook is a webhook whose signature was valid.
type hook struct {
	id        string // the webhook id
	kind      string // the type of the event
	subject   string // what it was owed for: the task's id, or the event's own
	task      client.Task
	body      []byte
	signature string
}

// ledger is kept by the receiving side alone, so that the server can be held to
// it: what was acknowledged, and what came. It may be used concurrently.
type ledger struct {
	mu     sync.Mutex
	owed   []string          // subjects
	came   []hook            // in order, each as often as it came
	first  map[string]hook   // by webhook id
	ids    map[string]string // the webhook id of a subject
	twice  []string          // webhook ids that came again
	faults []string          // sentences
}

func newLedger() *ledger {
	return &ledger{first: map[string]hook{}, ids: map[string]string{}}
}

// owe records that the server has acknowledged a task or an event.
func (l *ledger) owe(subject string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed = append(l.owed, subject)
}

// accept records a webhook that the receiver takes.
func (l *ledger) accept(h hook) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came = append(l.came, h)
	before, again := l.first[h.id]
	switch {
	case !again && l.ids[h.subject] != "":
		l.fault("%s came under two ids, %s and %s", h.subject, l.ids[h.subject], h.id)
	case !again:
		l.first[h.id], l.ids[h.subject] = h, h.id
	case !bytes.Equal(before.body, h.body):
		l.fault("%s came again with another body", h.id)
	case !slices.Contains(l.twice, h.id):
		l.twice = append(l.twice, h.id)
	}
}

// refuse records a webhook that nobody should have sent, or that can't be read.
func (l *ledger) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault("a webhook was not valid: %v", err)
}

func (l *ledger) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// since returns what came after the first n.
func (l *ledger) since(n int) []hook {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.came[n:])
}

// report is how the ledger stands.
type report struct {
	owed    int
	tasks   int      // how many of them are tasks
	missing []string // subjects that were acknowledged and did not come
	unasked []string // subjects that came and were not acknowledged
	twice   []string // webhook ids that came more than once
	faults  []string
}

func (l *ledger) report() report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := report{owed: len(l.owed), twice: slices.Clone(l.twice), faults: slices.Clone(l.faults)}
	for _, subject := range l.owed {
		if strings.HasPrefix(subject, taskhook.PrefixTask) {
			r.tasks++
		}
		if l.ids[subject] == "" {
			r.missing = append(r.missing, subject)
		}
	}
	for _, h := range l.came {
		if !slices.Contains(l.owed, h.subject) && !slices.Contains(r.unasked, h.subject) {
			r.unasked = append(r.unasked, h.subject)
		}
	}
	return r
}

// came is how many of what is owed came.
func (r report) came() int { return r.owed - len(r.missing) }

// err says what of the promise is not true, or nil. To come twice is no breach.
func (r report) err() error {
	faults := slices.Clone(r.faults)
	if len(r.missing) > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d acknowledged did not come: %s", len(r.missing), r.owed, few(r.missing)))
	}
	if len(r.unasked) > 0 {
		faults = append(faults, fmt.Sprintf("%d came that nobody had asked for: %s", len(r.unasked), few(r.unasked)))
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(faults, "; "))
}

// few lists the first of many.
func few(ids []string) string {
	const some = 3
	if len(ids) <= some {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:some], ", ") + " …"
}
