package workflow

import (
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// plan is what an execution needs next.
type plan struct {
	end    taskhook.ExecutionState // completed or failed, when nothing is left to do; else empty
	failed []string                // ids of the steps that it failed by
	start  []int                   // steps to be started now
	late   []int                   // steps whose time is over
	next   time.Time               // when to look again though nothing happens; zero: never
}

// retryPause is how long a step waits for its second try; the wait doubles with
// every further one, up to maxRetryPause.
const (
	retryPause    = time.Second
	maxRetryPause = time.Minute
)

// plan decides what to do about steps that stand as they do at now.
func (d *Definition) plan(steps []taskhook.ExecutionStep, now time.Time) plan {
	var p plan
	blocked := d.blocked(steps)
	open := false // something goes on, or will
	for i := range d.Steps {
		if d.spent(steps, i) {
			p.failed = append(p.failed, d.Steps[i].ID)
			continue
		}
		if steps[i].State == taskhook.StepSucceeded || blocked[i] {
			continue
		}
		open = true
		d.planStep(&p, i, steps, now)
	}
	switch {
	case len(p.failed) > 0 && (!d.Continue || !open):
		return plan{end: taskhook.ExecutionFailed, failed: p.failed}
	case !open:
		return plan{end: taskhook.ExecutionCompleted}
	}
	return p
}

// planStep decides about a step that has not ended for good.
func (d *Definition) planStep(p *plan, i int, steps []taskhook.ExecutionStep, now time.Time) {
	due, timeout := now, d.Steps[i].Timeout
	switch s := &steps[i]; s.State {
	case taskhook.StepRunning:
		if timeout == 0 {
			return
		}
		if due = s.StartedAt.Add(timeout); !due.After(now) {
			p.late = append(p.late, i)
			return
		}
	case taskhook.StepFailed:
		if due = s.FinishedAt.Add(pause(s.Tries)); !due.After(now) {
			p.start = append(p.start, i)
		}
	default:
		if !d.ready(steps, i) {
			return
		}
		p.start = append(p.start, i)
	}
	if slices.Contains(p.start, i) {
		if timeout == 0 {
			return
		}
		due = now.Add(timeout)
	}
	p.lookBy(due)
}

// lookBy has the execution looked at again by due.
func (p *plan) lookBy(due time.Time) {
	if p.next.IsZero() || due.Before(p.next) {
		p.next = due
	}
}

// pause is how long a step waits for its next try.
func pause(tries int) time.Duration {
	return min(maxRetryPause, retryPause<<min(tries-1, 10))
}

// ready reports whether all that a step needs has succeeded.
func (d *Definition) ready(steps []taskhook.ExecutionStep, i int) bool {
	return !slices.ContainsFunc(d.Steps[i].Needs, func(id string) bool { return steps[d.step(id)].State != taskhook.StepSucceeded })
}

// spent reports whether a step has failed for good. One that could not even be
// started is not tried again: what refused it would again. Nor is one of which
// nobody knows whether its provider was asked: that is for a person to decide.
func (d *Definition) spent(steps []taskhook.ExecutionStep, i int) bool {
	s := &steps[i]
	switch s.State {
	case taskhook.StepFailed:
		unknown := s.Error != nil && s.Error.Code == taskhook.TaskErrorSubmissionUnknown
		return s.TaskID == "" || unknown || s.Tries > d.Steps[i].Retries
	case taskhook.StepCancelled, taskhook.StepSkipped:
		return true
	}
	return false
}

// blocked marks the steps that can never start, because of one that is spent.
func (d *Definition) blocked(steps []taskhook.ExecutionStep) []bool {
	blocked := make([]bool, len(d.Steps))
	for moved := true; moved; {
		moved = false
		for i := range d.Steps {
			stuck := func(id string) bool { j := d.step(id); return blocked[j] || d.spent(steps, j) }
			if !blocked[i] && slices.ContainsFunc(d.Steps[i].Needs, stuck) {
				blocked[i], moved = true, true
			}
		}
	}
	return blocked
}

// failure says by which steps an execution failed, in the words of the first.
func (d *Definition) failure(steps []taskhook.ExecutionStep, failed []string) *taskhook.TaskError {
	s := &steps[d.step(failed[0])]
	why := "it was cancelled"
	if s.Error != nil {
		why = s.Error.Message
	}
	message := "Step " + s.ID + " failed: " + why
	if len(failed) > 1 {
		message += " Further steps that failed: " + strings.Join(failed[1:], ", ") + "."
	}
	return &taskhook.TaskError{Code: taskhook.TaskErrorStepFailed, Message: message}
}
