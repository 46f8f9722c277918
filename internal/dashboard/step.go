package dashboard

import (
	"time"

	"github.com/taskhook/taskhook"
)

// stepView is a step of an execution with what it was to do and what it has made.
type stepView struct {
	OutlineStep
	taskhook.ExecutionStep
	Span    span
	Results []preview
}

// Name is the step's id, which both that it consists of have.
func (s stepView) Name() string { return s.ExecutionStep.ID }

// Took returns for how long the last try went on, zero until it has ended.
func (s stepView) Took() time.Duration {
	if s.StartedAt.IsZero() || s.FinishedAt.IsZero() {
		return 0
	}
	return s.FinishedAt.Sub(s.StartedAt)
}

// span is when a step ran, drawn into the time of its execution, in parts of
// spanWidth. The zero span is none.
type span struct{ X, Width int }

const spanWidth = 1000

// stepViews returns the steps in the order of the definition.
func (d *Dashboard) stepViews(x *taskhook.Execution, o Outline, now time.Time) []stepView {
	end := x.FinishedAt
	if end.IsZero() {
		end = now.Truncate(time.Second) // the page changes no more often
	}
	list := make([]stepView, len(x.Steps))
	for i, step := range x.Steps {
		list[i] = stepView{OutlineStep: o.step(step.ID), ExecutionStep: step, Span: newSpan(&step, x.StartedAt, end), Results: d.previews(step.Results)}
		for j := range list[i].Results {
			list[i].Results[j].Of = step.ID
		}
	}
	return list
}

// newSpan draws a step's last try between start and end.
func newSpan(s *taskhook.ExecutionStep, start, end time.Time) span {
	whole := end.Sub(start)
	if s.StartedAt.IsZero() || start.IsZero() || whole <= 0 {
		return span{}
	}
	part := func(t time.Time) int { return int(min(max(t.Sub(start), 0), whole) * spanWidth / whole) }
	to := spanWidth
	if !s.FinishedAt.IsZero() {
		to = part(s.FinishedAt)
	}
	const least = 8 // what there was can be seen
	x := min(part(s.StartedAt), spanWidth-least)
	return span{x, max(to-x, least)}
}
