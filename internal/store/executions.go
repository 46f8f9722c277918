package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	executionColumns = `x.id, x.account, a.number, x.workflow, v.name, x.version, v.format, v.source, x.face, x.key, x.test, x.input,
		x.webhook_url, x.state, x.error, x.revision, x.created_at, x.started_at, x.finished_at`
	executionTables = ` FROM executions x JOIN workflow_versions v ON v.workflow = x.workflow AND v.version = x.version
		JOIN accounts a ON a.id = x.account`

	executionOpen = `state IN ('pending', 'running')`
)

func scanExecution(r scanner) (x taskhook.Execution, err error) {
	var input, failure []byte
	var created int64
	var started, finished *int64
	err = r.Scan(&x.ID, &x.AccountID, &x.AccountNumber, &x.WorkflowID, &x.WorkflowName, &x.Version, &x.Source.Format, &x.Source.Text, &x.Face,
		&x.KeyID, &x.Test, &input, &x.WebhookURL, &x.State, &failure, &x.Revision, &created, &started, &finished)
	if err != nil {
		return x, err
	}
	x.Input = input
	x.CreatedAt, x.StartedAt, x.FinishedAt = at(created), atOrZero(started), atOrZero(finished)
	x.Error, err = readFailure(failure)
	return x, err
}

func readFailure(text []byte) (*taskhook.TaskError, error) {
	if text == nil {
		return nil, nil
	}
	var failure taskhook.TaskError
	err := json.Unmarshal(text, &failure)
	return &failure, err
}

// failureText is the stored form of why something failed.
func failureText(failure *taskhook.TaskError) (any, error) {
	if failure == nil {
		return nil, nil
	}
	return json.Marshal(failure)
}

// CreateExecution stores an execution with its steps, to be looked at from now on,
// and returns its id. With a key that stands for an execution already, it returns
// the id of that; with another request under the same key it is a conflict. When
// perMinute executions of the workflow were started through its face in the last
// minute, it is CodeRateLimited; 0 limits nothing. After an error it can be repeated.
func (s *Store) CreateExecution(ctx context.Context, x taskhook.Execution, perMinute int, key *taskhook.Idempotency) (id string, err error) {
	err = s.update(ctx, s.kinds.createExecution, func(ctx context.Context, t tx) error {
		if id, err = checkKey(ctx, t, x.CreatedAt, key); err != nil || id != "" {
			return err
		}
		if err := checkPace(ctx, t, &x, perMinute); err != nil {
			return err
		}
		if err := takeKey(ctx, t, key, x.ID); err != nil {
			return err
		}
		id = x.ID
		return insertExecution(ctx, t, &x)
	})
	return id, err
}

func insertExecution(ctx context.Context, t tx, x *taskhook.Execution) error {
	made, err := t.exec(ctx, `INSERT INTO executions (id, account, workflow, version, face, key, test, input, webhook_url, state, due_at, created_at)
			VALUES (`+marks(1, 12)+`) ON CONFLICT (id) DO NOTHING`, x.ID, x.AccountID, x.WorkflowID, x.Version, x.Face, x.KeyID, flag(x.Test),
		[]byte(x.Input), x.WebhookURL, string(x.State), ms(x.CreatedAt), ms(x.CreatedAt))
	if err != nil || made == 0 {
		return err
	}
	t.note(taskhook.KindTasks, taskhook.Amount{Rows: 1, Bytes: executionCost + int64(len(x.Input))})
	if err := useFiles(ctx, t, x.CreatedAt, x.AccountID, x.Input); err != nil {
		return err
	}
	for i := range x.Steps {
		if _, err := t.exec(ctx, `INSERT INTO execution_steps (execution, position, step, state) VALUES ($1, $2, $3, $4)`,
			x.ID, i, x.Steps[i].ID, string(x.Steps[i].State)); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `UPDATE workflows SET runs = runs + 1, last_run_at = $1 WHERE id = $2`, ms(x.CreatedAt), x.WorkflowID)
	return err
}

// Execution returns an execution of the account with its steps and their results.
func (s *Store) Execution(ctx context.Context, account, id string) (taskhook.Execution, error) {
	return readExecution(ctx, s.db, account, id)
}

func readExecution(ctx context.Context, r reader, account, id string) (taskhook.Execution, error) {
	x, ok, err := first(ctx, r, scanExecution, `SELECT `+executionColumns+executionTables+` WHERE x.id = $1 AND x.account = $2`, id, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no execution %.80q in this account.", id)
	}
	if err != nil {
		return x, err
	}
	found := []taskhook.Execution{x}
	err = addSteps(ctx, r, found)
	return found[0], err
}

// Executions lists executions with their steps, newest first.
func (s *Store) Executions(ctx context.Context, f taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error) {
	var scope, filter conditions
	scope.add("x.account = ?", f.AccountID)
	scope.addIf(f.WorkflowID != "", "x.workflow = ?", f.WorkflowID)
	filter.addIf(f.State != "", "x.state = ?", string(f.State))
	found, err := list(ctx, s.db, listing[taskhook.Execution]{
		columns: executionColumns, from: executionTables, id: "x.id", scope: scope, filter: filter, page: f.Page, scan: scanExecution,
		cursor: func(x taskhook.Execution) string { return x.ID },
	})
	if err != nil {
		return found, err
	}
	return found, addSteps(ctx, s.db, found.Items)
}

// DueExecutions returns up to limit executions that must be looked at, the longest
// due first.
func (s *Store) DueExecutions(ctx context.Context, now time.Time, limit int) ([]taskhook.Execution, error) {
	found, err := collect(ctx, s.db, scanExecution, `SELECT `+executionColumns+executionTables+`
		WHERE x.due_at <= $1 ORDER BY x.due_at LIMIT $2`, ms(now), limit)
	if err != nil {
		return nil, err
	}
	return found, addSteps(ctx, s.db, found)
}

// NextExecution returns when the next execution must be looked at; zero: none.
func (s *Store) NextExecution(ctx context.Context) (time.Time, error) {
	due, _, err := first(ctx, s.db, scanInto[*int64], `SELECT min(due_at) FROM executions WHERE due_at IS NOT NULL`)
	return atOrZero(due), err
}

// SettleExecution notes that an execution was looked at, and need not be before
// due or, if that is zero, before something happens to it. It changes nothing when
// something has since the revision.
func (s *Store) SettleExecution(ctx context.Context, id string, revision int, due time.Time) error {
	return s.update(ctx, s.kinds.settleExecution, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `UPDATE executions SET due_at = $1 WHERE id = $2 AND revision = $3 AND `+executionOpen, msOrNil(due), id, revision)
		return err
	})
}

// CancelExecution moves an execution of the account to cancelled, with its steps
// and their tasks, which it returns. A finished one is a conflict.
func (s *Store) CancelExecution(ctx context.Context, now time.Time, account, id string) (stopped []string, err error) {
	err = s.update(ctx, s.kinds.cancelExecution, func(ctx context.Context, t tx) error {
		x, err := readExecution(ctx, t, account, id)
		if err != nil {
			return err
		}
		if x.State.Final() {
			return taskhook.Errorf(taskhook.CodeConflict, "The execution is already %s and can't be cancelled.", x.State)
		}
		if _, err := t.exec(ctx, `UPDATE executions SET state = 'cancelled', finished_at = $1, due_at = NULL WHERE id = $2 AND `+executionOpen,
			ms(now), id); err != nil {
			return err
		}
		stopped, err = stopSteps(ctx, t, now, id)
		return err
	})
	return stopped, err
}

// endedExecution is the item of a finish write.
type endedExecution struct {
	*taskhook.ExecutionEnd
	publication *publication
}

// FinishExecution ends an execution in one transaction with its event and
// deliveries, and cancels what still runs for it. It is stale, and changes nothing,
// when something has happened to the execution since it was read.
func (s *Store) FinishExecution(ctx context.Context, now time.Time, e *taskhook.ExecutionEnd) error {
	return s.writes.do(ctx, s.kinds.finishExecution, &endedExecution{e, s.newPublication(now, e.Publication)})
}

// announced is of ending.
func (e *endedExecution) announced() *publication {
	if e.Stale {
		return nil
	}
	return e.publication
}

func (e *endedExecution) end(ctx context.Context, t tx) error {
	x := &e.Execution
	failure, err := failureText(x.Error)
	if err != nil {
		return err
	}
	changed, err := t.exec(ctx, `UPDATE executions SET state = $1, error = $2, finished_at = $3, due_at = NULL
		WHERE id = $4 AND revision = $5 AND `+executionOpen, string(x.State), failure, ms(x.FinishedAt), x.ID, x.Revision)
	if e.Stale = changed == 0; err != nil || e.Stale {
		return err
	}
	e.Stopped, err = stopSteps(ctx, t, x.FinishedAt, x.ID)
	return err
}
