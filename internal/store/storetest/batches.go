package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func batchTests() []test {
	return []test{
		{"a batch is made whole, and its tasks end it", testBatch},
		{"a batch runs as many tasks at a time as it says", testBatchConcurrency},
		{"a key stands for a batch", testBatchKey},
		{"a batch that does not fit is refused whole", testBatchRefused},
		{"a cancelled batch begins nothing more", testBatchCancel},
		{"retention removes a batch with its last task", testBatchRemoved},
	}
}

// newBatch returns a batch of n tasks with their runs.
func newBatch(account string, n, concurrency int, now time.Time) (b taskhook.Batch, tasks []taskhook.Task, runs []taskhook.Run) {
	b = taskhook.Batch{ID: taskhook.NewID(taskhook.PrefixBatch, now), AccountID: account, Provider: "vidu", Capability: "text-to-video", Model: "vidu-q1",
		Concurrency: concurrency, CreatedAt: now}
	for i := range n {
		k, r := newTask(account, now.Add(time.Duration(i)*time.Microsecond))
		k.CreatedAt, r.DueAt, k.BatchID = now, now, b.ID
		tasks, runs = append(tasks, k), append(runs, r)
	}
	return b, tasks, runs
}

func (f *fixture) batch(account string, n, concurrency int) taskhook.Batch {
	f.t.Helper()
	b, tasks, runs := newBatch(account, n, concurrency, f.now)
	id, err := f.Store.CreateBatch(f.ctx, b, tasks, runs, nil)
	f.ok(err)
	equal(f.t, "id", id, b.ID)
	return f.readBatch(b)
}

func (f *fixture) readBatch(b taskhook.Batch) taskhook.Batch {
	f.t.Helper()
	b, err := f.Store.Batch(f.ctx, b.AccountID, b.ID)
	f.ok(err)
	return b
}

// claim claims what is due, at most 10 runs.
func (f *fixture) claim(n *node) []taskhook.ClaimedRun {
	f.t.Helper()
	runs, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", "", 10)
	f.ok(err)
	return runs
}

func (f *fixture) finishRun(n *node, c taskhook.ClaimedRun, state taskhook.TaskState) {
	f.t.Helper()
	e := ended(n.id, c, state, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, e))
	equal(f.t, "stale", e.Stale, false)
}

// dueBatch ends the one batch that is due.
func (f *fixture) dueBatch() *taskhook.BatchEnd {
	f.t.Helper()
	due, err := f.Store.DueBatches(f.ctx, 10)
	f.ok(err)
	equal(f.t, "due batches", len(due), 1)
	e := &taskhook.BatchEnd{Batch: due[0]}
	e.Batch.FinishedAt = f.now
	if due[0].StoppedAt.IsZero() {
		e.Publication = &taskhook.Publication{Events: []taskhook.NewEvent{newEvent(due[0].AccountID, taskhook.EventBatchCompleted, f.now)}}
	}
	return e
}

func testBatch(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.endpoint(account, taskhook.EventBatchCompleted)
	b := f.batch(account, 3, 0)
	equal(t, "total", b.Total, 3)
	equal(t, "open", b.Open, 3)
	runs := f.claim(n)
	equal(t, "claimed", len(runs), 3)
	for i, c := range runs {
		equal(t, "task", c.Task.ID, b.Tasks[i].ID)
		equal(t, "batch", c.Task.BatchID, b.ID)
	}
	f.finishRun(n, runs[0], taskhook.TaskSucceeded)
	f.finishRun(n, runs[1], taskhook.TaskFailed)
	due, err := f.Store.DueBatches(f.ctx, 10)
	f.ok(err)
	equal(t, "due before its last task has ended", len(due), 0)
	_, err = f.Store.CancelTask(f.ctx, f.now, account, runs[2].Task.ID)
	f.ok(err)
	e := f.dueBatch()
	again := *e
	f.ok(f.Store.FinishBatch(f.ctx, f.now, e))
	equal(t, "stale", e.Stale, false)
	again.Publication = &taskhook.Publication{Events: []taskhook.NewEvent{newEvent(account, taskhook.EventBatchCompleted, f.now)}}
	f.ok(f.Store.FinishBatch(f.ctx, f.now, &again))
	equal(t, "stale, ended again", again.Stale, true)
	b = f.readBatch(b)
	deepEqual(t, "counts", []int{b.Open, b.Succeeded, b.Failed, b.Cancelled}, []int{0, 1, 1, 1})
	equal(t, "state", b.State(), taskhook.BatchCompleted)
	equal(t, "state of the last", b.Tasks[2].State, taskhook.TaskCancelled)
	deepEqual(t, "feed", f.feed(taskhook.FeedQuery{AccountID: account, Types: []string{"batch.*"}, Limit: 10}), []string{taskhook.EventBatchCompleted})
	found, err := f.Store.Tasks(f.ctx, taskhook.TaskFilter{AccountID: account, BatchID: b.ID, Page: taskhook.Page{Limit: 2}})
	f.ok(err)
	equal(t, "tasks of the batch", found.Total, 3)
	list, err := f.Store.Batches(f.ctx, taskhook.BatchFilter{AccountID: account, Page: taskhook.Page{Limit: 2}})
	f.ok(err)
	equal(t, "batches", len(list.Items), 1)
	_, err = f.Store.Batch(f.ctx, f.account(), b.ID)
	f.code(err, taskhook.CodeNotFound)
	f.counted()
}

func testBatchConcurrency(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	b := f.batch(account, 7, 2)
	runs := f.claim(n)
	equal(t, "first", len(runs), 2)
	_, err := f.Store.CancelTask(f.ctx, f.now, account, b.Tasks[2].ID) // the one that would be next
	f.ok(err)
	equal(t, "after one that waited was cancelled", len(f.claim(n)), 0)
	f.finishRun(n, runs[0], taskhook.TaskFailed)
	next := f.claim(n)
	equal(t, "after one has ended", len(next), 1)
	equal(t, "the next", next[0].Task.ID, b.Tasks[3].ID)
	_, err = f.Store.CancelTask(f.ctx, f.now, account, next[0].Task.ID)
	f.ok(err)
	runs = append(runs[1:], f.claim(n)...)
	equal(t, "going on", len(runs), 2)
	for len(runs) > 0 {
		f.finishRun(n, runs[0], taskhook.TaskSucceeded)
		runs = append(runs[1:], f.claim(n)...)
		if len(runs) > 2 {
			t.Fatalf("%d go on", len(runs))
		}
	}
	b = f.readBatch(b)
	deepEqual(t, "counts", []int{b.Open, b.Succeeded, b.Failed, b.Cancelled}, []int{0, 4, 1, 2})
}

func testBatchKey(t *testing.T, f *fixture) {
	account := f.account()
	key := &taskhook.Idempotency{Hash: "h", Request: "r", Expires: f.now.Add(time.Hour)}
	var first string
	for i := range 2 {
		b, tasks, runs := newBatch(account, 3, 0, f.now)
		id, err := f.Store.CreateBatch(f.ctx, b, tasks, runs, key)
		f.ok(err)
		if i == 0 {
			first = id
		}
		equal(t, "id", id, first)
	}
	b, tasks, runs := newBatch(account, 3, 0, f.now)
	other := *key
	other.Request = "other"
	_, err := f.Store.CreateBatch(f.ctx, b, tasks, runs, &other)
	f.code(err, taskhook.CodeConflict)
	equal(t, "tasks", f.count(`SELECT count(*) FROM tasks`), 3)
}

func testBatchRefused(t *testing.T, f *fixture) {
	account := f.account()
	f.batch(account, MaxTasks-2, 0)
	b, tasks, runs := newBatch(account, 3, 0, f.now)
	key := &taskhook.Idempotency{Hash: "h", Request: "r", Expires: f.now.Add(time.Hour)}
	_, err := f.Store.CreateBatch(f.ctx, b, tasks, runs, key)
	f.code(err, taskhook.CodeRateLimited)
	if !strings.HasPrefix(err.Error(), "inputs[2]: ") {
		t.Errorf("refused by %v", err)
	}
	equal(t, "tasks", f.count(`SELECT count(*) FROM tasks`), MaxTasks-2)
	equal(t, "keys", f.count(`SELECT count(*) FROM idempotency`), 0)
	f.counted()
}

func testBatchCancel(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	b := f.batch(account, 5, 2)
	runs := f.claim(n)
	f.finishRun(n, runs[0], taskhook.TaskSucceeded)
	f.ok(f.Store.StopBatch(f.ctx, f.now, account, b.ID))
	f.finishRun(n, runs[1], taskhook.TaskSucceeded)
	equal(t, "begun after it was cancelled", len(f.claim(n)), 1) // that was due before
	f.code(f.Store.StopBatch(f.ctx, f.now, account, b.ID), taskhook.CodeConflict)
	f.code(f.Store.StopBatch(f.ctx, f.now, f.account(), b.ID), taskhook.CodeNotFound)
	for want := range 2 {
		stopped, err := f.Store.StopTasks(f.ctx, f.now, b.ID, 2)
		f.ok(err)
		equal(t, "cancelled", len(stopped), 2-want)
	}
	e := f.dueBatch()
	f.ok(f.Store.FinishBatch(f.ctx, f.now, e))
	b = f.readBatch(b)
	deepEqual(t, "counts", []int{b.Open, b.Succeeded, b.Failed, b.Cancelled}, []int{0, 2, 0, 3})
	equal(t, "state", b.State(), taskhook.BatchCancelled)
	running := f.batch(account, 2, 0)
	none, err := f.Store.StopTasks(f.ctx, f.now, running.ID, 10)
	f.ok(err)
	equal(t, "cancelled of one that goes on", len(none), 0)
}

func testBatchRemoved(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	b, tasks, runs := newBatch(account, 2, 0, f.now)
	_, err := f.Store.CreateBatch(f.ctx, b, tasks, runs, &taskhook.Idempotency{Hash: "h", Request: "r", Expires: f.now.Add(time.Hour)})
	f.ok(err)
	for _, c := range f.claim(n) {
		f.finishRun(n, c, taskhook.TaskFailed)
	}
	f.ok(f.Store.FinishBatch(f.ctx, f.now, f.dueBatch()))
	for i, left := range []int64{1, 0} {
		f.erase(taskhook.PartTasks, tasks[i].ID)
		equal(t, "batches left", f.count(`SELECT count(*) FROM batches`), left)
		equal(t, "keys left", f.count(`SELECT count(*) FROM idempotency`), left)
	}
}

// addBatch makes a batch whose tasks wait for an adapter of their own, and another to
// be created.
func (w *world) addBatch(f *fixture) {
	b, tasks, runs := newBatch(w.account, 2, 1, f.now)
	for i := range runs {
		runs[i].Adapter = "batches"
	}
	_, err := f.Store.CreateBatch(f.ctx, b, tasks, runs, nil)
	f.ok(err)
	w.batch = b
	w.newBatch, w.newTasks, w.newRuns = newBatch(w.account, 3, 1, f.now)
	w.batchEnd = &taskhook.BatchEnd{Batch: b, Publication: &taskhook.Publication{Events: []taskhook.NewEvent{newEvent(w.account, taskhook.EventBatchCompleted, f.now)}}}
	w.batchEnd.Batch.FinishedAt = f.now
}

func (w *world) stopBatch(f *fixture) { f.ok(f.Store.StopBatch(f.ctx, f.now, w.account, w.batch.ID)) }

func batchWrites() map[string]faultWrite {
	stopTasks := func(f *fixture, w *world) error {
		_, err := f.Store.StopTasks(f.ctx, f.now, w.batch.ID, 10)
		return err
	}
	return map[string]faultWrite{
		"create_batch": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CreateBatch(f.ctx, w.newBatch, w.newTasks, w.newRuns, nil)
			return err
		}},
		"stop_batch": {repeated: taskhook.CodeConflict,
			do: func(f *fixture, w *world) error { return f.Store.StopBatch(f.ctx, f.now, w.account, w.batch.ID) }},
		"stop_tasks": {prepare: func(f *fixture, w *world) { w.stopBatch(f) }, do: stopTasks},
		"finish_batch": {
			prepare: func(f *fixture, w *world) {
				w.stopBatch(f)
				f.ok(stopTasks(f, w))
			},
			do: func(f *fixture, w *world) error { return f.Store.FinishBatch(f.ctx, f.now, w.batchEnd) }},
	}
}
