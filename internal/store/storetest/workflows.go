package storetest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func workflowTests() []test {
	return []test{
		{"a workflow is found by its account only", testWorkflowFound},
		{"a change of a workflow makes a version", testWorkflowVersions},
		{"workflows are listed newest first", testWorkflowList},
		{"an execution keeps its version", testExecutionKeepsVersion},
		{"an idempotency key stands for one execution", testExecutionKey},
		{"a workflow is started so often in a minute", testExecutionPace},
		{"the end of a task is that of its step", testStepEnds},
		{"a try of a step is started once", testStepStartsOnce},
		{"a step that is tried again has a new task", testStepAgain},
		{"a step for which no task could be made has failed", testStepRefused},
		{"nothing starts in an execution that has ended", testNothingStartsAfterEnd},
		{"the end of an execution cancels what runs for it, and is told", testExecutionEnds},
		{"an execution that has moved on is not ended", testStaleEnd},
		{"an execution is cancelled with its tasks", testCancelExecution},
		{"an execution is looked at when something happens to it", testExecutionDue},
		{"executions are listed newest first", testExecutionList},
		{"states of executions and steps that do not exist are refused", testUnknownExecutionStates},
	}
}

func newWorkflow(account string, now time.Time) taskhook.Workflow {
	return taskhook.Workflow{ID: taskhook.NewID(taskhook.PrefixWorkflow, now), AccountID: account, Name: "Poster", Description: "two", Version: 1,
		Source: taskhook.Source{Format: taskhook.FormatYAML, Text: []byte("name: Poster")}, CreatedAt: now, UpdatedAt: now}
}

func newExecution(w taskhook.Workflow, now time.Time) taskhook.Execution {
	return taskhook.Execution{ID: taskhook.NewID(taskhook.PrefixExecution, now), AccountID: w.AccountID, WorkflowID: w.ID, Version: w.Version,
		WorkflowName: w.Name, Source: w.Source, Face: "modelhunter", KeyID: "key_1", Input: []byte(`{"prompt":"x"}`), WebhookURL: "https://job.example/wf",
		State: taskhook.ExecutionPending, CreatedAt: now,
		Steps: []taskhook.ExecutionStep{{ID: "draw", State: taskhook.StepWaiting}, {ID: "animate", State: taskhook.StepWaiting}}}
}

func (f *fixture) workflow(account string) taskhook.Workflow {
	f.t.Helper()
	w := newWorkflow(account, f.now)
	f.ok(f.Store.CreateWorkflow(f.ctx, w))
	return w
}

// execute starts an execution of a new workflow of a new account.
func (f *fixture) execute() taskhook.Execution {
	f.t.Helper()
	x := newExecution(f.workflow(f.account()), f.now)
	f.create(x)
	return x
}

func (f *fixture) create(x taskhook.Execution) {
	f.t.Helper()
	id, err := f.Store.CreateExecution(f.ctx, x, 0, nil)
	f.ok(err)
	equal(f.t, "id", id, x.ID)
}

func (f *fixture) execution(x taskhook.Execution) taskhook.Execution {
	f.t.Helper()
	got, err := f.Store.Execution(f.ctx, x.AccountID, x.ID)
	f.ok(err)
	return got
}

// asStep makes a task one for a try of a step.
func asStep(k taskhook.Task, x taskhook.Execution, step string, number int) taskhook.Task {
	k.Face, k.Step = taskhook.FaceWorkflow, &taskhook.StepTry{ExecutionID: x.ID, StepID: step, Number: number}
	return k
}

func (f *fixture) startStep(x taskhook.Execution, step string, number int) (taskhook.Task, error) {
	k, run := newTask(x.AccountID, f.now)
	k = asStep(k, x, step, number)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
	return k, err
}

func testWorkflowFound(t *testing.T, f *fixture) {
	w := f.workflow(f.account())
	got, err := f.Store.Workflow(f.ctx, w.AccountID, w.ID)
	f.ok(err)
	deepEqual(t, "workflow", got, w)
	_, err = f.Store.Workflow(f.ctx, f.account(), w.ID)
	f.code(err, taskhook.CodeNotFound)
	f.code(f.Store.DeleteWorkflow(f.ctx, f.now, "acc_other", w.ID), taskhook.CodeNotFound)
	f.ok(f.Store.DeleteWorkflow(f.ctx, f.now, w.AccountID, w.ID))
	_, err = f.Store.Workflow(f.ctx, w.AccountID, w.ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.UpdateWorkflow(f.ctx, f.now, w)
	f.code(err, taskhook.CodeNotFound)
}

func testWorkflowVersions(t *testing.T, f *fixture) {
	w := f.workflow(f.account())
	later := f.now.Add(time.Second)
	same, err := f.Store.UpdateWorkflow(f.ctx, later, w)
	f.ok(err)
	deepEqual(t, "the same source", same, w)
	w.Name, w.Source = "Banner", taskhook.Source{Format: taskhook.FormatJSON, Text: []byte(`{}`)}
	_, err = f.Store.UpdateWorkflow(f.ctx, later, w)
	f.ok(err)
	got, err := f.Store.Workflow(f.ctx, w.AccountID, w.ID)
	f.ok(err)
	w.Version, w.UpdatedAt = 2, later
	deepEqual(t, "the next version", got, w)
}

func testWorkflowList(t *testing.T, f *fixture) {
	account := f.account()
	first := f.workflow(account)
	f.now = f.now.Add(time.Second)
	second := f.workflow(account)
	f.ok(f.Store.DeleteWorkflow(f.ctx, f.now, account, f.workflow(account).ID))
	got, err := f.Store.Workflows(f.ctx, taskhook.WorkflowFilter{AccountID: account, Page: taskhook.Page{Limit: 1}})
	f.ok(err)
	equal(t, "total", got.Total, 2)
	equal(t, "first", got.Items[0].ID, second.ID)
	got, err = f.Store.Workflows(f.ctx, taskhook.WorkflowFilter{AccountID: account, Page: taskhook.Page{Limit: 1, Cursor: got.Next}})
	f.ok(err)
	equal(t, "second", got.Items[0].ID, first.ID)
}

func testExecutionKeepsVersion(t *testing.T, f *fixture) {
	x := f.execute()
	w, err := f.Store.Workflow(f.ctx, x.AccountID, x.WorkflowID)
	f.ok(err)
	equal(t, "runs", w.Runs, 1)
	equal(t, "last run", w.LastRunAt, f.now)
	w.Name, w.Source.Text = "Other", []byte("name: Other")
	_, err = f.Store.UpdateWorkflow(f.ctx, f.now, w)
	f.ok(err)
	f.ok(f.Store.DeleteWorkflow(f.ctx, f.now, x.AccountID, x.WorkflowID))
	got := f.execution(x)
	x.AccountNumber = got.AccountNumber
	equal(t, "number of the account", x.AccountNumber, f.count(`SELECT number FROM accounts`))
	deepEqual(t, "execution", got, x)
}

func testExecutionKey(t *testing.T, f *fixture) {
	w := f.workflow(f.account())
	start := func(request string) (string, error) {
		return f.Store.CreateExecution(f.ctx, newExecution(w, f.now), 0, &taskhook.Idempotency{Hash: "h", Request: request, Expires: f.now.Add(time.Hour)})
	}
	id, err := start("r")
	f.ok(err)
	again, err := start("r")
	f.ok(err)
	equal(t, "id of the repeat", again, id)
	_, err = start("another")
	f.code(err, taskhook.CodeConflict)
	f.now = f.now.Add(2 * time.Hour)
	other, err := start("another")
	f.ok(err)
	equal(t, "the key is free again", other != id, true)
	equal(t, "executions", f.count(`SELECT count(*) FROM executions`), 2)
}

func testExecutionPace(t *testing.T, f *fixture) {
	w := f.workflow(f.account())
	other, began := f.workflow(w.AccountID), f.now
	start := func(w taskhook.Workflow, face string, after time.Duration, key *taskhook.Idempotency) error {
		x := newExecution(w, began.Add(after))
		x.Face = face
		_, err := f.Store.CreateExecution(f.ctx, x, 2, key)
		return err
	}
	key := &taskhook.Idempotency{Hash: "h", Request: "r", Expires: began.Add(time.Hour)}
	f.ok(start(w, "modelslab", 0, key))
	f.ok(start(w, "modelslab", time.Second, nil))
	err := start(w, "modelslab", 18*time.Second+100*time.Millisecond, nil)
	f.code(err, taskhook.CodeRateLimited)
	refused, _ := errors.AsType[*taskhook.Error](err)
	equal(t, "wait", refused.RetryAfter, 41*time.Second+900*time.Millisecond)
	equal(t, "message", refused.Message, "Rate limit exceeded. The workflow may be run 2 times a minute; run it again in 42 s.")
	f.ok(start(w, "modelslab", 19*time.Second, key)) // the first again
	f.ok(start(w, "muapi", 20*time.Second, nil))
	f.ok(start(other, "modelslab", 20*time.Second, nil))
	f.code(start(w, "modelslab", time.Minute-time.Millisecond, nil), taskhook.CodeRateLimited)
	f.ok(start(w, "modelslab", time.Minute, nil))
	f.code(start(w, "modelslab", time.Minute, nil), taskhook.CodeRateLimited)
	equal(t, "executions", f.count(`SELECT count(*) FROM executions`), 5)
}

func testStepEnds(t *testing.T, f *fixture) {
	x, n := f.execute(), f.join()
	k, err := f.startStep(x, "draw", 1)
	f.ok(err)
	got := f.execution(x)
	equal(t, "state", got.State, taskhook.ExecutionRunning)
	equal(t, "step", got.Steps[0].State, taskhook.StepRunning)
	equal(t, "task", got.Steps[0].TaskID, k.ID)
	f.ok(f.Store.SettleExecution(f.ctx, x.ID, 0, time.Time{}))
	end := ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now.Add(time.Second))
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	got = f.execution(x)
	equal(t, "step", got.Steps[0].State, taskhook.StepSucceeded)
	equal(t, "results", len(got.Steps[0].Results), 1)
	equal(t, "progress", got.Progress(), 50)
	equal(t, "revision", got.Revision, 1)
	due, err := f.Store.DueExecutions(f.ctx, end.Task.FinishedAt, 10)
	f.ok(err)
	deepEqual(t, "due", due, []taskhook.Execution{got})
	k, err = f.startStep(x, "animate", 1)
	f.ok(err)
	f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, f.claimRun(n), taskhook.TaskFailed, f.now)))
	got = f.execution(x)
	equal(t, "step", got.Steps[1].State, taskhook.StepFailed)
	equal(t, "why", got.Steps[1].Error.Message, "It broke.")
	k, err = f.startStep(x, "animate", 2)
	f.ok(err)
	_, err = f.Store.CancelTask(f.ctx, f.now, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "cancelled step", f.execution(x).Steps[1].State, taskhook.StepCancelled)
	f.consistent()
}

func testStepStartsOnce(t *testing.T, f *fixture) {
	x := f.execute()
	var started atomic.Int64
	together(8, func(int) {
		if _, err := f.startStep(x, "draw", 1); err == nil {
			started.Add(1)
		} else {
			f.code(err, taskhook.CodeConflict)
		}
	})
	equal(t, "started", started.Load(), 1)
	equal(t, "tasks", f.count(`SELECT count(*) FROM tasks`), 1)
	for _, try := range []taskhook.StepTry{{StepID: "draw", Number: 2}, {StepID: "animate", Number: 2}, {StepID: "animate", Number: 0}, {StepID: "none", Number: 1}} {
		_, err := f.startStep(x, try.StepID, try.Number)
		f.code(err, taskhook.CodeConflict)
	}
	f.consistent()
}

func testStepAgain(t *testing.T, f *fixture) {
	x := f.execute()
	k, err := f.startStep(x, "draw", 1)
	f.ok(err)
	late := taskhook.StepTry{ExecutionID: x.ID, StepID: "draw", Number: 1}
	why := taskhook.TaskError{Code: taskhook.TaskErrorStepTimeout, Message: "late"}
	stopped, err := f.Store.FailStep(f.ctx, f.now, late, why)
	f.ok(err)
	equal(t, "stopped", stopped, k.ID)
	got := f.execution(x).Steps[0]
	equal(t, "state", got.State, taskhook.StepFailed)
	equal(t, "why", *got.Error, why)
	equal(t, "task", got.TaskID, k.ID)
	stored, err := f.Store.Task(f.ctx, x.AccountID, k.ID)
	f.ok(err)
	equal(t, "task", stored.State, taskhook.TaskCancelled)
	again, err := f.startStep(x, "draw", 2)
	f.ok(err)
	stopped, err = f.Store.FailStep(f.ctx, f.now, late, why)
	f.ok(err)
	equal(t, "stopped by one that comes too late", stopped, "")
	got = f.execution(x).Steps[0]
	equal(t, "state", got.State, taskhook.StepRunning)
	equal(t, "tries", got.Tries, 2)
	equal(t, "task", got.TaskID, again.ID)
	f.consistent()
}

func testStepRefused(t *testing.T, f *fixture) {
	x := f.execute()
	try := taskhook.StepTry{ExecutionID: x.ID, StepID: "draw", Number: 1}
	why := taskhook.TaskError{Code: taskhook.TaskErrorStepRefused, Message: "no"}
	for range 2 {
		_, err := f.Store.FailStep(f.ctx, f.now, try, why)
		f.ok(err)
	}
	got := f.execution(x)
	equal(t, "state", got.Steps[0].State, taskhook.StepFailed)
	equal(t, "tries", got.Steps[0].Tries, 1)
	equal(t, "task", got.Steps[0].TaskID, "")
	equal(t, "revision", got.Revision, 1)
	f.consistent()
}

func testNothingStartsAfterEnd(t *testing.T, f *fixture) {
	x := f.execute()
	_, err := f.Store.CancelExecution(f.ctx, f.now, x.AccountID, x.ID)
	f.ok(err)
	_, err = f.startStep(x, "draw", 1)
	f.code(err, taskhook.CodeConflict)
	_, err = f.Store.FailStep(f.ctx, f.now, taskhook.StepTry{ExecutionID: x.ID, StepID: "draw", Number: 1}, taskhook.TaskError{})
	f.ok(err)
	equal(t, "step", f.execution(x).Steps[0].State, taskhook.StepSkipped)
	f.consistent()
}

// executionEnd returns the end of an execution, for FinishExecution.
func executionEnd(x taskhook.Execution, now time.Time) *taskhook.ExecutionEnd {
	x.State, x.FinishedAt, x.Error = taskhook.ExecutionFailed, now, &taskhook.TaskError{Code: taskhook.TaskErrorStepFailed, Message: "It broke."}
	event := newEvent(x.AccountID, taskhook.EventWorkflowFailed, now)
	event.Event.Subject = x.ID
	return &taskhook.ExecutionEnd{Execution: x, Publication: &taskhook.Publication{Events: []taskhook.NewEvent{event},
		Deliveries: []taskhook.Outgoing{perJob(&event.Event, "https://job.example", now)}}}
}

func testExecutionEnds(t *testing.T, f *fixture) {
	x := f.execute()
	f.endpoint(x.AccountID, taskhook.EventWorkflowFailed)
	k, err := f.startStep(x, "draw", 1)
	f.ok(err)
	end := executionEnd(f.execution(x), f.now)
	f.ok(f.Store.FinishExecution(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, false)
	deepEqual(t, "stopped", end.Stopped, []string{k.ID})
	got := f.execution(x)
	equal(t, "state", got.State, taskhook.ExecutionFailed)
	equal(t, "why", got.Error.Message, "It broke.")
	equal(t, "first", got.Steps[0].State, taskhook.StepCancelled)
	equal(t, "second", got.Steps[1].State, taskhook.StepSkipped)
	equal(t, "deliveries", f.count(`SELECT count(*) FROM deliveries WHERE subject = $1`, x.ID), 2)
	f.ok(f.Store.FinishExecution(f.ctx, f.now, executionEnd(got, f.now)))
	equal(t, "events", f.count(`SELECT count(*) FROM events WHERE subject = $1`, x.ID), 1)
	f.consistent()
}

func testStaleEnd(t *testing.T, f *fixture) {
	x, n := f.execute(), f.join()
	_, err := f.startStep(x, "draw", 1)
	f.ok(err)
	end := executionEnd(f.execution(x), f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)))
	f.ok(f.Store.FinishExecution(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, true)
	equal(t, "state", f.execution(x).State, taskhook.ExecutionRunning)
	equal(t, "events", f.count(`SELECT count(*) FROM events WHERE subject = $1`, x.ID), 0)
}

func testCancelExecution(t *testing.T, f *fixture) {
	x := f.execute()
	k, err := f.startStep(x, "draw", 1)
	f.ok(err)
	_, err = f.Store.CancelExecution(f.ctx, f.now, f.account(), x.ID)
	f.code(err, taskhook.CodeNotFound)
	stopped, err := f.Store.CancelExecution(f.ctx, f.now, x.AccountID, x.ID)
	f.ok(err)
	deepEqual(t, "stopped", stopped, []string{k.ID})
	got := f.execution(x)
	equal(t, "state", got.State, taskhook.ExecutionCancelled)
	equal(t, "finished", got.FinishedAt, f.now)
	_, err = f.Store.CancelExecution(f.ctx, f.now, x.AccountID, x.ID)
	f.code(err, taskhook.CodeConflict)
	next, err := f.Store.NextExecution(f.ctx)
	f.ok(err)
	equal(t, "nothing is due", next, time.Time{})
	f.consistent()
}

func testExecutionDue(t *testing.T, f *fixture) {
	x := f.execute()
	next := func() time.Time {
		due, err := f.Store.NextExecution(f.ctx)
		f.ok(err)
		return due
	}
	equal(t, "fresh", next(), f.now)
	f.ok(f.Store.SettleExecution(f.ctx, x.ID, 7, time.Time{}))
	equal(t, "settled under another revision", next(), f.now)
	later := f.now.Add(time.Minute)
	f.ok(f.Store.SettleExecution(f.ctx, x.ID, 0, later))
	equal(t, "settled", next(), later)
	due, err := f.Store.DueExecutions(f.ctx, f.now, 10)
	f.ok(err)
	equal(t, "due too early", len(due), 0)
	f.ok(f.Store.SettleExecution(f.ctx, x.ID, 0, time.Time{}))
	equal(t, "settled for good", next(), time.Time{})
}

func testExecutionList(t *testing.T, f *fixture) {
	first := f.execute()
	w, err := f.Store.Workflow(f.ctx, first.AccountID, first.WorkflowID)
	f.ok(err)
	f.now = f.now.Add(time.Second)
	second := newExecution(w, f.now)
	f.create(second)
	f.execute() // of another account
	_, err = f.Store.CancelExecution(f.ctx, f.now, first.AccountID, first.ID)
	f.ok(err)
	for _, filter := range []struct {
		taskhook.ExecutionFilter
		want []string
	}{
		{taskhook.ExecutionFilter{}, []string{second.ID, first.ID}},
		{taskhook.ExecutionFilter{WorkflowID: w.ID}, []string{second.ID, first.ID}},
		{taskhook.ExecutionFilter{WorkflowID: "wf_none"}, nil},
		{taskhook.ExecutionFilter{State: taskhook.ExecutionCancelled}, []string{first.ID}},
		{taskhook.ExecutionFilter{Page: taskhook.Page{Cursor: second.ID}}, []string{first.ID}},
	} {
		filter.AccountID, filter.Limit = first.AccountID, 10
		got, err := f.Store.Executions(f.ctx, filter.ExecutionFilter)
		f.ok(err)
		deepEqual(t, "listed", idsOf(got.Items, func(x taskhook.Execution) string { return x.ID }), filter.want)
		for _, x := range got.Items {
			equal(t, "steps", len(x.Steps), 2)
		}
	}
}

func testUnknownExecutionStates(_ *testing.T, f *fixture) {
	x := f.execute()
	_, err := f.startStep(x, "draw", 1)
	f.ok(err)
	for _, change := range []string{
		`UPDATE executions SET state = 'succeeded'`,
		`UPDATE executions SET state = 'completed'`,
		`UPDATE executions SET finished_at = 1`,
		`UPDATE executions SET state = 'failed', finished_at = 1, due_at = NULL`,
		`UPDATE executions SET state = 'completed', finished_at = 1, due_at = 1`,
		`UPDATE executions SET version = 2`,
		`UPDATE execution_steps SET state = 'pending'`,
		`UPDATE execution_steps SET task = ''`,
		`UPDATE execution_steps SET state = 'waiting'`,
		`UPDATE execution_steps SET step = 'animate'`,
		`UPDATE workflow_versions SET format = 'xml'`,
	} {
		f.refused(change)
	}
}

func workflowWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"create_workflow": {do: func(f *fixture, w *world) error { return f.Store.CreateWorkflow(f.ctx, w.newWorkflow) }},
		"update_workflow": {do: func(f *fixture, w *world) error {
			next := w.workflow
			next.Source.Text = []byte("name: Next")
			_, err := f.Store.UpdateWorkflow(f.ctx, f.now, next)
			return err
		}},
		"delete_workflow": {repeated: taskhook.CodeNotFound, do: func(f *fixture, w *world) error {
			return f.Store.DeleteWorkflow(f.ctx, f.now, w.account, w.workflow.ID)
		}},
		"create_execution": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CreateExecution(f.ctx, w.newExecution, 0, &taskhook.Idempotency{Hash: "flow", Request: "r", Expires: f.now.Add(time.Hour)})
			return err
		}},
		"cancel_execution": {repeated: taskhook.CodeConflict, do: func(f *fixture, w *world) error {
			_, err := f.Store.CancelExecution(f.ctx, f.now, w.account, w.execution.ID)
			return err
		}},
		"settle_execution": {do: func(f *fixture, w *world) error {
			return f.Store.SettleExecution(f.ctx, w.execution.ID, 0, time.Time{})
		}},
		"fail_step": {do: func(f *fixture, w *world) error {
			_, err := f.Store.FailStep(f.ctx, f.now, taskhook.StepTry{ExecutionID: w.execution.ID, StepID: "draw", Number: 1}, taskhook.TaskError{Message: "late"})
			return err
		}},
		"finish_execution": {do: func(f *fixture, w *world) error { return f.Store.FinishExecution(f.ctx, f.now, w.executionEnd) },
			check: func(f *fixture, w *world) {
				equal(f.t, "deliveries", f.count(`SELECT count(*) FROM deliveries WHERE subject = $1`, w.execution.ID), 1)
			}},
	}
}
