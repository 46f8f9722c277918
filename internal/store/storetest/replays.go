package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func replayTests() []test {
	return []test{
		{"a replay sends each event that matches once", testReplayFilter},
		{"a replay does not meet what is made later", testReplayBound},
		{"what the receiver is owed or has got is passed by", testReplayOwed},
		{"a step is made once", testReplayStale},
		{"chosen deliveries are sent again", testReplayChosen},
		{"another endpoint gets all", testReplayTarget},
		{"an endpoint gets what it has missed", testReplaySince},
		{"a preview tells of results that are gone", testReplayPurged},
		{"a search for a replay is bounded", testReplayBounded},
		{"replays are changed, listed and limited", testReplayLife},
		{"replays of other accounts are not found", testReplayForeign},
	}
}

// newReplay returns a replay that is not stored.
func newReplay(account string, now time.Time, choice taskhook.ReplayChoice) *taskhook.Replay {
	return &taskhook.Replay{ID: taskhook.NewID(taskhook.PrefixReplay, now), AccountID: account, KeyID: "key_1", Choice: choice,
		Rate: 10, State: taskhook.ReplayRunning, CreatedAt: now}
}

// plan returns the preview of a replay that is to be made, a minute later.
func (f *fixture) plan(j *taskhook.Replay) taskhook.ReplayPreview {
	f.t.Helper()
	p, err := f.Store.PlanReplay(f.ctx, j)
	f.ok(err)
	return p
}

// replay starts a replay a minute later.
func (f *fixture) replay(account string, choice taskhook.ReplayChoice, target string) *taskhook.Replay {
	f.t.Helper()
	f.now = f.now.Add(time.Minute)
	j := newReplay(account, f.now, choice)
	j.TargetID = target
	f.plan(j)
	id, err := f.Store.CreateReplay(f.ctx, *j, nil)
	f.ok(err)
	equal(f.t, "id", id, j.ID)
	return j
}

// step returns what is to be done next for a replay.
func (f *fixture) step(j *taskhook.Replay, limit int) *taskhook.ReplayStep {
	f.t.Helper()
	now, err := f.Store.Replay(f.ctx, j.AccountID, j.ID)
	f.ok(err)
	part, err := f.Store.ReplayPart(f.ctx, &now, limit)
	f.ok(err)
	p := &taskhook.Publication{}
	for _, item := range part.Items {
		if item.Skip {
			continue
		}
		d := taskhook.Outgoing{Delivery: item.Delivery, Body: item.Body}
		d.ID, d.ReplayOf, d.ReplayID = taskhook.NewID(taskhook.PrefixDelivery, f.now), item.ID, j.ID
		d.State, d.Attempts, d.LastError, d.LastClass = taskhook.DeliveryPending, 0, "", ""
		d.DueAt, d.CreatedAt, d.FinishedAt = f.now, f.now, time.Time{}
		if to := part.Target; to != nil {
			d.EndpointID, d.LaneID, d.URL, d.Schedule = to.ID, to.LaneID, to.URL, to.Schedule
		}
		p.Deliveries = append(p.Deliveries, d)
	}
	return &taskhook.ReplayStep{Replay: now, Part: part, Publication: p}
}

// work does all of a replay, limit at a time, and returns it as it then is.
func (f *fixture) work(j *taskhook.Replay, limit int) taskhook.Replay {
	f.t.Helper()
	for range 1000 {
		s := f.step(j, limit)
		if n := len(s.Publication.Deliveries); n > limit {
			f.t.Fatalf("a part has %d deliveries, at most %d were asked for", n, limit)
		}
		f.ok(f.Store.AdvanceReplay(f.ctx, f.now, s))
		equal(f.t, "stale", s.Stale, false)
		if s.Part.Done {
			got, err := f.Store.Replay(f.ctx, j.AccountID, j.ID)
			f.ok(err)
			equal(f.t, "state", got.State, taskhook.ReplayCompleted)
			equal(f.t, "finished", got.FinishedAt, f.now)
			return got
		}
	}
	f.t.Fatalf("the replay comes to no end")
	return *j
}

// failed publishes events of the types, a second apart, whose only attempts fail.
func (f *fixture) failed(n *node, account string, kinds ...string) (all []taskhook.Delivery) {
	f.t.Helper()
	for _, kind := range kinds {
		f.now = f.now.Add(time.Second)
		for _, d := range f.publish(account, kind).Deliveries {
			all = append(all, d.Delivery)
		}
		f.answer(n, taskhook.ClassTimeout)
	}
	return all
}

// answer has all that is owed attempted, with that outcome.
func (f *fixture) answer(n *node, class taskhook.Class) {
	f.t.Helper()
	for _, d := range f.claimAll(n) {
		f.ok(f.finish(n, n.lanes[d.LaneID], result(d, class, f.now)))
	}
}

// once makes an endpoint whose deliveries have one attempt.
func (f *fixture) once(account string, events ...string) taskhook.Endpoint {
	f.t.Helper()
	e := newEndpoint(account, f.now, events...)
	e.Schedule = taskhook.Schedule{}
	f.ok(f.Store.CreateEndpoint(f.ctx, e))
	return e
}

// made counts the deliveries of a replay, and by how many events.
func (f *fixture) made(j *taskhook.Replay) (deliveries, events int64) {
	return f.count(`SELECT count(*) FROM deliveries WHERE replay = $1`, j.ID), f.count(`SELECT count(DISTINCT event) FROM deliveries WHERE replay = $1`, j.ID)
}

func failures(more taskhook.DeliveryFilter) taskhook.ReplayChoice {
	more.State = taskhook.DeliveryFailed
	return taskhook.ReplayChoice{Filter: more}
}

func testReplayFilter(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	a, b := f.once(account, "a.*"), f.once(account, "a.*")
	old := f.failed(n, account, "a.b", "a.c", "a.b", "a.b")
	f.publish(account, "a.b")
	f.deliverAll(n)
	for name, tt := range map[string]struct {
		filter taskhook.DeliveryFilter
		want   int
	}{
		"all":      {taskhook.DeliveryFilter{}, 8},
		"endpoint": {taskhook.DeliveryFilter{EndpointID: a.ID}, 4},
		"type":     {taskhook.DeliveryFilter{EventType: "a.b", EndpointID: b.ID}, 3},
		"event":    {taskhook.DeliveryFilter{EventID: old[0].EventID}, 2},
		"class":    {taskhook.DeliveryFilter{LastClass: taskhook.ClassTimeout}, 8},
		"other":    {taskhook.DeliveryFilter{LastClass: taskhook.ClassTLS}, 0},
		"from":     {taskhook.DeliveryFilter{From: old[2].CreatedAt}, 6},
		"to":       {taskhook.DeliveryFilter{To: old[4].CreatedAt, EndpointID: a.ID}, 2},
	} {
		p := f.plan(newReplay(account, f.now.Add(time.Minute), failures(tt.filter)))
		equal(t, name, p.Expected, tt.want)
		equal(t, name+": open", p.Open, false)
		equal(t, name+": sample", len(p.Sample), min(tt.want, 10))
	}
	j := f.replay(account, failures(taskhook.DeliveryFilter{EventType: "a.b"}), "")
	equal(t, "found", j.Found, 6)
	done := f.work(j, 2)
	equal(t, "created", done.Created, 6)
	equal(t, "skipped", done.Skipped, 0)
	deliveries, events := f.made(j)
	equal(t, "deliveries", deliveries, 6)
	equal(t, "events", events, 3)
	f.deliverAll(n)
	got, err := f.Store.Replay(f.ctx, account, j.ID)
	f.ok(err)
	equal(t, "outcomes", got.Outcomes, taskhook.ReplayOutcomes{Delivered: 6})
	listed, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: account, ReplayID: j.ID, EndpointID: a.ID, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "listed", len(listed.Items), 3)
	equal(t, "events in all", f.count(`SELECT count(*) FROM events`), 5)
}

func testReplayBound(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "a.b")
	f.failed(n, account, "a.b", "a.b", "a.b")
	j := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	for range 2 {
		f.ok(f.Store.AdvanceReplay(f.ctx, f.now, f.step(j, 1)))
		f.answer(n, taskhook.ClassStatus) // what it makes fails at once
		f.failed(n, account, "a.b")
	}
	got := f.work(j, 10)
	equal(t, "created", got.Created, 3)
	again := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	equal(t, "of those twice failed and those of later", f.work(again, 10).Created, 4)
}

func testReplayOwed(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	e := f.once(account, "a.b")
	f.failed(n, account, "a.b", "a.b")
	first := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	f.ok(f.Store.AdvanceReplay(f.ctx, f.now, f.step(first, 1)))
	second := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	equal(t, "created while one is pending", f.work(second, 10).Created, 1)
	f.deliverAll(n)
	third := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	done := f.work(third, 10)
	equal(t, "created when both have arrived", done.Created, 0)
	equal(t, "skipped", done.Skipped, 2)
	every := f.replay(account, taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{EndpointID: e.ID}}, "")
	equal(t, "created whatever has arrived", f.work(every, 3).Created, 2)
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, e.ID))
	gone := f.replay(account, taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{EventType: "a.b"}}, "")
	equal(t, "created for a deleted endpoint", f.work(gone, 10).Created, 0)
}

func testReplayStale(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "a.b")
	f.failed(n, account, "a.b", "a.b", "a.b")
	j := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	first, second := f.step(j, 2), f.step(j, 2)
	f.ok(f.Store.AdvanceReplay(f.ctx, f.now, first))
	f.ok(f.Store.AdvanceReplay(f.ctx, f.now, second))
	equal(t, "stale", second.Stale, true)
	third := f.step(j, 2)
	f.move(j, taskhook.ReplayPaused)
	f.ok(f.Store.AdvanceReplay(f.ctx, f.now, third))
	equal(t, "stale while paused", third.Stale, true)
	f.move(j, taskhook.ReplayRunning)
	equal(t, "created", f.work(j, 2).Created, 3)
	deliveries, events := f.made(j)
	equal(t, "deliveries", deliveries, 3)
	equal(t, "events", events, 3)
}

// move changes the state of a replay.
func (f *fixture) move(j *taskhook.Replay, to taskhook.ReplayState) taskhook.Replay {
	f.t.Helper()
	got, err := f.Store.ChangeReplay(f.ctx, f.now, j.AccountID, j.ID, func(j *taskhook.Replay) error {
		j.State = to
		return nil
	})
	f.ok(err)
	return got
}

func testReplayChosen(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "a.b")
	var ids []string
	for range 70 { // more than are read at a time
		f.now = f.now.Add(time.Millisecond)
		ids = append(ids, f.publish(account, "a.b").Deliveries[0].ID)
	}
	f.answer(n, taskhook.ClassStatus)
	for f.count(`SELECT count(*) FROM deliveries WHERE state = 'pending'`) > 0 {
		f.answer(n, taskhook.ClassOK)
	}
	pending := f.publish(account, "a.b").Deliveries[0].ID
	j := f.replay(account, taskhook.ReplayChoice{Deliveries: append(ids, pending)}, "")
	equal(t, "found", j.Found, 71)
	got := f.work(j, 16)
	equal(t, "created", got.Created, 70)
	equal(t, "skipped", got.Skipped, 1)
	_, events := f.made(j)
	equal(t, "events", events, 70)
	for _, bad := range [][]string{{"dlv_0"}, append([]string{"dlv_0"}, ids...), append(ids, "dlv_z")} {
		_, err := f.Store.PlanReplay(f.ctx, newReplay(account, f.now, taskhook.ReplayChoice{Deliveries: bad}))
		f.code(err, taskhook.CodeNotFound)
	}
}

func testReplayTarget(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "a.b")
	event := newEvent(account, "a.b", f.now)
	job := perJob(&event.Event, "https://job.example", f.now)
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{job}}))
	f.failed(n, account, "a.b")
	own := f.replay(account, taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{EventID: event.Event.ID}}, "")
	equal(t, "each to where it went", f.work(own, 10).Created, 2)
	equal(t, "bodies of their own", f.count(`SELECT count(*) FROM deliveries WHERE replay = $1 AND body IS NOT NULL AND url = 'https://job.example/job'`, own.ID), 1)

	to := f.once(account, "never.wanted")
	j := f.replay(account, failures(taskhook.DeliveryFilter{}), to.ID)
	equal(t, "to another", f.work(j, 10).Created, 2)
	equal(t, "to its lane", f.count(`SELECT count(*) FROM deliveries WHERE replay = $1 AND endpoint = $2 AND lane = $3 AND body IS NULL AND url = ''`,
		j.ID, to.ID, to.LaneID), 2)
	last := f.replay(account, failures(taskhook.DeliveryFilter{}), to.ID)
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, to.ID))
	now, err := f.Store.Replay(f.ctx, account, last.ID)
	f.ok(err)
	_, err = f.Store.ReplayPart(f.ctx, &now, 10)
	f.code(err, taskhook.CodeNotFound)
}

// testReplaySince has an endpoint that is there after the first event, misses some,
// and then is paused.
func testReplaySince(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	other := f.once(account, "a.*")
	f.failed(n, account, "a.b")
	e := f.once(account, "a.b", "a.d")
	since := f.now
	f.failed(n, account, "a.b", "a.c", "a.d")
	f.now = f.now.Add(time.Second)
	f.publish(account, "a.b")
	f.deliverAll(n)
	made := newEvent(account, "a.b", f.now)
	made.Event.Test = true
	f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Events: []taskhook.NewEvent{made}}))
	f.answer(n, taskhook.ClassTimeout)
	for name, tt := range map[string]struct {
		change func(*taskhook.ReplayChoice)
		want   int
	}{
		"since":           {func(*taskhook.ReplayChoice) {}, 2},
		"type":            {func(c *taskhook.ReplayChoice) { c.Filter.EventType = "a.d" }, 1},
		"before":          {func(c *taskhook.ReplayChoice) { c.Filter.To = since.Add(2 * time.Second) }, 1},
		"earlier":         {func(c *taskhook.ReplayChoice) { c.Since = start.Add(-time.Hour) }, 2},
		"earlier missing": {func(c *taskhook.ReplayChoice) { c.Since, c.Missing = start.Add(-time.Hour), true }, 3},
		"later":           {func(c *taskhook.ReplayChoice) { c.Since = f.now.Add(time.Hour) }, 0},
	} {
		choice := taskhook.ReplayChoice{Since: since.Add(time.Millisecond), Filter: taskhook.DeliveryFilter{EndpointID: e.ID}}
		tt.change(&choice)
		equal(t, name, f.plan(newReplay(account, f.now.Add(2*time.Hour), choice)).Expected, tt.want)
	}
	choice := taskhook.ReplayChoice{Since: start, Missing: true, Filter: taskhook.DeliveryFilter{EndpointID: e.ID}}
	j := f.replay(account, choice, "")
	equal(t, "created", f.work(j, 1).Created, 3)
	equal(t, "to the endpoint", f.count(`SELECT count(*) FROM deliveries WHERE replay = $1 AND endpoint = $2 AND lane = $3`, j.ID, e.ID, e.LaneID), 3)
	equal(t, "never owed before", f.count(`SELECT count(*) FROM deliveries WHERE replay = $1 AND replay_of = ''`, j.ID), 1)
	equal(t, "owed", f.plan(newReplay(account, f.now, choice)).Expected, 0)
	f.deliverAll(n)
	equal(t, "when all is there", f.plan(newReplay(account, f.now, choice)).Expected, 0)
	choice.Filter.EndpointID = other.ID
	f.setState(other, taskhook.EndpointPaused)
	p := f.plan(newReplay(account, f.now, choice))
	equal(t, "of the other", p.Expected, 4)
	equal(t, "held", p.Held, true)
}

func testReplayPurged(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "task.*")
	for range 2 {
		f.task(account)
		f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)))
	}
	f.deliverAll(n)
	_, err := f.Raw.ExecContext(f.ctx, `UPDATE artifacts SET removed = 1 WHERE task = (SELECT min(task) FROM artifacts)`)
	f.ok(err)
	p := f.plan(newReplay(account, f.now.Add(time.Minute), taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{EventType: taskhook.EventTaskCompleted}}))
	equal(t, "expected", p.Expected, 4)
	equal(t, "of results that are gone", p.Purged, 2)
	equal(t, "warnings", len(p.Warnings()), 1)
}

// testReplayBounded looks for one failed delivery behind more than one look passes
// by.
func testReplayBounded(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "a.b")
	f.failed(n, account, "a.b")
	prefix := taskhook.FloorID(taskhook.PrefixDelivery, f.now.Add(-time.Hour))
	_, err := f.Raw.ExecContext(f.ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20100)
		INSERT INTO deliveries (id, account, event, event_type, lane, state, claim, schedule, test, due_at, created_at, finished_at)
		SELECT $1 || (10000 + i), $2, '', 'a.c', '', 'delivered', 0, '', 0, 0, 0, 0 FROM n`, prefix[:len(prefix)-5], account)
	f.ok(err)
	choice := taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{EventType: "a.b"}}
	p := f.plan(newReplay(account, f.now.Add(time.Minute), choice))
	equal(t, "expected as far as was searched", p.Expected, 0)
	equal(t, "open", p.Open, true)
	j := f.replay(account, choice, "")
	_, known := j.Percent()
	equal(t, "how far it is, is known", known, false)
	equal(t, "created", f.work(j, 10).Created, 1)
}

func testReplayLife(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.once(account, "a.b")
	f.failed(n, account, "a.b")
	j := newReplay(account, f.now.Add(time.Minute), failures(taskhook.DeliveryFilter{}))
	f.plan(j)
	for i := range taskhook.MaxReplays {
		again := *j
		again.ID = taskhook.NewID(taskhook.PrefixReplay, f.now)
		id, err := f.Store.CreateReplay(f.ctx, again, f.key(fmt.Sprint("request ", i)))
		if i > 0 { // the key is of another request
			f.code(err, taskhook.CodeConflict)
			id, err = f.Store.CreateReplay(f.ctx, again, nil)
		}
		f.ok(err)
		equal(t, "id", id, again.ID)
		if i == 0 {
			j.ID = id
		}
	}
	another := *j
	another.ID = taskhook.NewID(taskhook.PrefixReplay, f.now)
	id, err := f.Store.CreateReplay(f.ctx, another, f.key("request 0"))
	f.ok(err)
	equal(t, "by the same key", id, j.ID)
	_, err = f.Store.CreateReplay(f.ctx, another, nil)
	f.code(err, taskhook.CodeConflict)
	got, err := f.Store.Replay(f.ctx, account, j.ID)
	f.ok(err)
	deepEqual(t, "as it was made", got, *j)
	running, err := f.Store.RunningReplays(f.ctx, 100)
	f.ok(err)
	equal(t, "running", len(running), taskhook.MaxReplays)
	f.move(j, taskhook.ReplayCancelled)
	equal(t, "finished", f.count(`SELECT count(*) FROM replays WHERE finished_at IS NOT NULL AND state = 'cancelled'`), 1)
	_, err = f.Store.CreateReplay(f.ctx, another, nil)
	f.ok(err)
	listed, err := f.Store.Replays(f.ctx, taskhook.ReplayFilter{AccountID: account, State: taskhook.ReplayRunning, Page: taskhook.Page{Limit: 5}})
	f.ok(err)
	equal(t, "total", listed.Total, taskhook.MaxReplays)
	equal(t, "more", listed.More, true)
	for _, change := range []string{`UPDATE replays SET state = 'done'`, `UPDATE replays SET state = 'completed', finished_at = NULL`,
		`UPDATE replays SET rate = 0`, `UPDATE replays SET more = 2`} {
		f.refused(change)
	}
}

func testReplayForeign(t *testing.T, f *fixture) {
	account, other, n := f.account(), f.account(), f.join()
	e := f.once(account, "a.b")
	old := f.failed(n, account, "a.b")
	j := f.replay(account, failures(taskhook.DeliveryFilter{}), "")
	_, err := f.Store.Replay(f.ctx, other, j.ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.ChangeReplay(f.ctx, f.now, other, j.ID, func(*taskhook.Replay) error { return nil })
	f.code(err, taskhook.CodeNotFound)
	listed, err := f.Store.Replays(f.ctx, taskhook.ReplayFilter{AccountID: other, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "listed", listed.Total, 0)
	_, err = f.Store.PlanReplay(f.ctx, newReplay(other, f.now, taskhook.ReplayChoice{Deliveries: []string{old[0].ID}}))
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.PlanReplay(f.ctx, newReplay(other, f.now, taskhook.ReplayChoice{Since: start, Filter: taskhook.DeliveryFilter{EndpointID: e.ID}}))
	f.code(err, taskhook.CodeNotFound)
	for _, filter := range []taskhook.DeliveryFilter{{EndpointID: e.ID}, {EventID: old[0].EventID}, {ReplayID: j.ID}, {State: taskhook.DeliveryFailed}} {
		equal(t, "found", f.plan(newReplay(other, f.now.Add(time.Minute), taskhook.ReplayChoice{Filter: filter})).Expected, 0)
	}
}

func replayWrites() map[string]faultWrite {
	prepare := func(f *fixture, w *world) {
		f.answer(w.n, taskhook.ClassOK)
		w.replay = newReplay(w.account, f.now, taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{EndpointID: w.endpoint.ID}})
		w.replay.CreatedAt = f.now.Add(time.Minute)
		f.plan(w.replay)
	}
	started := func(f *fixture, w *world) {
		prepare(f, w)
		_, err := f.Store.CreateReplay(f.ctx, *w.replay, nil)
		f.ok(err)
		w.replayStep = f.step(w.replay, 10)
	}
	return map[string]faultWrite{
		"create_replay": {prepare: prepare, do: func(f *fixture, w *world) error {
			_, err := f.Store.CreateReplay(f.ctx, *w.replay, nil)
			return err
		}},
		"change_replay": {prepare: started, do: func(f *fixture, w *world) error {
			_, err := f.Store.ChangeReplay(f.ctx, f.now, w.account, w.replay.ID, func(j *taskhook.Replay) error {
				j.State = taskhook.ReplayPaused
				return nil
			})
			return err
		}},
		"advance_replay": {prepare: started,
			do: func(f *fixture, w *world) error { return f.Store.AdvanceReplay(f.ctx, f.now, w.replayStep) },
			check: func(f *fixture, w *world) {
				deliveries, events := f.made(w.replay)
				equal(f.t, "an event each", deliveries, events)
				got, err := f.Store.Replay(f.ctx, w.account, w.replay.ID)
				f.ok(err)
				equal(f.t, "made", deliveries, int64(got.Created))
				if deliveries == 0 {
					f.t.Fatalf("the replay has made nothing")
				}
			}},
	}
}
