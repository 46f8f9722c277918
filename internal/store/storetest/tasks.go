package storetest

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/taskhook/taskhook"
)

func taskTests() []test {
	return []test{
		{"a task is read back as it was written", testTaskReadBack},
		{"a task is another account's secret", testTaskForeign},
		{"a key and a request are one task", testIdempotencySame},
		{"a key with another request is a conflict", testIdempotencyConflict},
		{"callers at once with one key make one task", testIdempotencyAtOnce},
		{"an expired key is free again", testIdempotencyExpiry},
		{"a task that exists is left as it is", testTaskRepeated},
		{"an account has no more unfinished tasks than its quota", testTaskQuota},
		{"results are shown in order, removed ones as expired", testTaskExpired},
	}
}

func testTaskReadBack(t *testing.T, f *fixture) {
	want, run := newTask(f.account(), f.now)
	want.Metadata = json.RawMessage(`{"a":"` + "\u2028" + `"}`)
	want.Echo = json.RawMessage(`17.0`)
	want.WebhookURL, want.Test, want.Sandbox, want.RetryOf = "https://job.example/x", true, true, "task_before"
	made, existed, err := f.Store.CreateTask(f.ctx, f.now, want, run, nil)
	f.ok(err)
	equal(t, "existed", existed, false)
	got, err := f.Store.Task(f.ctx, want.AccountID, want.ID)
	f.ok(err)
	if diff := cmp.Diff(want, got) + cmp.Diff(want, made); diff != "" {
		t.Fatal(diff)
	}
}

func testTaskForeign(t *testing.T, f *fixture) {
	k, _ := f.task(f.account())
	other := f.account()
	_, err := f.Store.Task(f.ctx, other, k.ID)
	f.code(err, taskhook.CodeTaskNotFound)
	_, err = f.Store.CancelTask(f.ctx, f.now, other, k.ID)
	f.code(err, taskhook.CodeTaskNotFound)
	list, err := f.Store.Tasks(f.ctx, taskhook.TaskFilter{AccountID: other, Page: taskhook.Page{Limit: 10}})
	f.ok(err)
	equal(t, "foreign tasks listed", len(list.Items)+list.Total, 0)
}

func (f *fixture) key(request string) *taskhook.Idempotency {
	return &taskhook.Idempotency{Hash: "key", Request: request, Expires: f.now.Add(48 * time.Hour)}
}

func testIdempotencySame(t *testing.T, f *fixture) {
	account := f.account()
	k, run := newTask(account, f.now)
	_, existed, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a"))
	f.ok(err)
	equal(t, "existed at first", existed, false)
	again, run := newTask(account, f.now)
	got, existed, err := f.Store.CreateTask(f.ctx, f.now, again, run, f.key("a"))
	f.ok(err)
	equal(t, "existed", existed, true)
	equal(t, "task", got.ID, k.ID)
	equal(t, "tasks", f.count(`SELECT count(*) FROM tasks`), 1)
	equal(t, "runs", f.count(`SELECT count(*) FROM runs`), 1)
}

func testIdempotencyConflict(t *testing.T, f *fixture) {
	account := f.account()
	k, run := newTask(account, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a"))
	f.ok(err)
	other, run := newTask(account, f.now)
	_, _, err = f.Store.CreateTask(f.ctx, f.now, other, run, f.key("b"))
	f.code(err, taskhook.CodeConflict)
	_, err = f.Store.Task(f.ctx, account, other.ID)
	f.code(err, taskhook.CodeTaskNotFound)
}

func testIdempotencyAtOnce(t *testing.T, f *fixture) {
	account := f.account()
	var made, same atomic.Int32
	ids := make([]string, 32)
	together(len(ids), func(i int) {
		k, run := newTask(account, f.now)
		got, existed, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a"))
		if err != nil {
			t.Error(err)
			return
		}
		ids[i] = got.ID
		if existed {
			same.Add(1)
		} else {
			made.Add(1)
		}
	})
	equal(t, "made", made.Load(), 1)
	equal(t, "same", same.Load(), int32(len(ids)-1))
	for _, id := range ids {
		equal(t, "task", id, ids[0])
	}
}

func testIdempotencyExpiry(t *testing.T, f *fixture) {
	account := f.account()
	first, run := newTask(account, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, first, run, f.key("a"))
	f.ok(err)
	f.now = f.now.Add(48 * time.Hour)
	second, run := newTask(account, f.now)
	_, existed, err := f.Store.CreateTask(f.ctx, f.now, second, run, f.key("b"))
	f.ok(err)
	equal(t, "existed", existed, false)
	deleted, err := f.Store.ForgetIdempotency(f.ctx, f.now, 10)
	f.ok(err)
	equal(t, "forgotten while valid", deleted, 0)
	deleted, err = f.Store.ForgetIdempotency(f.ctx, f.now.Add(48*time.Hour), 10)
	f.ok(err)
	equal(t, "forgotten", deleted, 1)
}

func testTaskRepeated(t *testing.T, f *fixture) {
	k, run := f.task(f.account())
	f.now = f.now.Add(time.Second)
	_, err := f.Store.CancelTask(f.ctx, f.now, k.AccountID, k.ID)
	f.ok(err)
	got, existed, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
	f.ok(err)
	equal(t, "existed", existed, true)
	equal(t, "state", got.State, taskhook.TaskCancelled)
}

func testTaskExpired(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.task(account)
	c := f.claimRun(n)
	end := ended(n.id, c, taskhook.TaskSucceeded, f.now)
	end.Task.Results = []taskhook.Artifact{newArtifact(c.Task.ID, 0, f.now), inline(c.Task.ID, 1, f.now)}
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	content, err := f.Store.Content(f.ctx, end.Task.Results[1].ID)
	f.ok(err)
	equal(t, "content", string(content), string(end.Task.Results[1].Content))
	end.Task.Results[1].Content = nil // which is read only to be shown
	got, err := f.Store.Task(f.ctx, account, c.Task.ID)
	f.ok(err)
	if diff := cmp.Diff(end.Task.Results, got.Results); diff != "" {
		t.Fatal(diff)
	}
	a, err := f.Store.ArtifactByName(f.ctx, got.Results[1].Name)
	f.ok(err)
	deepEqual(t, "artifact by name", a, got.Results[1])
	a, err = f.Store.ArtifactByName(f.ctx, strings.TrimSuffix(a.Name, a.Format)+"gif")
	f.ok(err)
	deepEqual(t, "artifact by another extension", a, got.Results[1])
	for _, name := range []string{"task_none.mp4", "", ".mp4", c.Task.ID + ".mp4", c.Task.ID + "-11.mp4"} {
		_, err = f.Store.ArtifactByName(f.ctx, name)
		f.code(err, taskhook.CodeNotFound)
	}
	_, err = f.Raw.ExecContext(f.ctx, `UPDATE artifacts SET removed = 1 WHERE id = $1`, a.ID)
	f.ok(err)
	got, err = f.Store.Task(f.ctx, account, c.Task.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskExpired)
	list, err := f.Store.Tasks(f.ctx, taskhook.TaskFilter{AccountID: account, Page: taskhook.Page{Limit: 10}})
	f.ok(err)
	equal(t, "state in the list", list.Items[0].State, taskhook.TaskExpired)
}

func testTaskQuota(t *testing.T, f *fixture) {
	account, other := f.account(), f.account()
	firstTask, _ := f.task(account)
	for range MaxTasks - 2 {
		f.task(account)
	}
	// Callers at once get the last place together.
	var made atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			k, run := newTask(account, f.now)
			_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
			switch taskhook.ErrorCode(err) {
			case "":
				made.Add(1)
			case taskhook.CodeRateLimited:
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	equal(t, "made at the end", made.Load(), 1)

	// What is refused leaves its key free, and no one else is affected.
	k, run := newTask(account, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a"))
	f.code(err, taskhook.CodeRateLimited)
	f.task(other)
	_, err = f.Store.CancelTask(f.ctx, f.now, account, firstTask.ID)
	f.ok(err)
	later := f.now.Add(time.Second)
	_, existed, err := f.Store.CreateTask(f.ctx, later, k, run, f.key("a"))
	f.ok(err)
	equal(t, "existed", existed, false)
	_, existed, err = f.Store.CreateTask(f.ctx, later, k, run, f.key("a")) // and is found when full
	f.ok(err)
	equal(t, "existed", existed, true)
}
