package delivery

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

// send makes an attempt, and then further ones as long as something waits: the
// goroutine keeps its slot.
func (w *Worker) send(l *lane, d taskhook.Outgoing) {
	for ok := true; ok; l, d, ok = w.memory.following() {
		attempt, made := w.attempt(l, &d)
		w.memory.sent(l, &attempt)
		if !made {
			w.recorded(l, len(d.Body), time.Time{}, true)
			continue
		}
		if w.Sent != nil {
			w.Sent()
		}
		w.recorder.add(l, len(d.Body), newResult(&d, attempt))
	}
}

// following takes the next delivery for a slot whose send has ended, or frees it.
func (m *memory) following() (*lane, taskhook.Outgoing, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, d, ok := m.next()
	if !ok {
		m.active--
		if m.stopping {
			m.signal()
		}
	}
	return l, d, ok
}

// attempt sends once. Made is false when we stopped before anything was learnt.
func (w *Worker) attempt(l *lane, d *taskhook.Outgoing) (a taskhook.Attempt, made bool) {
	start := time.Now()
	a = taskhook.Attempt{DeliveryID: d.ID, Number: d.Attempts + 1, StartedAt: start}
	t := w.memory.targetOf(l, start)
	request, err := t.request(d, w.Jobs, start)
	if err != nil {
		a.Class, a.Error = taskhook.ClassBlocked, "The address of the receiver can't be used: "+err.Error()
		return a, true
	}
	ctx, cancel := context.WithTimeout(w.sends, w.Timeout)
	defer cancel()
	got := w.Sender.Send(ctx, request)
	a.Duration = time.Since(start)
	a.Status, a.Class, a.Error, a.Response, a.RetryAfter = got.Status, got.Class, got.Error, got.Response, got.RetryAfter
	w.report(l, d, &a, &got)
	return a, got.Class != ""
}

// targetOf returns where the lane sends; when the secrets in force have changed
// it asks for the endpoint to be read again, for the next attempt.
func (m *memory) targetOf(l *lane, now time.Time) *target {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := l.target
	if t != nil && t.stale(now) {
		l.target = nil
		m.plan(l)
	}
	if t == nil {
		t = l.last
	}
	l.last = t
	return t
}

// report writes one record per attempt.
func (w *Worker) report(l *lane, d *taskhook.Outgoing, a *taskhook.Attempt, got *egress.Result) {
	if a.Delivered() {
		w.Logger.Debug("attempt", "delivery", d.ID, "event", d.EventID, "lane", l.id, "number", a.Number,
			"status", a.Status, "duration", a.Duration)
		return
	}
	w.Logger.Info("attempt", "delivery", d.ID, "event", d.EventID, "lane", l.id, "number", a.Number,
		"status", a.Status, "class", a.Class, "duration", a.Duration, "error", got.Err)
}

// sent notes how the receiver bore the attempt.
func (m *memory) sent(l *lane, a *taskhook.Attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.inFlight--
	switch {
	case a.Class == taskhook.ClassOK:
		l.grow()
	case a.Class == taskhook.ClassTimeout:
		l.sends = 1
	case a.Status >= 500 || a.Status == 429:
		l.shrink()
	}
	m.list(l)
}

// newResult says how the delivery stands after the attempt.
func newResult(d *taskhook.Outgoing, a taskhook.Attempt) *taskhook.AttemptResult {
	end := a.StartedAt.Add(a.Duration)
	r := &taskhook.AttemptResult{Delivery: d.Delivery, Epoch: d.Epoch, Attempt: a}
	r.Delivery.Attempts = a.Number
	r.Delivery.LastError = a.Error
	r.Delivery.State, r.Delivery.DueAt = d.Settle(&a, end)
	if r.Delivery.State.Final() {
		r.Delivery.FinishedAt = end
	}
	return r
}
