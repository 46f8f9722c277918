package workflow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

// house is a Queue with one execution, and Tasks that do as they are told.
type house struct {
	mu     sync.Mutex
	x      taskhook.Execution
	due    time.Time
	ends   []*taskhook.ExecutionEnd
	log    []string // what happened, with the seconds since the start
	start  time.Time
	refuse func(n int) error // of the nth creation
	run    func(try taskhook.StepTry) (time.Duration, taskhook.StepState)
	asked  int
	broken error // of settlements and the like
	wake   func()
	age    time.Duration // of the execution when the worker begins
}

func (h *house) note(format string, args ...any) {
	h.log = append(h.log, fmt.Sprintf("%d: ", int(time.Since(h.start).Seconds()))+fmt.Sprintf(format, args...))
}

func (h *house) step(id string) *taskhook.ExecutionStep {
	return &h.x.Steps[slices.IndexFunc(h.x.Steps, func(s taskhook.ExecutionStep) bool { return s.ID == id })]
}

func (h *house) DueExecutions(_ context.Context, now time.Time, _ int) ([]taskhook.Execution, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.due.IsZero() || h.due.After(now) || h.x.State.Final() {
		return nil, nil
	}
	x := h.x
	x.Steps = slices.Clone(x.Steps)
	return []taskhook.Execution{x}, nil
}

func (h *house) NextExecution(context.Context) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.due, nil
}

func (h *house) SettleExecution(_ context.Context, _ string, revision int, due time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		err := h.broken
		h.broken = nil
		return err
	}
	if revision == h.x.Revision {
		h.due = due
	}
	return nil
}

func (h *house) FailStep(_ context.Context, now time.Time, try taskhook.StepTry, failure taskhook.TaskError) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.step(try.StepID)
	h.note("%s fails: %s", try.StepID, failure.Code)
	task := ""
	if s.State == taskhook.StepRunning {
		task = s.TaskID
	}
	s.State, s.Tries, s.TaskID, s.Error, s.FinishedAt = taskhook.StepFailed, try.Number, task, &failure, now
	h.x.Revision++
	h.due = now
	return task, nil
}

func (h *house) FinishExecution(_ context.Context, _ time.Time, e *taskhook.ExecutionEnd) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note("%s", e.Execution.State)
	h.x.State, h.due = e.Execution.State, time.Time{}
	h.ends = append(h.ends, e)
	return nil
}

func (h *house) Create(_ context.Context, _ taskhook.Identity, n taskhook.NewTask) (taskhook.Task, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if h.refuse != nil {
		if err := h.refuse(h.asked); err != nil {
			return taskhook.Task{}, false, err
		}
	}
	h.note("%s starts", n.Step.StepID)
	s := h.step(n.Step.StepID)
	*s = taskhook.ExecutionStep{ID: s.ID, State: taskhook.StepRunning, Tries: n.Step.Number, TaskID: fmt.Sprintf("task_%d", h.asked), StartedAt: time.Now()}
	h.x.State = taskhook.ExecutionRunning
	takes, end := h.run(*n.Step)
	if takes > 0 {
		time.AfterFunc(takes, func() { h.ended(*n.Step, end) })
	}
	return taskhook.Task{}, false, nil
}

func (h *house) ended(try taskhook.StepTry, state taskhook.StepState) {
	h.mu.Lock()
	s := h.step(try.StepID)
	if s.State == taskhook.StepRunning && s.Tries == try.Number {
		s.State, s.FinishedAt = state, time.Now()
		h.x.Revision++
		h.due = time.Now()
	}
	h.mu.Unlock()
	h.wake()
}

type permanent struct{}

func (permanent) Permanent(a taskhook.Artifact) string { return "https://x.example/" + a.Name }

// move runs the worker for two minutes over an execution of the definition.
func move(t *testing.T, text string, h *house) []string {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h.start = time.Now()
		h.due = h.start
		h.x = taskhook.Execution{ID: "exec_1", State: taskhook.ExecutionPending, Source: inYAML(text), Input: []byte(`{}`),
			WebhookURL: "https://a.example/hook", CreatedAt: h.start.Add(-h.age)}
		for _, s := range parse(t, text).Steps {
			h.x.Steps = append(h.x.Steps, taskhook.ExecutionStep{ID: s.ID, State: taskhook.StepWaiting})
		}
		if h.run == nil {
			h.run = func(taskhook.StepTry) (time.Duration, taskhook.StepState) { return time.Second, taskhook.StepSucceeded }
		}
		render := func(o taskhook.WorkflowOutcome) []byte { return []byte(o.EventType) }
		w := NewWorker(WorkerOptions{Queue: h, Tasks: h, Logger: slog.New(slog.DiscardHandler), Stopped: func(task string) { h.note("%s is stopped", task) },
			Outcomes: Outcomes{Primary: render, Default: Webhook{Render: render, Schedule: taskhook.Schedule{time.Minute}}, Links: permanent{}}})
		h.wake = w.Wake
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h.log
}

const (
	chain  = "name: x\nsteps:\n  - {id: a, provider: p, model: m}\n  - {id: b, provider: p, model: m, needs: [a]}\n"
	single = "name: x\nsteps:\n  - {id: a, provider: p, model: m, retries: 1, timeout: 10s}\n"
)

func TestWorker(t *testing.T) {
	t.Parallel()
	const never, failed, succeeded = 0, taskhook.StepFailed, taskhook.StepSucceeded
	runs := func(states ...taskhook.StepState) func(taskhook.StepTry) (time.Duration, taskhook.StepState) {
		return func(try taskhook.StepTry) (time.Duration, taskhook.StepState) {
			return time.Second, states[min(try.Number, len(states))-1]
		}
	}
	refuse := func(until int, code taskhook.Code) func(int) error {
		return func(n int) error {
			if n <= until {
				return taskhook.Errorf(code, "No.")
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		text string
		h    *house
		want []string
	}{
		"one after the other": {chain, &house{}, []string{"0: a starts", "1: b starts", "2: completed"}},
		"a failure":           {chain, &house{run: runs(failed)}, []string{"0: a starts", "1: failed"}},
		"tried again":         {single, &house{run: runs(failed, succeeded)}, []string{"0: a starts", "2: a starts", "3: completed"}},
		"tried in vain":       {single, &house{run: runs(failed, failed)}, []string{"0: a starts", "2: a starts", "3: failed"}},
		"too late": {single, &house{run: func(taskhook.StepTry) (time.Duration, taskhook.StepState) { return never, "" }},
			[]string{"0: a starts", "10: a fails: STEP_TIMEOUT", "10: task_1 is stopped", "11: a starts", "21: a fails: STEP_TIMEOUT", "21: task_2 is stopped", "21: failed"}},
		"refused for good":     {single, &house{refuse: refuse(9, taskhook.CodeNoBalance)}, []string{"0: a fails: STEP_REFUSED", "0: failed"}},
		"no room for a while":  {single, &house{refuse: refuse(3, taskhook.CodeRateLimited)}, []string{"15: a starts", "16: completed"}},
		"no room for a day":    {single, &house{age: 24*time.Hour - 8*time.Second, refuse: refuse(1e9, taskhook.CodeUnavailable)}, []string{"10: a fails: STEP_REFUSED", "10: failed"}},
		"started by another":   {single, &house{refuse: refuse(1, taskhook.CodeConflict)}, []string{"10: a starts", "11: completed"}},
		"a fault for a while":  {single, &house{refuse: func(n int) error { return map[bool]error{true: errors.New("broken")}[n < 3] }}, []string{"10: a starts", "11: completed"}},
		"and one of the store": {single, &house{broken: errors.New("broken")}, []string{"0: a starts", "1: completed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, want := move(t, test.text, test.h), test.want; !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// TestEndIsTold looks at what is published with the end.
func TestEndIsTold(t *testing.T) {
	t.Parallel()
	h := &house{}
	move(t, chain, h)
	p := h.ends[0].Publication
	if len(h.ends) != 1 || len(p.Events) != 1 || len(p.Deliveries) != 1 {
		t.Fatalf("published %+v", p)
	}
	e, d := p.Events[0], p.Deliveries[0]
	if !e.FanOut || e.Event.Type != "workflow.completed" || e.Event.Subject != "exec_1" || string(e.Event.Body) != "workflow.completed" {
		t.Errorf("event %+v", e)
	}
	if d.EventID != e.Event.ID || d.URL != "https://a.example/hook" || len(d.Schedule) != 1 || !d.PerJob() {
		t.Errorf("delivery %+v", d)
	}
}

// TestUnreadable ends an execution whose definition this version can't read.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	h := &house{}
	synctest.Test(t, func(t *testing.T) {
		h.x = taskhook.Execution{ID: "exec_1", State: taskhook.ExecutionPending, Source: inYAML("name: x"), Input: []byte(`{}`)}
		w := NewWorker(WorkerOptions{Queue: h, Tasks: h, Logger: slog.New(slog.DiscardHandler),
			Outcomes: Outcomes{Primary: func(taskhook.WorkflowOutcome) []byte { return nil }, Links: permanent{}}})
		if err := w.advance(t.Context(), &h.x); err != nil {
			t.Fatal(err)
		}
	})
	if end := h.ends[0].Execution; end.State != taskhook.ExecutionFailed || end.Error == nil {
		t.Errorf("it ended as %+v", end)
	}
}
