package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// newTask is the item of a create write.
type newTask struct {
	now  time.Time
	task taskhook.Task
	run  taskhook.Run
	key  *taskhook.Idempotency
	same string // the task that the key stands for already
}

// CreateTask makes a task and its first run durable. With a key that stands for a
// task already, that task is returned and existed is true; with another request
// under the same key it is a conflict. After an error it can be repeated: a task
// that exists is left as it is.
func (s *Store) CreateTask(ctx context.Context, now time.Time, task taskhook.Task, run taskhook.Run, key *taskhook.Idempotency) (_ taskhook.Task, existed bool, err error) {
	n := &newTask{now: now, task: task, run: run, key: key}
	if err := s.writes.do(ctx, s.kinds.createTask, n); err != nil {
		return task, false, err
	}
	if n.same != "" {
		task, err = s.Task(ctx, task.AccountID, n.same)
		return task, true, err
	}
	return task, false, nil
}

func (s *Store) createTaskKind() *kind {
	return &kind{name: "create_task", apply: func(ctx context.Context, t tx, items []*write) error {
		// Accounts are changed in the order of their ids.
		items = slices.Clone(items)
		slices.SortStableFunc(items, func(a, b *write) int {
			return cmp.Compare(a.item.(*newTask).task.AccountID, b.item.(*newTask).task.AccountID)
		})
		var admitted []*newTask
		for _, w := range items {
			n := w.item.(*newTask)
			if s.quota.used(n.task.AccountID) { // then it counts what is stored
				if err := insertTasks(ctx, t, admitted...); err != nil {
					return err
				}
				admitted = nil
			}
			ok, err := n.admit(ctx, t, &s.quota, &s.backlog)
			if ok && n.task.Step != nil { // the next one may be of the same step
				err = insertTasks(ctx, t, n)
			} else if ok {
				admitted = append(admitted, n)
			}
			switch taskhook.ErrorCode(err) {
			case "":
			case taskhook.CodeConflict, taskhook.CodeRateLimited, taskhook.CodeNoBalance, taskhook.CodeSpendLimit:
				w.err = err
			default:
				return err
			}
		}
		if err := insertTasks(ctx, t, admitted...); err != nil {
			return err
		}
		return s.hint(ctx, t)
	}}
}

// admit takes key and money for the task, which is then to be inserted; ok is false
// when its key stands for one. What it refuses it has not touched.
func (n *newTask) admit(ctx context.Context, t tx, tasks, backlog *quota) (ok bool, err error) {
	if n.same, err = checkKey(ctx, t, n.now, n.key); err != nil || n.same != "" {
		return false, err
	}
	if fresh, err := n.checkTask(ctx, t); err != nil || !fresh {
		return false, err
	}
	if n.task.Step != nil {
		if err := checkStep(ctx, t, n.task.Step); err != nil {
			return false, err
		}
	}
	for _, q := range []*quota{tasks, backlog} {
		if err := q.check(ctx, t, n.task.AccountID, n.now); err != nil {
			return false, err
		}
	}
	if err := hold(ctx, t, n.now, &n.task); err != nil {
		return false, err
	}
	tasks.note(n.task.AccountID, 1)
	return true, takeKey(ctx, t, n.key, n.task.ID)
}

// checkTask looks a task up that is to be paid; fresh is false when it was stored
// by a write of unknown outcome, and so is paid. Free ones are found by
// insertTasks.
func (n *newTask) checkTask(ctx context.Context, t tx) (fresh bool, err error) {
	if n.task.Price == 0 {
		return true, nil
	}
	id, stored, err := first(ctx, t, scanInto[string], `SELECT id FROM tasks WHERE id = $1`, n.task.ID)
	n.same = id
	return !stored, err
}

// insertTasks adds tasks with their runs. Those that are there already are left as
// they are.
func insertTasks(ctx context.Context, t tx, all ...*newTask) error {
	rows := make([]any, 0, len(all)*len(bulkColumns[taskRows]))
	for _, n := range all {
		rows = append(rows, taskValues(&n.task, n.execution())...)
	}
	made, err := collectMany(ctx, t, scanInto[string], taskRows, rows)
	if err != nil {
		return err
	}
	fresh := asSet(made)
	runs := make([]any, 0, len(all)*len(bulkColumns[runRows]))
	for _, n := range all {
		k, r := &n.task, &n.run
		if !fresh[k.ID] {
			n.same = k.ID
			continue
		}
		t.note(taskhook.KindTasks, taskhook.Amount{Rows: 1, Bytes: taskCost + int64(len(k.Input)+len(k.Metadata))})
		if err := useFiles(ctx, t, k.CreatedAt, k.AccountID, k.Input); err != nil {
			return err
		}
		if k.Step != nil {
			if err := startStep(ctx, t, k); err != nil {
				return err
			}
		}
		runs = append(runs, r.ID, r.TaskID, k.AccountID, r.Number, r.Adapter, "open", string(r.Submission), r.Handle, ms(r.DueAt), r.Queue, k.Priority)
	}
	return t.many(ctx, nil, runRows, runs)
}

// taskValues are the columns of a new task, for intoTasks.
func taskValues(k *taskhook.Task, execution string) []any {
	return []any{k.ID, k.AccountID, k.Face, k.Provider, k.Capability, k.Model, string(k.Medium), []byte(k.Input), bytesOrNil(k.Metadata),
		k.WebhookURL, flag(k.Test), flag(k.Sandbox), k.RetryOf, k.KeyID, int64(k.Price), bytesOrNil(k.Echo), string(k.State),
		k.Estimated.Milliseconds(), ms(k.CreatedAt), execution, k.BatchID, k.Priority, k.Pin}
}

// execution is the one that the task is a step of; empty: none.
func (n *newTask) execution() string {
	if n.task.Step == nil {
		return ""
	}
	return n.task.Step.ExecutionID
}

// bytesOrNil is the stored form of JSON that may be missing.
func bytesOrNil(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

const taskColumns = `id, account, face, provider, capability, model, medium, input, metadata, webhook_url, test, sandbox,
	retry_of, key, price, echo, adapter, state, progress, error, estimated, told, batch, priority, pin, worker, created_at, started_at, finished_at`

func scanTask(r scanner) (k taskhook.Task, err error) {
	var input, metadata, echo, failure []byte
	var estimated, created int64
	var started, finished *int64
	err = r.Scan(&k.ID, &k.AccountID, &k.Face, &k.Provider, &k.Capability, &k.Model, &k.Medium, &input, &metadata,
		&k.WebhookURL, &k.Test, &k.Sandbox, &k.RetryOf, &k.KeyID, &k.Price, &echo, &k.Adapter, &k.State, &k.Progress, &failure, &estimated,
		&k.Told, &k.BatchID, &k.Priority, &k.Pin, &k.Worker, &created, &started, &finished)
	if err != nil {
		return k, err
	}
	k.Input, k.Metadata, k.Echo = input, metadata, echo
	k.Estimated = time.Duration(estimated) * time.Millisecond
	k.CreatedAt, k.StartedAt, k.FinishedAt = at(created), atOrZero(started), atOrZero(finished)
	if failure != nil {
		k.Error = &taskhook.TaskError{}
		err = json.Unmarshal(failure, k.Error)
	}
	return k, err
}

// Task returns a task of the account with its results.
func (s *Store) Task(ctx context.Context, account, id string) (taskhook.Task, error) {
	k, ok, err := first(ctx, s.db, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = $1 AND account = $2`, id, account)
	if err != nil {
		return k, err
	}
	if !ok {
		return k, taskhook.Errorf(taskhook.CodeTaskNotFound, "There is no task %s in this account.", id)
	}
	found := []taskhook.Task{k}
	err = addResults(ctx, s.db, found)
	return found[0], err
}

// Tasks lists tasks with their results, newest first.
func (s *Store) Tasks(ctx context.Context, f taskhook.TaskFilter) (taskhook.List[taskhook.Task], error) {
	var scope, filter conditions
	scope.add("account = ?", f.AccountID)
	scope.addIf(!f.From.IsZero(), "id >= ?", taskhook.FloorID(taskhook.PrefixTask, f.From))
	scope.addIf(!f.To.IsZero(), "id < ?", taskhook.FloorID(taskhook.PrefixTask, f.To))
	scope.addIf(f.BatchID != "", "batch = ? AND batch <> ''", f.BatchID) // as its partial index says
	scope.addIf(f.Prefix != "", "id >= ? AND id < ?", f.Prefix, f.Prefix+"~")
	filter.addIf(f.State != "", "state = ?", string(f.State))
	filter.addIf(f.Provider != "", "provider = ?", f.Provider)
	filter.addIf(f.Model != "", "model = ?", f.Model)
	found, err := list(ctx, s.db, listing[taskhook.Task]{
		columns: taskColumns, from: ` FROM tasks`, id: "id", scope: scope, filter: filter, page: f.Page, scan: scanTask,
		cursor: func(k taskhook.Task) string { return k.ID },
	})
	if err != nil {
		return found, err
	}
	return found, addResults(ctx, s.db, found.Items)
}

// addResults reads the artifacts of all tasks at once. A succeeded task whose
// files retention removed is shown as expired.
func addResults(ctx context.Context, r reader, tasks []taskhook.Task) error {
	byID := map[string]*taskhook.Task{}
	var ids []any
	for i := range tasks {
		if tasks[i].State == taskhook.TaskSucceeded {
			byID[tasks[i].ID] = &tasks[i]
			ids = append(ids, tasks[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	artifacts, err := collect(ctx, r, scanArtifact, `SELECT `+artifactColumns+` FROM artifacts
		WHERE task IN (`+marks(1, len(ids))+`) ORDER BY task, position`, ids...)
	eachResult(artifacts, func(a taskhook.Artifact) {
		k := byID[a.TaskID]
		k.Results = append(k.Results, a)
		if a.Removed {
			k.State = taskhook.TaskExpired
		}
	})
	return err
}

// CancelTask moves an unfinished task to cancelled and ends its run; a finished
// one is a conflict.
func (s *Store) CancelTask(ctx context.Context, now time.Time, account, id string) (taskhook.Task, error) {
	err := s.update(ctx, s.kinds.cancelTask, func(ctx context.Context, t tx) error {
		k, ok, err := first(ctx, t, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = $1 AND account = $2`, id, account)
		switch {
		case err != nil:
			return err
		case !ok:
			return taskhook.Errorf(taskhook.CodeTaskNotFound, "There is no task %s in this account.", id)
		case k.State.Final():
			return taskhook.Errorf(taskhook.CodeConflict, "The task is already %s and can't be cancelled.", k.State)
		}
		return cancelTask(ctx, t, now, &k)
	})
	if err != nil {
		return taskhook.Task{}, err
	}
	return s.Task(ctx, account, id)
}

// cancelTask moves an unfinished task, as it is stored now, to cancelled, with its
// run and the step that it is for.
func cancelTask(ctx context.Context, t tx, now time.Time, k *taskhook.Task) error {
	if _, err := t.exec(ctx, `UPDATE tasks SET state = 'cancelled', finished_at = $1 WHERE id = $2 AND `+taskUnfinished, ms(now), k.ID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE runs SET state = 'done', owner = NULL WHERE task = $1 AND state = 'open' AND (owner IS NOT NULL OR handle = '')`, k.ID); err != nil {
		return err
	}
	// Work elsewhere that no node waits for is left to the next one to call off.
	if _, err := t.exec(ctx, `UPDATE runs SET due_at = $1 WHERE task = $2 AND state = 'open'`, ms(now), k.ID); err != nil {
		return err
	}
	if err := dropReports(ctx, t, k); err != nil {
		return err
	}
	k.State = taskhook.TaskCancelled
	if _, err := endInBatch(ctx, t, now, k); err != nil {
		return err
	}
	used := spending{}
	used.add(now, k)
	if err := used.write(ctx, t); err != nil {
		return err
	}
	if k.Face == taskhook.FaceWorkflow {
		if err := endStep(ctx, t, now, k.ID, k.State, nil); err != nil {
			return err
		}
	}
	var money settlement
	money.add(now, k)
	return money.write(ctx, t)
}

// cancelIfOpen cancels a task that has not ended.
func cancelIfOpen(ctx context.Context, t tx, now time.Time, id string) error {
	k, ok, err := first(ctx, t, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE id = $1 AND `+taskUnfinished, id)
	if err != nil || !ok {
		return err
	}
	return cancelTask(ctx, t, now, &k)
}

// taskUnfinished is the guard of every move to a final state.
var taskUnfinished = func() string {
	var open []string
	for _, state := range taskhook.TaskStates() {
		if !state.Final() {
			open = append(open, "'"+string(state)+"'")
		}
	}
	return "state IN (" + strings.Join(open, ", ") + ")"
}()
