package storetest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// world is a database with something for every kind of write to do.
type world struct {
	n, next          *node
	account          string
	key, newKey      taskhook.Key
	credit           string
	newAccount       taskhook.Account
	endpoint, paused taskhook.Endpoint
	newEndpoint      taskhook.Endpoint
	publication      *taskhook.Publication
	newTask          taskhook.Task
	newRun           taskhook.Run
	claimed, started taskhook.ClaimedRun
	runs             []taskhook.ClaimedRun
	end              *taskhook.RunEnd
	result           *taskhook.AttemptResult
	idle             *memory // an owned lane without deliveries
	due              string  // a free lane
	newFile          taskhook.File
	announced        taskhook.File // with bytes, not complete
	workflow         taskhook.Workflow
	newWorkflow      taskhook.Workflow
	execution        taskhook.Execution // the claimed run is for its first step, the new task for its second
	newExecution     taskhook.Execution
	executionEnd     *taskhook.ExecutionEnd
	notice           *taskhook.EndpointNotice
	replay           *taskhook.Replay
	replayStep       *taskhook.ReplayStep
	batch, newBatch  taskhook.Batch
	newTasks         []taskhook.Task
	newRuns          []taskhook.Run
	batchEnd         *taskhook.BatchEnd
	lease            taskhook.RunLease
}

// lane is the endpoint's, which the node owns; something is due there.
func (w *world) lane() *memory { return w.n.lanes[w.endpoint.LaneID] }

func newWorld(f *fixture) *world {
	w := &world{n: f.join(), next: newNode(f.now), account: f.account()}
	w.key, w.newKey = newKey(w.account, f.now), newKey(w.account, f.now)
	f.ok(f.Store.CreateKey(f.ctx, w.key, "hash"))
	w.newAccount = taskhook.Account{ID: taskhook.NewID(taskhook.PrefixAccount, f.now), Name: "new", CreatedAt: f.now}
	f.credit(w.account, 4*price)
	w.credit = taskhook.NewID(taskhook.PrefixCredit, f.now)
	w.addExecution(f)
	w.newTask, w.newRun = newPaid(w.account, w.key.ID, f.now)
	w.newTask = asStep(w.newTask, w.execution, "animate", 1)
	w.addRuns(f)
	w.addLanes(f)
	w.addBatch(f)
	w.newFile, w.announced = newFile(w.account, f.now), f.upload(w.account)
	f.now = f.now.Add(time.Second)
	return w
}

// addRuns makes one run claimed, one started and one free, and an expired key.
func (w *world) addRuns(f *fixture) {
	first, firstRun := newPaid(w.account, w.key.ID, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, asStep(first, w.execution, "draw", 1), firstRun, nil)
	f.ok(err)
	f.now = f.now.Add(time.Millisecond)
	w.claimed = f.claimRun(w.n)
	w.executionEnd = executionEnd(f.execution(w.execution), f.now)
	f.paid(w.account, w.key.ID)
	w.started = f.claimRun(w.n)
	k, run := newPaid(w.account, w.key.ID, f.now)
	_, _, err = f.Store.CreateTask(f.ctx, f.now, k, run, &taskhook.Idempotency{Hash: "old", Request: "r", Expires: f.now})
	f.ok(err)
	w.end = ended(w.n.id, w.claimed, taskhook.TaskSucceeded, f.now)
	w.end.Task.Results = append(w.end.Task.Results, inline(w.claimed.Task.ID, 1, f.now))
}

// addExecution makes an execution whose steps wait.
func (w *world) addExecution(f *fixture) {
	w.workflow, w.newWorkflow = f.workflow(w.account), newWorkflow(w.account, f.now)
	w.execution, w.newExecution = newExecution(w.workflow, f.now), newExecution(w.workflow, f.now)
	f.create(w.execution)
}

// addLanes makes a lane that is owned with one delivery in memory and one free,
// one of a paused endpoint, one of a deleted one, one that is owned and empty,
// one that is idle and one that is due.
func (w *world) addLanes(f *fixture) {
	w.endpoint, w.newEndpoint = f.endpoint(w.account, "a.b"), newEndpoint(w.account, f.now, "x.y")
	idle := f.endpoint(w.account, "idle.lane")
	f.publish(w.account, "a.b")
	f.publish(w.account, "idle.lane")
	f.origin(w, "https://collected.example")
	for _, d := range f.claimAll(w.n) {
		if d.LaneID == w.endpoint.LaneID {
			w.result = result(d, taskhook.ClassTimeout, f.now)
			continue
		}
		f.ok(f.finish(w.n, w.n.lanes[d.LaneID], succeed(d, f.now)))
		if m := w.n.lanes[d.LaneID]; d.EndpointID == "" {
			answer, err := f.settleLane(w.n, m, true)
			f.ok(err)
			answer()
		}
	}
	w.idle = w.n.lanes[idle.LaneID]
	w.n.room = 1
	f.publish(w.account, "a.b") // no room for it
	w.n.room = 4
	w.paused = f.endpoint(w.account, "paused.one")
	f.setState(w.paused, taskhook.EndpointPaused)
	f.publish(w.account, "paused.one")
	gone := f.endpoint(w.account, "gone.one")
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, w.account, gone.ID))
	orphan := newEvent(w.account, "gone.two", f.now)
	late := taskhook.NewDelivery(&orphan.Event, &gone, nil, f.now)
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{orphan}, Deliveries: []taskhook.Outgoing{late}}))
	w.due = f.origin(w, "https://due.example")
	event := newEvent(w.account, "a.b", f.now)
	w.publication = &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{
		perJob(&event.Event, "https://due.example", f.now), perJob(&event.Event, "https://fresh.example", f.now)}}
}

// origin publishes a per-job delivery.
func (f *fixture) origin(w *world, origin string) (lane string) {
	event := newEvent(w.account, "job.done", f.now)
	job := perJob(&event.Event, origin, f.now)
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{job}}))
	return job.LaneID
}

// drain lets the node deliver all that is not held, and ends the test when
// something is left or was found by the sweep.
func (f *fixture) drain(n *node) {
	f.t.Helper()
	for range 50 {
		for _, m := range n.lanes {
			f.recordAll(n, m)
			if m.doubt {
				answer, err := f.raiseEpoch(n, m)
				f.ok(err)
				answer()
			}
			if m.stopped {
				answer, err := f.settleLane(n, m, true)
				f.ok(err)
				answer()
			}
		}
		f.deliverAll(n)
		f.check(n)
		if f.count(`SELECT count(*) FROM deliveries d JOIN lanes l ON l.id = d.lane WHERE d.state = 'pending' AND l.held = 0`) == 0 {
			return
		}
		f.now = f.now.Add(time.Minute)
	}
	f.t.Fatalf("something is never delivered:\n%s", f.dump())
}

// recordAll ends the sends that are under way.
func (f *fixture) recordAll(n *node, m *memory) {
	f.t.Helper()
	for _, r := range slices.Clone(m.unrecorded) {
		f.ok(f.finish(n, m, r))
	}
	for _, d := range m.sending {
		f.ok(f.finish(n, m, succeed(d, f.now)))
	}
}

// consistent ends the test when something is half done.
func (f *fixture) consistent() {
	f.t.Helper()
	f.balanced()
	for _, rule := range []struct{ what, broken string }{
		{"the feed has no gaps", `SELECT count(*) FROM feed_head WHERE seq <> (SELECT count(*) FROM events) OR seq <> (SELECT coalesce(max(seq), 0) FROM events)`},
		{"an attempt is counted", `SELECT count(*) FROM deliveries d WHERE attempts <> (SELECT count(*) FROM attempts a WHERE a.delivery = d.id)`},
		{"attempts are counted for their account too", `SELECT count(*) FROM (SELECT sum(CASE endpoint WHEN '*' THEN attempts ELSE -attempts END) AS wrong
			FROM attempt_counts GROUP BY account) AS sums WHERE wrong <> 0`},
		{"a delivery has its event", `SELECT count(*) FROM deliveries WHERE event NOT IN (SELECT id FROM events)`},
		{"a pending delivery has its lane", `SELECT count(*) FROM deliveries WHERE state = 'pending' AND lane NOT IN (SELECT id FROM lanes)`},
		{"an endpoint has its lane", `SELECT count(*) FROM endpoints WHERE lane NOT IN (SELECT id FROM lanes)`},
		{"a task has its run", `SELECT count(*) FROM tasks WHERE id NOT IN (SELECT task FROM runs)`},
		{"a run has its task", `SELECT count(*) FROM runs WHERE task NOT IN (SELECT id FROM tasks)`},
		{"a run is done when its task is", `SELECT count(*) FROM runs r JOIN tasks k ON k.id = r.task WHERE (r.state = 'done') <> (k.finished_at IS NOT NULL)`},
		{"a success has its results", `SELECT count(*) FROM tasks WHERE state = 'succeeded' AND id NOT IN (SELECT task FROM artifacts)`},
		{"what is inline has its bytes", `SELECT count(*) FROM artifacts WHERE inline = 1 AND removed = 0 AND id NOT IN (SELECT artifact FROM contents)`},
		{"bytes have an artifact that is kept", `SELECT count(*) FROM contents WHERE artifact NOT IN (SELECT id FROM artifacts WHERE inline = 1 AND removed = 0)`},
		{"a step goes on as long as its task", `SELECT count(*) FROM execution_steps s LEFT JOIN tasks k ON k.id = s.task
			WHERE s.task <> '' AND (k.id IS NULL OR (s.state = 'running') <> (k.finished_at IS NULL))`},
		{"the steps of an ended execution have ended", `SELECT count(*) FROM executions x JOIN execution_steps s ON s.execution = x.id
			WHERE x.finished_at IS NOT NULL AND s.state IN ('waiting', 'running')`},
		{"an execution that goes on is looked at again", `SELECT count(*) FROM executions x WHERE x.finished_at IS NULL AND x.due_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM execution_steps s WHERE s.execution = x.id AND s.state = 'running')`},
		{"the end of an execution has its event", `SELECT count(*) FROM executions WHERE state IN ('completed', 'failed') AND id NOT IN (SELECT subject FROM events)`},
		{"a replay counts what it has made", `SELECT count(*) FROM replays j WHERE created <> (SELECT count(*) FROM deliveries d WHERE d.replay = j.id)`},
		{"an outcome has its event", `SELECT count(*) FROM tasks WHERE state IN ('succeeded', 'failed') AND id NOT IN (SELECT subject FROM events)`},
	} {
		if n := f.count(rule.broken); n != 0 {
			f.t.Fatalf("%q is broken %d times:\n%s", rule.what, n, f.dump())
		}
	}
}

// tables are all that hold what users store, those that others refer to last.
func tables() []string {
	return []string{"execution_steps", "executions", "workflow_versions", "workflows", "attempt_counts", "endpoint_health", "usage", "ledger", "files", "attempts", "replays", "batches", "deliveries", "events", "feed_head",
		"endpoints", "lanes", "contents", "artifacts", "runs", "idempotency", "tasks",
		"nodes", "keys", "accounts", "erasures", "feed_horizons", "stored", "workers", "worker_turns", "worker_parts", "buckets"}
}

// Clear is the statements that empty a database.
func Clear() string {
	var statements []string
	for _, table := range tables() {
		change := `DELETE FROM ` + table
		switch table {
		case "feed_head":
			change = `UPDATE feed_head SET seq = 0`
		case "stored":
			change = `UPDATE stored SET amount = 0, bytes = 0`
		}
		statements = append(statements, change)
	}
	return strings.Join(statements, "; ")
}

func (f *fixture) clear() {
	f.t.Helper()
	_, err := f.Raw.ExecContext(f.ctx, Clear())
	f.ok(err)
}

// dump is all that is stored, as text.
func (f *fixture) dump() string {
	f.t.Helper()
	var b strings.Builder
	for _, table := range tables() {
		var lines []string
		f.each(`SELECT * FROM `+table, func(rows *sql.Rows) error {
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sql.NullString)
			}
			err = rows.Scan(values...)
			line := table
			for i, v := range values {
				if s := v.(*sql.NullString); s.Valid && columns[i] != "secrets" && columns[i] != "subscribers" { // which are different each time
					line += fmt.Sprintf(" %s=%.60q", columns[i], s.String)
				}
			}
			lines = append(lines, line)
			return err
		})
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return b.String()
}
