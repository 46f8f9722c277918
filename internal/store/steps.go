package store

import (
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// stepOf is a step with the execution that it belongs to.
type stepOf struct {
	execution string
	taskhook.ExecutionStep
}

func scanStep(r scanner) (s stepOf, err error) {
	var failure []byte
	var started, finished *int64
	err = r.Scan(&s.execution, &s.ID, &s.State, &s.Tries, &s.TaskID, &failure, &started, &finished, &s.Progress)
	if err != nil {
		return s, err
	}
	s.StartedAt, s.FinishedAt = atOrZero(started), atOrZero(finished)
	s.Error, err = readFailure(failure)
	return s, err
}

// addSteps reads the steps of all executions at once.
func addSteps(ctx context.Context, r reader, executions []taskhook.Execution) error {
	if len(executions) == 0 {
		return nil
	}
	byID := map[string]*taskhook.Execution{}
	var ids []any
	for i := range executions {
		byID[executions[i].ID] = &executions[i]
		ids = append(ids, executions[i].ID)
	}
	steps, err := collect(ctx, r, scanStep, `SELECT s.execution, s.step, s.state, s.tries, s.task, s.error, s.started_at, s.finished_at, coalesce(k.progress, 0)
		FROM execution_steps s LEFT JOIN tasks k ON k.id = s.task WHERE s.execution IN (`+marks(1, len(ids))+`) ORDER BY s.execution, s.position`, ids...)
	if err != nil {
		return err
	}
	for _, s := range steps {
		x := byID[s.execution]
		x.Steps = append(x.Steps, s.ExecutionStep)
	}
	return addStepResults(ctx, r, executions)
}

// resultBite is how many tasks' results are read at a time.
const resultBite = 500

func addStepResults(ctx context.Context, r reader, executions []taskhook.Execution) error {
	byTask := map[string]*taskhook.ExecutionStep{}
	var tasks []any
	for i := range executions {
		for j := range executions[i].Steps {
			if s := &executions[i].Steps[j]; s.State == taskhook.StepSucceeded {
				byTask[s.TaskID] = s
				tasks = append(tasks, s.TaskID)
			}
		}
	}
	for len(tasks) > 0 {
		n := min(len(tasks), resultBite)
		artifacts, err := collect(ctx, r, scanArtifact, `SELECT `+artifactColumns+` FROM artifacts
			WHERE task IN (`+marks(1, n)+`) ORDER BY task, position`, tasks[:n]...)
		if err != nil {
			return err
		}
		eachResult(artifacts, func(a taskhook.Artifact) {
			s := byTask[a.TaskID]
			s.Results = append(s.Results, a)
		})
		tasks = tasks[n:]
	}
	return nil
}

// checkStep refuses a task for a try of a step that is not the next, or whose
// execution has ended.
func checkStep(ctx context.Context, r reader, try *taskhook.StepTry) error {
	_, ok, err := first(ctx, r, scanInto[int], `SELECT 1 FROM execution_steps s JOIN executions x ON x.id = s.execution
		WHERE s.execution = $1 AND s.step = $2 AND s.tries = $3 AND s.state IN ('waiting', 'failed') AND x.`+executionOpen,
		try.ExecutionID, try.StepID, try.Number-1)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeConflict, "Try %d of step %s can't be started now.", try.Number, try.StepID)
	}
	return err
}

// startStep makes a task, which is created in the same transaction, the try of its
// step that checkStep has admitted.
func startStep(ctx context.Context, t tx, k *taskhook.Task) error {
	if _, err := t.exec(ctx, `UPDATE execution_steps SET state = 'running', tries = $1, task = $2, error = NULL, started_at = $3, finished_at = NULL
		WHERE execution = $4 AND step = $5`, k.Step.Number, k.ID, ms(k.CreatedAt), k.Step.ExecutionID, k.Step.StepID); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE executions SET state = 'running', started_at = coalesce(started_at, $1) WHERE id = $2 AND `+executionOpen,
		ms(k.CreatedAt), k.Step.ExecutionID)
	return err
}

// endStep belongs to the transaction that moves a task to its final state: it moves
// the step that the task is for, if one still waits for it, and has the execution
// looked at.
func endStep(ctx context.Context, t tx, now time.Time, task string, state taskhook.TaskState, failure any) error {
	execution, ok, err := first(ctx, t, scanInto[string], `UPDATE execution_steps SET state = $1, error = $2, finished_at = $3
		WHERE task = $4 AND state = 'running' RETURNING execution`, string(state), failure, ms(now), task)
	if err != nil || !ok {
		return err
	}
	return wakeExecution(ctx, t, now, execution)
}

func wakeExecution(ctx context.Context, t tx, now time.Time, id string) error {
	_, err := t.exec(ctx, `UPDATE executions SET revision = revision + 1, due_at = $1 WHERE id = $2 AND `+executionOpen, ms(now), id)
	return err
}

// FailStep fails a try of a step: the one that goes on, whose task it cancels and
// returns, or the next, for which no task could be made. It changes nothing when
// the step has moved on.
func (s *Store) FailStep(ctx context.Context, now time.Time, try taskhook.StepTry, failure taskhook.TaskError) (stopped string, err error) {
	err = s.update(ctx, s.kinds.failStep, func(ctx context.Context, t tx) error {
		text, err := failureText(&failure)
		if err != nil {
			return err
		}
		task, ok, err := first(ctx, t, scanInto[string], `UPDATE execution_steps SET state = 'failed', tries = $1, error = $2, finished_at = $3,
			task = CASE state WHEN 'running' THEN task ELSE '' END WHERE execution = $4 AND step = $5
			AND (state = 'running' AND tries = $6 OR state IN ('waiting', 'failed') AND tries = $7)
			AND EXISTS (SELECT 1 FROM executions WHERE id = $8 AND `+executionOpen+`) RETURNING task`,
			try.Number, text, ms(now), try.ExecutionID, try.StepID, try.Number, try.Number-1, try.ExecutionID)
		if err != nil || !ok {
			return err
		}
		if err := wakeExecution(ctx, t, now, try.ExecutionID); err != nil || task == "" {
			return err
		}
		stopped = task
		return cancelIfOpen(ctx, t, now, task)
	})
	return stopped, err
}

// stopSteps ends the steps of an execution that has ended and cancels their tasks,
// which it returns.
func stopSteps(ctx context.Context, t tx, now time.Time, execution string) ([]string, error) {
	tasks, err := collect(ctx, t, scanInto[string], `SELECT task FROM execution_steps WHERE execution = $1 AND state = 'running'`, execution)
	if err != nil {
		return nil, err
	}
	slices.Sort(tasks)
	if _, err := t.exec(ctx, `UPDATE execution_steps SET state = 'skipped' WHERE execution = $1 AND state = 'waiting'`, execution); err != nil {
		return nil, err
	}
	if _, err := t.exec(ctx, `UPDATE execution_steps SET state = 'cancelled', finished_at = $1 WHERE execution = $2 AND state = 'running'`,
		ms(now), execution); err != nil {
		return nil, err
	}
	for _, task := range tasks {
		if err := cancelIfOpen(ctx, t, now, task); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}
