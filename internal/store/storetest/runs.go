package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func runTests() []test {
	return []test{
		{"accounts have their turns", testRunTurns},
		{"accounts with nothing due take no turn", testRunTurnsNotDue},
		{"claimers at once never share a run", testRunsAtOnce},
		{"a run goes from claim to finish", testRunLife},
		{"a failed run tells why", testRunFails},
		{"a released run can be claimed again", testRunRelease},
		{"a run goes to another adapter", testRunHandedOn},
		{"a provider is asked only of what is the node's, and unknown", testSubmission},
		{"an unknown submission stays so", testUnknownSubmission},
		{"a repeated release does not end the next claim", testRepeatedRelease},
		{"cancelled work elsewhere is called off", testCancelElsewhere},
		{"either cancel or finish wins", testCancelRacesFinish},
		{"a stale finish changes nothing", testStaleFinish},
		{"a repeated finish is recognised", testRepeatedFinish},
		{"progress rises, and tells what is still ours", testProgress},
		{"a node that joins frees the runs of the dead", testJoinFreesRuns},
	}
}

// claimRun claims the one run that is due.
func (f *fixture) claimRun(n *node) taskhook.ClaimedRun {
	f.t.Helper()
	runs, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", "", 10)
	f.ok(err)
	equal(f.t, "claimed runs", len(runs), 1)
	return runs[0]
}

// sentAs is a run that its provider has taken on.
func sentAs(r taskhook.Run, handle string, now time.Time) taskhook.Run {
	r.Handle, r.SentAt = handle, now
	return r
}

func accountsOf(runs []taskhook.ClaimedRun) (ids []string) {
	return idsOf(runs, func(c taskhook.ClaimedRun) string { return c.Task.AccountID })
}

func testRunTurns(t *testing.T, f *fixture) {
	a, b, c := f.account(), f.account(), f.account()
	accounts := []string{a, b, c}
	slices.Sort(accounts)
	a, b, c = accounts[0], accounts[1], accounts[2]
	for range 4 {
		f.task(a)
	}
	f.task(b)
	f.task(c)
	n := f.join()
	runs, last, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", a, 4)
	f.ok(err)
	if got := accountsOf(runs); !slices.Equal(got, []string{b, c, a, a}) {
		t.Fatalf("turns after %s: %v", a, got)
	}
	equal(t, "last served", last, a)
	none, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "command", last, 4)
	f.ok(err)
	equal(t, "runs of another adapter", len(none), 0)
	waiting, err := f.Store.WaitingAdapters(f.ctx)
	f.ok(err)
	deepEqual(t, "adapters that are waited for", waiting, []string{"sandbox"})
	next, err := f.Store.NextRun(f.ctx, "sandbox")
	f.ok(err)
	equal(t, "next run", next, f.now)
}

func testRunTurnsNotDue(t *testing.T, f *fixture) {
	n := f.join()
	later := f.now.Add(time.Hour)
	for i := range 150 {
		k, run := newTask(taskhook.FloorID(taskhook.PrefixAccount, f.now.Add(time.Duration(i))), f.now)
		k.AccountID += string(rune('a'+i%26)) + string(rune('a'+i/26))
		run.DueAt = later
		_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
		f.ok(err)
	}
	k, run := newTask("acc_z", f.now) // behind all of them
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
	f.ok(err)
	equal(t, "claimed", f.claimRun(n).Task.ID, k.ID)
	next, err := f.Store.NextRun(f.ctx, "sandbox")
	f.ok(err)
	equal(t, "next run", next, later)
}

func testRunsAtOnce(t *testing.T, f *fixture) {
	const runs = 60
	accounts := []string{f.account(), f.account(), f.account()}
	for i := range runs {
		f.task(accounts[i%len(accounts)])
	}
	n := f.join()
	var mu sync.Mutex
	claimed := map[string]int{}
	together(8, func(int) {
		last := ""
		for {
			got, next, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", last, 3)
			if err != nil {
				t.Error(err)
				return
			}
			if last = next; len(got) == 0 {
				return
			}
			mu.Lock()
			for _, c := range got {
				claimed[c.Run.ID]++
			}
			mu.Unlock()
		}
	})
	equal(t, "claimed", len(claimed), runs)
	for id, times := range claimed {
		equal(t, id, times, 1)
	}
}

func testRunLife(t *testing.T, f *fixture) {
	k, run := f.task(f.account())
	n := f.join()
	f.now = f.now.Add(time.Second)
	began := f.now
	c := f.claimRun(n)
	run.Epoch = 1
	equal(t, "run", c.Run, run)
	equal(t, "claims", c.Claims, 1)
	equal(t, "state of its task", c.Task.State, taskhook.TaskRunning)
	equal(t, "started at", c.Task.StartedAt, began)
	f.now = f.now.Add(time.Second)
	end := ended(n.id, c, taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, false)
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskSucceeded)
	equal(t, "progress", got.Progress, 100)
	equal(t, "started at", got.StartedAt, began)
	equal(t, "finished at", got.FinishedAt, f.now)
	equal(t, "results", len(got.Results), 1)
	deliveries, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: k.AccountID, Subject: k.ID, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "deliveries", len(deliveries.Items), 1)
}

func testRunFails(t *testing.T, f *fixture) {
	k, _ := f.task(f.account())
	n := f.join()
	end := ended(n.id, f.claimRun(n), taskhook.TaskFailed, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskFailed)
	equal(t, "error", *got.Error, *end.Task.Error)
	_, err = f.Store.CancelTask(f.ctx, f.now, k.AccountID, k.ID)
	f.code(err, taskhook.CodeConflict)
}

func testRunRelease(t *testing.T, f *fixture) {
	k, _ := f.task(f.account())
	n := f.join()
	c := f.claimRun(n)
	f.ok(f.Store.ReleaseRun(f.ctx, "node_other", c.Run, f.now, false))
	due := f.now.Add(time.Minute)
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, due, false))
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskPending)
	none, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", "", 10)
	f.ok(err)
	equal(t, "claimed before it is due", len(none), 0)
	f.now = due
	c = f.claimRun(n)
	equal(t, "claims", c.Claims, 2)
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, due, true))
	equal(t, "claims after an uncounted one", f.claimRun(n).Claims, 2)
}

func testRunHandedOn(t *testing.T, f *fixture) {
	k, _ := f.task(f.account())
	n := f.join()
	c := f.claimRun(n)
	c.Run.Adapter, c.Run.Refused = "http:other", "sandbox http:third"
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, f.now, true))
	none, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", "", 10)
	f.ok(err)
	equal(t, "claimed by the old adapter", len(none), 0)
	runs, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "http:other", "", 10)
	f.ok(err)
	equal(t, "claimed by the new one", len(runs), 1)
	equal(t, "refused", runs[0].Run.Refused, "sandbox http:third")
	equal(t, "submission", runs[0].Run.Submission, taskhook.SubmissionUnsent)
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "adapter", got.Adapter, "http:other")
}

func testSubmission(t *testing.T, f *fixture) {
	f.task(f.account())
	n := f.join()
	c := f.claimRun(n)
	sending := func(node string, epoch int64) bool {
		r := c.Run
		r.Epoch = epoch
		ok, err := f.Store.SendingRun(f.ctx, node, r)
		f.ok(err)
		return ok
	}
	equal(t, "another node", sending("node_other", c.Run.Epoch), false)
	equal(t, "another claim", sending(n.id, c.Run.Epoch+1), false)
	equal(t, "the run's own", sending(n.id, c.Run.Epoch), true)
	n = f.join()
	c = f.claimRun(n)
	equal(t, "submission after a crash", c.Run.Submission, taskhook.SubmissionSending)
	sent := f.now.Add(time.Second)
	for _, handle := range []string{"job_1", "job_1"} {
		ok, err := f.Store.SentRun(f.ctx, n.id, sentAs(c.Run, handle, sent))
		f.ok(err)
		equal(t, "sent", ok, true)
	}
	equal(t, "what is known by a handle", sending(n.id, c.Run.Epoch), false)
	n = f.join()
	c = f.claimRun(n)
	equal(t, "submission", c.Run.Submission, taskhook.SubmissionSent)
	equal(t, "handle", c.Run.Handle, "job_1")
	equal(t, "sent at", c.Run.SentAt, sent)
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, f.now, true))
	equal(t, "sent at, after a release", f.claimRun(n).Run.SentAt, sent)
}

// testRepeatedRelease repeats a release of unknown outcome when the node has the run
// again: whoever works it goes on to be the only one.
func testRepeatedRelease(t *testing.T, f *fixture) {
	f.task(f.account())
	n := f.join()
	first := f.claimRun(n)
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, first.Run, f.now, true))
	second := f.claimRun(n)
	ok, err := f.Store.SendingRun(f.ctx, n.id, second.Run)
	f.ok(err)
	equal(t, "asked", ok, true)
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, first.Run, f.now, true))
	none, _, err := f.Store.ClaimRuns(f.ctx, f.now, n.id, "sandbox", "", 10)
	f.ok(err)
	equal(t, "claimed by two", len(none), 0)
	equal(t, "asked for, by the ledger", f.count(`SELECT count(*) FROM runs WHERE submission = 'sending'`), 1)
}

func testUnknownSubmission(t *testing.T, f *fixture) {
	f.task(f.account())
	n := f.join()
	c := f.claimRun(n)
	for range 2 {
		c.Run.Submission = taskhook.SubmissionUnknown
		f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, f.now, true))
		c = f.claimRun(n)
		equal(t, "submission", c.Run.Submission, taskhook.SubmissionUnknown)
		_, err := f.Store.SendingRun(f.ctx, n.id, c.Run)
		f.ok(err)
		equal(t, "submission when it is asked again", f.count(`SELECT count(*) FROM runs WHERE submission = 'unknown'`), 1)
	}
	_, err := f.Store.SentRun(f.ctx, n.id, sentAs(c.Run, "job_1", f.now))
	f.ok(err)
	c.Run.Handle = "job_1"
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, f.now, true))
	equal(t, "submission with a handle", f.claimRun(n).Run.Submission, taskhook.SubmissionSent)
}

func testCancelElsewhere(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	k, _ := f.task(account)
	c := f.claimRun(n)
	c.Run.Handle = "job_1"
	f.ok(f.Store.ReleaseRun(f.ctx, n.id, c.Run, f.now.Add(time.Hour), true))
	_, err := f.Store.CancelTask(f.ctx, f.now, account, k.ID)
	f.ok(err)
	c = f.claimRun(n)
	equal(t, "handle", c.Run.Handle, "job_1")
	equal(t, "task", c.Task.State, taskhook.TaskCancelled)
	end := ended(n.id, c, taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, true)
	got, err := f.Store.Task(f.ctx, account, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskCancelled)
	runs, _, err := f.Store.ClaimRuns(f.ctx, f.now.Add(time.Hour), n.id, "sandbox", "", 10)
	f.ok(err)
	equal(t, "runs left", len(runs), 0)
}

func testCancelRacesFinish(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	for range 10 {
		f.task(account)
		c := f.claimRun(n)
		end := ended(n.id, c, taskhook.TaskSucceeded, f.now)
		var cancel error
		together(2, func(i int) {
			if i == 0 {
				_, cancel = f.Store.CancelTask(f.ctx, f.now, account, c.Task.ID)
			} else if err := f.Store.FinishRun(f.ctx, f.now, end); err != nil {
				t.Error(err)
			}
		})
		got, err := f.Store.Task(f.ctx, account, c.Task.ID)
		f.ok(err)
		if want := taskhook.TaskSucceeded; cancel != nil {
			f.code(cancel, taskhook.CodeConflict)
			equal(t, "state after a refused cancel", got.State, want)
			equal(t, "stale", end.Stale, false)
			continue
		}
		equal(t, "state after a cancel", got.State, taskhook.TaskCancelled)
		equal(t, "stale", end.Stale, true)
		equal(t, "events of a cancelled task", f.count(`SELECT count(*) FROM events WHERE subject = $1`, c.Task.ID), 0)
	}
}

func testStaleFinish(t *testing.T, f *fixture) {
	account, old := f.account(), f.join()
	k, _ := f.task(account)
	stale := ended(old.id, f.claimRun(old), taskhook.TaskFailed, f.now)
	next := f.join()
	c := f.claimRun(next)
	f.ok(f.Store.FinishRun(f.ctx, f.now, stale))
	equal(t, "stale", stale.Stale, true)
	end := ended(next.id, c, taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	f.ok(f.Store.FinishRun(f.ctx, f.now, stale))
	equal(t, "stale after the end", stale.Stale, true)
	got, err := f.Store.Task(f.ctx, account, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskSucceeded)
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 1)
	equal(t, "artifacts", f.count(`SELECT count(*) FROM artifacts`), 1)
	equal(t, "feed", f.count(`SELECT seq FROM feed_head`), 1)
}

func testRepeatedFinish(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.task(account)
	end := ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, false)
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 1)
	equal(t, "deliveries", f.count(`SELECT count(*) FROM deliveries`), 1)
}

func testProgress(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	k, _ := f.task(account)
	run := f.claimRun(n).Run.ID
	report := func(node string, percent int) bool {
		f.ok(f.Store.Progress(f.ctx, node, map[string]int{k.ID: percent}))
		mine, err := f.Store.OwnedRuns(f.ctx, node, "", run)
		f.ok(err)
		return slices.Contains(mine, run)
	}
	equal(t, "ours", report(n.id, 40), true)
	report(n.id, 20)
	equal(t, "another node's", report("node_other", 90), false)
	got, err := f.Store.Task(f.ctx, account, k.ID)
	f.ok(err)
	equal(t, "progress", got.Progress, 40)
	_, err = f.Store.CancelTask(f.ctx, f.now, account, k.ID)
	f.ok(err)
	equal(t, "ours after a cancel", report(n.id, 50), false)
	none, err := f.Store.OwnedRuns(f.ctx, n.id, run, run)
	f.ok(err)
	equal(t, "ours after it", len(none), 0)
}

func testJoinFreesRuns(t *testing.T, f *fixture) {
	f.task(f.account())
	first := f.join()
	c := f.claimRun(first)
	next := f.join()
	again := f.claimRun(next)
	equal(t, "run", again.Run.ID, c.Run.ID)
	equal(t, "submission of what nobody was asked for", again.Run.Submission, taskhook.SubmissionUnsent)
	equal(t, "claims", again.Claims, 2)
	f.ok(f.Store.Leave(f.ctx, next.id))
	equal(t, "nodes", f.count(`SELECT count(*) FROM nodes`), 0)
	equal(t, "owned runs", f.count(`SELECT count(*) FROM runs WHERE owner IS NOT NULL`), 0)
}
