package storetest

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func retentionTests() []test {
	return []test{
		{"what is old is removed with all that belongs to it", testRetention},
		{"what is in flight is spared", testSpared},
		{"files that are used again are kept", testFilesInUse},
		{"a cursor before what was removed has expired", testHorizon},
		{"what is stored is counted", testStored},
		{"the database file shrinks", testShrink},
	}
}

// day is how far apart things are made.
const day = 24 * time.Hour

// later is when all that a test has made is old.
func (f *fixture) later() time.Time { return f.now.Add(day) }

// old returns the ids of what is old, read in bites.
func (f *fixture) old(part taskhook.Part, before time.Time) (ids []string) {
	f.t.Helper()
	place := ""
	for {
		some, err := f.Store.Old(f.ctx, part, place, before, 3)
		f.ok(err)
		for _, a := range some {
			if a.Place <= place && part != taskhook.PartEvents || slices.Contains(ids, a.ID) {
				f.t.Fatalf("%s: %q follows %q", part, a.Place, place)
			}
			ids, place = append(ids, a.ID), a.Place
		}
		if len(some) == 0 {
			return ids
		}
	}
}

// age removes what is old of some parts, all if none are named.
func (f *fixture) age(before time.Time, parts ...taskhook.Part) (all taskhook.Removal) {
	f.t.Helper()
	if len(parts) == 0 {
		parts = taskhook.Parts()
	}
	for _, part := range parts {
		removed, err := f.Store.Remove(f.ctx, part, f.old(part, before), before)
		f.ok(err)
		all.Add(removed)
	}
	f.counted()
	return all
}

// counted holds the counters against what is there.
func (f *fixture) counted() {
	f.t.Helper()
	got, err := f.Store.Stored(f.ctx)
	f.ok(err)
	for kind, query := range map[taskhook.Kind]string{
		taskhook.KindEvents: `SELECT (SELECT count(*) FROM events), (SELECT coalesce(sum(length(body) + 400), 0) FROM events)
			+ (SELECT coalesce(sum(coalesce(length(body), 0) + 800), 0) FROM deliveries)`,
		taskhook.KindAttempts: `SELECT count(*), coalesce(sum(coalesce(length(response), 0) + 120), 0) FROM attempts`,
		taskhook.KindTasks: `SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM executions),
			(SELECT coalesce(sum(length(input) + coalesce(length(metadata), 0) + 800), 0) FROM tasks) + (SELECT coalesce(sum(length(input) + 800), 0) FROM executions)`,
		taskhook.KindArtifacts: `SELECT count(*), coalesce(sum(size), 0) FROM artifacts WHERE removed = 0`,
		taskhook.KindFiles:     `SELECT count(*), coalesce(sum(size), 0) FROM files WHERE completed_at IS NOT NULL`,
	} {
		var want taskhook.Amount
		f.ok(f.Raw.QueryRowContext(f.ctx, query).Scan(&want.Rows, &want.Bytes))
		equal(f.t, string(kind)+" stored", got[kind], want)
	}
}

// run makes a task and has it end; its deliveries are pending.
func (f *fixture) run(n *node, account string) *taskhook.RunEnd {
	f.t.Helper()
	f.task(account)
	end := ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(f.t, "stale", end.Stale, false)
	return end
}

// runInline is run with a second result, which is inline.
func (f *fixture) runInline(n *node, account string) *taskhook.RunEnd {
	f.t.Helper()
	f.task(account)
	end := ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)
	end.Task.Results = append(end.Task.Results, inline(end.Task.ID, 1, f.now))
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(f.t, "contents", f.count(`SELECT count(*) FROM contents`), 1)
	return end
}

func testRetention(t *testing.T, f *fixture) {
	n, account := f.join(), f.account()
	end := f.runInline(n, account)
	f.drain(n)
	f.counted()
	removed := f.age(f.now)
	equal(t, "what is new", removed.Rows(), 0)

	removed = f.age(f.later(), taskhook.PartArtifacts)
	deepEqual(t, "files", removed.Results, []string{end.Task.Results[0].ID})
	equal(t, "results", removed.Counts["artifacts"], 2)
	_, err := f.Store.Content(f.ctx, end.Task.Results[1].ID)
	equal(t, "what was inline is gone", errors.Is(err, fs.ErrNotExist), true)
	f.counted()
	k, err := f.Store.Task(f.ctx, account, end.Task.ID)
	f.ok(err)
	equal(t, "state", k.State, taskhook.TaskExpired)
	known, err := f.Store.KnownArtifacts(f.ctx, removed.Results)
	f.ok(err)
	equal(t, "files that are to stay", len(known), 0)
	removed = f.age(f.later(), taskhook.PartArtifacts)
	equal(t, "results that are gone", removed.Rows(), 0)

	removed = f.age(f.later(), taskhook.PartAttempts)
	deepEqual(t, "attempts", removed.Counts, map[string]int64{"attempts": 1})
	list, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: account, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "deliveries", len(list.Items), 1)
	attempts, err := f.Store.Attempts(f.ctx, account, list.Items[0].ID)
	f.ok(err)
	equal(t, "attempts of a delivery that is kept", len(attempts), 0)

	removed = f.age(f.later())
	deepEqual(t, "the rest", removed.Counts, map[string]int64{"events": 1, "deliveries": 1, "tasks": 1})
	for _, table := range []string{"tasks", "runs", "artifacts", "contents", "events", "deliveries", "attempts"} {
		equal(t, table, f.count(`SELECT count(*) FROM `+table), 0)
	}
}

func testSpared(t *testing.T, f *fixture) {
	n, account := f.join(), f.account()
	waiting, _ := f.task(account)
	f.now = f.now.Add(time.Millisecond)
	claimed := f.claimRun(n)
	equal(t, "claimed", claimed.Task.ID, waiting.ID)
	end := f.run(n, account) // its delivery is pending
	paused := f.endpoint(account, "own.type")
	f.setState(paused, taskhook.EndpointPaused)
	held := f.publish(account, "own.type").Events[0].Event
	done := f.publish(account, "other.type").Events[0].Event
	removed := f.age(f.later())
	deepEqual(t, "what nothing waits for", removed.Counts, map[string]int64{"events": 1})
	equal(t, "it", f.count(`SELECT count(*) FROM events WHERE id = $1`, done.ID), 0)
	_, err := f.Store.Event(f.ctx, account, held.ID)
	f.ok(err)

	f.drain(n)
	removed = f.age(f.later())
	deepEqual(t, "what was delivered", removed.Counts, map[string]int64{"events": 1, "deliveries": 1, "attempts": 1, "artifacts": 1, "tasks": 1})
	_, err = f.Store.Task(f.ctx, account, end.Task.ID)
	f.code(err, taskhook.CodeTaskNotFound)
	_, err = f.Store.Task(f.ctx, account, waiting.ID)
	f.ok(err)

	// Of a workflow, results are needed until all of it has ended and is told.
	x := newExecution(f.workflow(account), f.now)
	f.create(x)
	step, run := newTask(account, f.now)
	step.Face = taskhook.FaceWorkflow
	_, _, err = f.Store.CreateTask(f.ctx, f.now, asStep(step, x, "draw", 1), run, nil)
	f.ok(err)
	f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)))
	f.drain(n)
	removed = f.age(f.later())
	deepEqual(t, "of a workflow that goes on", removed.Counts, map[string]int64{"events": 1, "deliveries": 1, "attempts": 1})
	over := executionEnd(f.execution(x), f.now)
	f.ok(f.Store.FinishExecution(f.ctx, f.now, over))
	equal(t, "stale", over.Stale, false)
	if len(over.Publication.Deliveries) > 0 {
		removed = f.age(f.later())
		equal(t, "of a workflow that is not told", removed.Rows(), 0)
	}
	f.drain(n)
	removed = f.age(f.later())
	for table, want := range map[string]int64{"executions": 1, "tasks": 1, "artifacts": 1, "events": 1} {
		equal(t, table+" of a workflow that has ended", removed.Counts[table], want)
	}
	equal(t, "steps", f.count(`SELECT count(*) FROM execution_steps`), 0)
}

func testFilesInUse(t *testing.T, f *fixture) {
	account := f.account()
	file, used := f.complete(account), f.complete(account)
	f.now = f.now.Add(2 * day)
	k, run := newTask(account, f.now)
	k.Input = fmt.Appendf(nil, `{"image":"file:%s","again":"file:%s"}`, used, used)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
	f.ok(err)
	removed := f.age(f.now.Add(-day))
	deepEqual(t, "files", removed.Counts, map[string]int64{"files": 1})
	equal(t, "bytes", len(removed.Uploads), 1)
	_, err = f.Store.File(f.ctx, account, file)
	f.code(err, taskhook.CodeNotFound)
	removed = f.age(f.later())
	equal(t, "what an unfinished task names", removed.Rows(), 0)
	_, err = f.Store.CancelTask(f.ctx, f.now, account, k.ID)
	f.ok(err)
	removed = f.age(f.later(), taskhook.PartFiles)
	equal(t, "after it", len(removed.Uploads), 1)
}

// complete uploads a file.
func (f *fixture) complete(account string) string {
	f.t.Helper()
	file := f.upload(account)
	_, err := f.Store.CompleteFile(f.ctx, f.now, account, file.ID)
	f.ok(err)
	return file.ID
}

func testHorizon(t *testing.T, f *fixture) {
	account, quiet := f.account(), f.account()
	paused := f.endpoint(account, "held.one")
	f.setState(paused, taskhook.EndpointPaused)
	f.publish(quiet, "quiet.one")  // 1
	f.publish(account, "held.one") // 2
	f.publish(account, "a.one")    // 3
	made := newEvent(account, "made.up", f.now)
	made.Event.Test = true
	f.publish(account, "a.two") // 4
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{made}}))
	seen := f.now.Add(time.Second)
	f.now = f.now.Add(time.Minute)
	f.publish(account, "a.three") // 6
	removed, err := f.Store.Remove(f.ctx, taskhook.PartEvents, f.old(taskhook.PartEvents, seen), seen)
	f.ok(err)
	equal(t, "events", removed.Counts["events"], 4)
	for after := range taskhook.Cursor(4) {
		_, err := f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: account, After: after, Limit: 9})
		f.code(err, taskhook.CodeCursorExpired)
		if e := err.(*taskhook.Error); e.Oldest != 4 || e.Field != "after" {
			t.Fatalf("the oldest cursor is %d, of %q", e.Oldest, e.Field)
		}
	}
	for _, after := range []taskhook.Cursor{4, 5} {
		deepEqual(t, "what follows", f.feed(taskhook.FeedQuery{AccountID: account, After: after, Limit: 1}), []string{"a.three"})
	}
	page, err := f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: account, FromStart: true, Limit: 9})
	f.ok(err)
	equal(t, "from the start", len(page.Events), 1)
	_, err = f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: quiet, After: 1, Limit: 9})
	f.ok(err) // it has seen all that there was of its account
	_, err = f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: quiet, Limit: 9})
	f.code(err, taskhook.CodeCursorExpired)
}

func testStored(t *testing.T, f *fixture) {
	began := f.now.Truncate(time.Millisecond)
	w := newWorld(f)
	f.counted()
	f.ok(f.Store.FinishRun(f.ctx, f.now, w.end))
	f.drain(w.n)
	f.counted()
	f.code(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{w.end.Publication.Events[0]}}), taskhook.CodeConflict)
	f.counted()
	oldest, err := f.Store.Oldest(f.ctx, f.later())
	f.ok(err)
	for _, kind := range []taskhook.Kind{taskhook.KindEvents, taskhook.KindTasks} {
		equal(t, "the oldest of "+string(kind)+" is of now", !oldest[kind].Before(began) && oldest[kind].Before(f.now), true)
	}
	_, met := oldest[taskhook.KindFiles]
	equal(t, "there are uploads", met, f.count(`SELECT count(*) FROM files WHERE completed_at IS NOT NULL`) > 0)
}

func testShrink(t *testing.T, f *fixture) {
	account := f.account()
	event := newEvent(account, "a.b", f.now)
	event.Event.Body = make([]byte, 24<<20)
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}}))
	f.age(f.later())
	for steps := 0; ; steps++ {
		pages, err := f.Store.Shrink(f.ctx)
		f.ok(err)
		if pages == 0 {
			break
		}
		if steps > 100 {
			t.Fatalf("it never ends")
		}
	}
	f.ok(f.Store.Scrub(f.ctx))
	f.publish(account, "a.b")
}

// retentionWrites are the writes of retention, for faults.
func retentionWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"remove": {removes: true,
			prepare: func(f *fixture, w *world) { f.ok(f.Store.FinishRun(f.ctx, f.now, w.end)); f.drain(w.n) },
			do: func(f *fixture, w *world) error {
				_, err := f.Store.Remove(f.ctx, taskhook.PartEvents, []string{w.end.Publication.Events[0].Event.ID}, f.now)
				return err
			}},
		"forget_usage": {removes: true,
			prepare: func(f *fixture, w *world) { f.ok(f.Store.FinishRun(f.ctx, f.now, w.end)) },
			do: func(f *fixture, w *world) error {
				_, err := f.Store.ForgetUsage(f.ctx, f.later(), 10)
				return err
			}},
	}
}
