package storetest

import (
	"bytes"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

func eraseTests() []test {
	return []test{
		{"an erased task leaves nothing, and its run ends in vain", testEraseTask},
		{"what goes on of a workflow is erased with it", testEraseExecution},
		{"deliveries in memory are erased", testEraseInMemory},
		{"a dry erasure changes nothing", testEraseDry},
		{"an erased account leaves a ledger that balances", testEraseAccount},
		{"tasks that share an input are kin", testKin},
		{"an erasure is ordered once, and ends with a receipt", testErasures},
		{"nothing of what was erased can be read in the database", testNothingLeft},
	}
}

// erasure orders one, or returns it as it stands.
func (f *fixture) erasure() taskhook.Erasure {
	f.t.Helper()
	e := newErasure(f)
	e.ID = "ers_1"
	e, err := f.Store.OrderErasure(f.ctx, e)
	f.ok(err)
	return e
}

// erase removes the ids.
func (f *fixture) erase(part taskhook.Part, ids ...string) taskhook.Removal {
	f.t.Helper()
	order := f.erasure()
	before := order.Counts["tasks"]
	removed, err := f.Store.Erase(f.ctx, f.now, order.ID, part, ids)
	f.ok(err)
	f.counted()
	again, err := f.Store.Erase(f.ctx, f.now, order.ID, part, ids)
	f.ok(err)
	equal(f.t, "rows of a repeat", again.Rows(), 0)
	equal(f.t, "tasks that the receipt counts", f.erasure().Counts["tasks"], before+removed.Counts["tasks"])
	return removed
}

func testEraseTask(t *testing.T, f *fixture) {
	n, account := f.join(), f.account()
	file := f.complete(account)
	k, run := newTask(account, f.now)
	k.Input = fmt.Appendf(nil, `{"image":"file:%s"}`, file)
	key := &taskhook.Idempotency{Hash: "h", Request: "r", Expires: f.later()}
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, key)
	f.ok(err)
	claimed := f.claimRun(n)
	removed := f.erase(taskhook.PartTasks, k.ID)
	deepEqual(t, "stopped", removed.Stopped, []string{k.ID})
	deepEqual(t, "removed", removed.Counts, map[string]int64{"tasks": 1, "files": 1})
	equal(t, "uploads", len(removed.Uploads), 1)
	end := ended(n.id, claimed, taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "an end that comes late is stale", end.Stale, true)
	mine, err := f.Store.OwnedRuns(f.ctx, n.id, "", claimed.Run.ID)
	f.ok(err)
	equal(t, "runs of the node", len(mine), 0)
	for _, table := range []string{"tasks", "runs", "artifacts", "contents", "events", "deliveries", "files", "idempotency"} {
		equal(t, table, f.count(`SELECT count(*) FROM `+table), 0)
	}

	done := f.runInline(n, account)
	f.drain(n)
	removed = f.erase(taskhook.PartTasks, done.Task.ID)
	equal(t, "contents", f.count(`SELECT count(*) FROM contents`), 0)
	deepEqual(t, "removed", removed.Counts, map[string]int64{"tasks": 1, "artifacts": 2, "events": 1, "deliveries": 1, "attempts": 1})
	_, err = f.Store.Feed(f.ctx, taskhook.FeedQuery{AccountID: account, Limit: 9})
	f.ok(err) // a hole is no end
}

func testEraseExecution(t *testing.T, f *fixture) {
	n, account := f.join(), f.account()
	x := newExecution(f.workflow(account), f.now)
	f.create(x)
	k, run := newTask(account, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, asStep(k, x, "draw", 1), run, nil)
	f.ok(err)
	claimed := f.claimRun(n)
	removed := f.erase(taskhook.PartExecutions, x.ID)
	deepEqual(t, "stopped", removed.Stopped, []string{k.ID})
	f.erase(taskhook.PartTasks, k.ID)
	end := ended(n.id, claimed, taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, true)
	for _, table := range []string{"executions", "execution_steps", "tasks", "events"} {
		equal(t, table, f.count(`SELECT count(*) FROM `+table), 0)
	}
}

func testEraseInMemory(t *testing.T, f *fixture) {
	n, account := f.join(), f.account()
	f.endpoint(account, "a.b")
	f.publish(account, "a.b")
	claimed := f.claimAll(n)
	equal(t, "in memory", len(claimed), 1)
	second := f.publish(account, "a.b")
	f.erase(taskhook.PartEvents, claimed[0].EventID)
	f.drain(n) // which ends the test if the memory is not what is stored
	equal(t, "deliveries", f.count(`SELECT count(*) FROM deliveries`), 1)
	got, err := f.Store.Delivery(f.ctx, account, second.Deliveries[0].ID)
	f.ok(err)
	equal(t, "the other", got.State, taskhook.DeliveryDelivered)
}

func testEraseDry(t *testing.T, f *fixture) {
	w := newWorld(f)
	before := f.dump()
	removed, err := f.Store.Erase(f.ctx, f.now, "", taskhook.PartTasks, []string{w.claimed.Task.ID})
	f.ok(err)
	equal(t, "tasks", removed.Counts["tasks"], 1)
	_, err = f.Store.CloseAccount(f.ctx, f.now, "", w.account)
	f.ok(err)
	removed, err = f.Store.EraseAccount(f.ctx, f.now, "", w.account, 9)
	f.ok(err)
	equal(t, "workflows", removed.Counts["workflows"], 1)
	equal(t, "the database after it", f.dump(), before)
	f.counted()
}

// eraseAccount removes all of an account.
func (f *fixture) eraseAccount(account string) {
	f.t.Helper()
	_, err := f.Store.CloseAccount(f.ctx, f.now, f.erasure().ID, account)
	f.ok(err)
	for _, part := range []taskhook.Part{taskhook.PartExecutions, taskhook.PartTasks, taskhook.PartEvents, taskhook.PartFiles} {
		ids, err := f.Store.OfAccount(f.ctx, part, account, "", 100)
		f.ok(err)
		f.erase(part, ids...)
	}
	for {
		removed, err := f.Store.EraseAccount(f.ctx, f.now, "ers_1", account, 2)
		f.ok(err)
		if removed.Rows() == 0 {
			return
		}
	}
}

func testEraseAccount(t *testing.T, f *fixture) {
	w := newWorld(f)
	f.ok(f.Store.SetBucket(f.ctx, f.now, newBucket(w.account)))
	f.ok(f.Store.FinishRun(f.ctx, f.now, w.end))
	other := f.account()
	f.task(other)
	f.publish(other, "kept.one")
	f.eraseAccount(w.account)
	audits, err := f.Store.Audit(f.ctx)
	f.ok(err)
	for _, a := range audits {
		if !a.Balanced() || a.Account.ID == w.account && (a.Account.Available != 0 || a.Account.Held != 0 || a.Account.Name != "") {
			t.Errorf("of an account is left: %+v", a)
		}
	}
	text := f.dump()
	for line := range bytes.Lines([]byte(text)) {
		if bytes.Contains(line, []byte(w.account)) && !bytes.Contains(line, []byte("ledger")) && !bytes.Contains(line, []byte("accounts")) {
			t.Errorf("of the account is left: %s", line)
		}
	}
	accounts, err := f.Store.Accounts(f.ctx)
	f.ok(err)
	equal(t, "the accounts that are left", len(accounts), 1)
	first, ok, err := f.Store.FirstAccount(f.ctx)
	f.ok(err)
	equal(t, "the first account", first.ID, other)
	equal(t, "there is one", ok, true)
	installation, err := f.Store.Installation(f.ctx)
	f.ok(err)
	equal(t, "the installation", installation, w.account)
}

func testKin(t *testing.T, f *fixture) {
	account := f.account()
	x := newExecution(f.workflow(account), f.now)
	f.create(x)
	first, run := newTask(account, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, asStep(first, x, "draw", 1), run, nil)
	f.ok(err)
	second, run := newTask(account, f.now)
	second.RetryOf = first.ID
	_, _, err = f.Store.CreateTask(f.ctx, f.now, second, run, nil)
	f.ok(err)
	f.task(account)
	for _, of := range []string{first.ID, second.ID} {
		tasks, executions, err := f.Store.Kin(f.ctx, of)
		f.ok(err)
		slices.Sort(tasks)
		deepEqual(t, "tasks", tasks, []string{min(first.ID, second.ID), max(first.ID, second.ID)})
		deepEqual(t, "executions", executions, []string{x.ID})
	}
	tasks, _, err := f.Store.Kin(f.ctx, "task_nobody")
	f.ok(err)
	equal(t, "kin of nobody", len(tasks), 0)
}

func newErasure(f *fixture) taskhook.Erasure {
	return taskhook.Erasure{ID: taskhook.NewID(taskhook.PrefixErasure, f.now), By: "ann",
		Subject: taskhook.Subject{Kind: taskhook.SubjectMetadata, Name: "user=42"}, CreatedAt: f.now}
}

func testErasures(t *testing.T, f *fixture) {
	e := newErasure(f)
	first, err := f.Store.OrderErasure(f.ctx, e)
	f.ok(err)
	again, err := f.Store.OrderErasure(f.ctx, newErasure(f))
	f.ok(err)
	equal(t, "the same subject", again.ID, first.ID)
	e.Counts = map[string]int64{}
	open, err := f.Store.UnfinishedErasures(f.ctx)
	f.ok(err)
	deepEqual(t, "what goes on", open, []taskhook.Erasure{e})
	e.FinishedAt, e.Subject.Name = f.now, "hash"
	f.ok(f.Store.FinishErasure(f.ctx, f.now, e.ID, "hash"))
	_, err = f.Store.Erase(f.ctx, f.now, e.ID, taskhook.PartTasks, nil)
	equal(t, "an erasure that has ended", taskhook.ErrorCode(err), taskhook.CodeNotFound)
	open, err = f.Store.UnfinishedErasures(f.ctx)
	f.ok(err)
	equal(t, "what goes on", len(open), 0)
	got, err := f.Store.Erasure(f.ctx, e.ID)
	f.ok(err)
	deepEqual(t, "the receipt", got, e)
	all, err := f.Store.Erasures(f.ctx)
	f.ok(err)
	equal(t, "receipts", len(all), 1)
	next, err := f.Store.OrderErasure(f.ctx, newErasure(f))
	f.ok(err)
	if next.ID == e.ID {
		t.Error("an erasure that has ended is not ordered anew")
	}
	_, err = f.Store.Erasure(f.ctx, "ers_none")
	f.code(err, taskhook.CodeNotFound)
}

// testNothingLeft erases much among what stays, and looks for it in what is stored.
func testNothingLeft(t *testing.T, f *fixture) {
	const marker = "marker-7f3a9"
	account, other := f.account(), f.account()
	var ids []string
	for i := range 60 {
		for owner, text := range map[string]string{account: marker, other: "kept"} {
			k, run := newTask(owner, f.now)
			k.Input = fmt.Appendf(nil, `{"prompt":%q,"n":%d}`, string(bytes.Repeat([]byte(text+" "), 1+i*i*3)), i)
			k.Metadata = fmt.Appendf(nil, `{"user":%q}`, text)
			_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
			f.ok(err)
			event := newEvent(owner, "a.b", f.now)
			event.Event.Subject, event.Event.Body = k.ID, k.Input
			f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}}))
			if owner == account {
				ids = append(ids, k.ID)
			}
		}
	}
	labelled, err := f.Store.Subjects(f.ctx, taskhook.PartTasks, account, "", 100)
	f.ok(err)
	equal(t, "labelled", len(labelled), len(ids))
	f.erase(taskhook.PartTasks, ids...)
	f.ok(f.Store.Scrub(f.ctx))
	if text := f.texts(); strings.Contains(text, marker) || !strings.Contains(text, "kept") {
		t.Errorf("of %d bytes of text the wrong are gone", len(text))
	}
	stored, err := f.Bytes(f.ctx)
	f.ok(err)
	if !f.Forgets {
		return
	}
	if i := bytes.Index(stored, []byte(marker)); i >= 0 {
		t.Errorf("%d times it is still there, first at %d of %d", bytes.Count(stored, []byte(marker)), i, len(stored))
	}
	if !bytes.Contains(stored, []byte("kept")) {
		t.Error("what was to stay is not there")
	}
}

// texts are the inputs, labels and bodies that are stored.
func (f *fixture) texts() string {
	f.t.Helper()
	var all strings.Builder
	for _, query := range []string{`SELECT input FROM tasks`, `SELECT metadata FROM tasks WHERE metadata IS NOT NULL`, `SELECT body FROM events`,
		`SELECT body FROM deliveries WHERE body IS NOT NULL`, `SELECT response FROM attempts WHERE response IS NOT NULL`} {
		f.each(query, func(rows *sql.Rows) error {
			var text []byte
			err := rows.Scan(&text)
			all.Write(text)
			return err
		})
	}
	return all.String()
}

// erasureWrites are the writes of erasures, for faults.
func erasureWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"erase": {removes: true, prepare: func(f *fixture, w *world) { f.erasure() }, do: func(f *fixture, w *world) error {
			_, err := f.Store.Erase(f.ctx, f.now, "ers_1", taskhook.PartTasks, []string{w.started.Task.ID})
			return err
		}},
		"close_account": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CloseAccount(f.ctx, f.now, "ers_1", w.newAccount.ID)
			return err
		}, prepare: func(f *fixture, w *world) {
			_, err := f.Store.CreateAccount(f.ctx, w.newAccount)
			f.ok(err)
			f.erasure()
		}},
		"order_erasure": {do: func(f *fixture, w *world) error {
			e := newErasure(f)
			e.ID = "ers_1"
			_, err := f.Store.OrderErasure(f.ctx, e)
			return err
		}},
		"finish_erasure": {prepare: func(f *fixture, w *world) {
			f.erasure()
		}, do: func(f *fixture, w *world) error {
			return f.Store.FinishErasure(f.ctx, f.now, "ers_1", "hash")
		}},
	}
}
