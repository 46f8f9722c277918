package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

// send makes an attempt, and then further ones as long as something waits: the
// goroutine keeps its slot. A result is handed on before its slot is given up, so
// that free slots mean that nothing is unrecorded.
func (w *Worker) send(s send) {
	for ok := true; ok; {
		d := &s.delivery
		var attempt taskhook.Attempt
		if w.Lease().Allows(time.Now()) {
			attempt = w.attempt(&s)
		}
		switch {
		case attempt.Class != "":
			if w.Sent != nil {
				w.Sent()
			}
			w.recorder.add(s.lane, len(d.Body), newResult(d, attempt))
		case s.passing.brokenOff():
			w.memory.recorded(s.lane, d.ID, len(d.Body), time.Time{})
		default: // not begun, or stopped before anything was learnt
			w.memory.unsent(s.lane, d.ID, len(d.Body))
		}
		s, ok = w.memory.ended(s, &attempt)
	}
}

// recorded takes what was recorded out of memory.
func (w *Worker) recorded(r *recording, due time.Time) {
	if w.Gone != nil && r.result.Attempt.Class == taskhook.ClassGone {
		w.Gone()
	}
	w.memory.recorded(r.lane, r.result.Delivery.ID, r.size, due)
}

// attempt sends once. The class is empty when we stopped before anything was
// learnt.
func (w *Worker) attempt(s *send) taskhook.Attempt {
	start, began := w.Now(), time.Now()
	d := &s.delivery
	a := taskhook.Attempt{DeliveryID: d.ID, Number: d.Attempts + 1, StartedAt: start}
	request, err := s.target.request(d, w.Jobs, start)
	if err != nil {
		a.Class, a.Error = taskhook.ClassBlocked, "the address of the receiver can't be used: "+err.Error()
		return a
	}
	ctx, cancel := context.WithTimeout(s.context(w.sends), w.Timeout)
	defer cancel()
	got := w.Sender.Send(ctx, request)
	a.Duration = time.Since(began)
	a.Status, a.Class, a.Error, a.Response, a.RetryAfter = got.Status, got.Class, got.Error, got.Response, got.RetryAfter
	w.report(s, &a, &got)
	return a
}

// report writes one record per attempt.
func (w *Worker) report(s *send, a *taskhook.Attempt, got *egress.Result) {
	if a.Delivered() {
		w.Logger.LogAttrs(w.sends, slog.LevelDebug, "attempt", slog.String("delivery", a.DeliveryID),
			slog.String("event", s.delivery.EventID), slog.String("lane", s.lane.id), slog.Int("number", a.Number),
			slog.Int("status", a.Status), slog.Duration("duration", a.Duration))
		return
	}
	w.Logger.Info("attempt", "delivery", a.DeliveryID, "event", s.delivery.EventID, "lane", s.lane.id, "number", a.Number,
		"status", a.Status, "class", a.Class, "duration", a.Duration, "error", got.Err)
}

// newResult says how the delivery stands after the attempt.
func newResult(d *taskhook.Outgoing, a taskhook.Attempt) *taskhook.AttemptResult {
	end := a.StartedAt.Add(a.Duration)
	r := &taskhook.AttemptResult{Delivery: d.Delivery, Epoch: d.Epoch, Attempt: a}
	r.Delivery.Attempts = a.Number
	r.Delivery.LastError, r.Delivery.LastClass = a.Error, ""
	if !a.Delivered() {
		r.Delivery.LastClass = a.Class
	}
	r.Delivery.State, r.Delivery.DueAt = d.Settle(&a, end)
	if r.Delivery.State.Final() {
		r.Delivery.FinishedAt = end
	}
	return r
}
