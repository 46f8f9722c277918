package storetest

import (
	"cmp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func leaseTests() []test {
	return []test{
		{"workers take of accounts in turn", testLeaseTurns},
		{"an account of which workers have less goes first", testLeaseShares},
		{"an account's higher priority goes first, and nobody else's later", testLeasePriority},
		{"a worker takes only of the queues that it names", testLeaseQueues},
		{"workers at once never share a run", testLeasesAtOnce},
		{"a lease goes from claim to finish", testLeaseLife},
		{"a lease that is over changes nothing", testLeaseFenced},
		{"a run is given back", testLeaseGivenBack},
		{"of each queue the longest waiting run is found, and those like it", testWaiting},
		{"a run that nobody has is ended, unless somebody has", testUnfetched},
		{"a cancel ends a lease", testLeaseCancelled},
		{"pieces are in order, each once, until the lease is over", testParts},
		{"workers are listed, drained, and start anew", testWorkers},
		{"nodes do not take what workers fetch", testLeaseNoNode},
	}
}

const queue = "default vidu/vidu-q1"

// pulled makes a task for workers.
func (f *fixture) pulled(account string, change ...func(*taskhook.Task, *taskhook.Run)) taskhook.Task {
	f.t.Helper()
	k, r := newTask(account, f.now)
	r.Adapter, r.Queue = "worker", queue
	for _, do := range change {
		do(&k, &r)
	}
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, r, nil)
	f.ok(err)
	return k
}

func (f *fixture) queues() []taskhook.Queue {
	f.t.Helper()
	list, err := f.Store.Queues(f.ctx)
	f.ok(err)
	return list
}

func terms(*taskhook.Task) (lease, timeout time.Duration) { return time.Minute, 10 * time.Minute }

// lease takes up to limit runs of all queues.
func (f *fixture) lease(limit int) []taskhook.RunLease {
	f.t.Helper()
	leases, err := f.Store.LeaseRuns(f.ctx, f.now, "w", f.queues(), limit, terms)
	f.ok(err)
	return leases
}

func leasedOf(leases []taskhook.RunLease) []string {
	return idsOf(leases, func(l taskhook.RunLease) string { return l.Task.AccountID })
}

func (f *fixture) accounts3() (a, b, c string) {
	list := []string{f.account(), f.account(), f.account()}
	slices.Sort(list)
	return list[0], list[1], list[2]
}

func testLeaseTurns(t *testing.T, f *fixture) {
	a, b, c := f.accounts3()
	for range 4 {
		f.pulled(a)
	}
	f.pulled(b)
	f.pulled(c)
	deepEqual(t, "turns", leasedOf(f.lease(5)), []string{a, b, c, a, a})
	deepEqual(t, "what is left", leasedOf(f.lease(5)), []string{a})
	equal(t, "queues of nothing", len(f.queues()), 0)
}

func testLeaseShares(t *testing.T, f *fixture) {
	a, b, _ := f.accounts3()
	for range 3 {
		f.pulled(a)
		f.pulled(b)
	}
	first := f.lease(2) // one of each
	ok, err := f.Store.EndLease(f.ctx, first[1].ID, f.now, true)
	f.ok(err)
	equal(t, "given back", ok, true)
	deepEqual(t, "b has none", leasedOf(f.lease(1)), []string{b})
	for _, l := range f.lease(9) {
		_, err := f.Store.EndLease(f.ctx, l.ID, f.now, true)
		f.ok(err)
	}
	// Both have one, whoever was served last: turns go on, one at a time.
	var turns []string
	for range 4 {
		l := f.lease(1)
		turns = append(turns, leasedOf(l)...)
		_, err := f.Store.EndLease(f.ctx, l[0].ID, f.now, true)
		f.ok(err)
	}
	equal(t, "the same twice in a row", turns[0] == turns[1] || turns[1] == turns[2] || turns[2] == turns[3], false)
}

func testLeasePriority(t *testing.T, f *fixture) {
	a, b, _ := f.accounts3()
	f.pulled(a)
	high := f.pulled(a, func(k *taskhook.Task, r *taskhook.Run) {
		k.Priority, k.Pin, r.Queue = 3, "gpu=a100", queue+" gpu=a100"
	})
	low := f.pulled(b, func(k *taskhook.Task, r *taskhook.Run) { k.Priority = -10 })
	leases := f.lease(2)
	equal(t, "first", leases[0].Task.ID, high.ID)
	equal(t, "pin", leases[0].Task.Pin, "gpu=a100")
	equal(t, "second", leases[1].Task.ID, low.ID)
	f.refused(`UPDATE tasks SET priority = 11`)
}

func testLeaseQueues(t *testing.T, f *fixture) {
	a := f.account()
	f.pulled(a, func(_ *taskhook.Task, r *taskhook.Run) { r.Queue = "other x/y" })
	want := f.pulled(a, func(_ *taskhook.Task, r *taskhook.Run) { r.Queue = "mine x/z" })
	f.pulled(a, func(_ *taskhook.Task, r *taskhook.Run) { r.Queue, r.DueAt = "mine x/z", f.now.Add(time.Hour) })
	leases, err := f.Store.LeaseRuns(f.ctx, f.now, "w", []taskhook.Queue{{AccountID: a, Name: "mine x/z"}}, 9, terms)
	f.ok(err)
	equal(t, "leases", len(leases), 1)
	equal(t, "task", leases[0].Task.ID, want.ID)
	deepEqual(t, "queues", f.queues(), []taskhook.Queue{{AccountID: a, Name: "mine x/z"}, {AccountID: a, Name: "other x/y"}})
}

func testLeasesAtOnce(t *testing.T, f *fixture) {
	const runs = 40
	a, b, c := f.accounts3()
	for i := range runs {
		f.pulled([]string{a, b, c}[i%3])
	}
	queues := f.queues()
	var mu sync.Mutex
	taken := map[string]int{}
	together(6, func(int) {
		for {
			leases, err := f.Store.LeaseRuns(f.ctx, f.now, "w", queues, 3, terms)
			if err != nil {
				t.Error(err)
			}
			if len(leases) == 0 {
				return
			}
			mu.Lock()
			for _, l := range leases {
				taken[l.Run.ID]++
			}
			mu.Unlock()
		}
	})
	equal(t, "taken", len(taken), runs)
	for id, times := range taken {
		equal(t, id, times, 1)
	}
}

func testLeaseLife(t *testing.T, f *fixture) {
	k := f.pulled(f.account())
	l := f.lease(1)[0]
	equal(t, "until", l.Until, f.now.Add(time.Minute))
	equal(t, "deadline", l.Deadline, f.now.Add(10*time.Minute))
	equal(t, "tries", l.Claims, 1)
	f.now = f.now.Add(30 * time.Second)
	ok, _, err := f.Store.RenewLease(f.ctx, f.now, &l, f.now.Add(time.Minute), 40)
	f.ok(err)
	equal(t, "renewed", ok, true)
	now, ok, err := f.Store.RunLease(f.ctx, l.ID)
	f.ok(err)
	equal(t, "known and open", ok && now.Open, true)
	equal(t, "until", now.Until, f.now.Add(time.Minute))
	equal(t, "state", now.Task.State, taskhook.TaskRunning)
	equal(t, "progress", now.Task.Progress, 40)
	equal(t, "worker", now.Task.Worker, "w")
	equal(t, "adapter", now.Task.Adapter, "worker")
	lapsed, err := f.Store.LapsedLeases(f.ctx, now.Until.Add(-1))
	f.ok(err)
	equal(t, "lapsed before its end", len(lapsed), 0)
	lapsed, err = f.Store.LapsedLeases(f.ctx, now.Until)
	f.ok(err)
	equal(t, "lapsed", len(lapsed), 1)
	end := ended("", now.ClaimedRun, taskhook.TaskSucceeded, f.now)
	end.Lease = l.ID
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, false)
	now, ok, err = f.Store.RunLease(f.ctx, l.ID)
	f.ok(err)
	equal(t, "known still", ok, true)
	equal(t, "open", now.Open, false)
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state at last", got.State, taskhook.TaskSucceeded)
	equal(t, "who had it", got.Worker, "w")
}

func testLeaseFenced(t *testing.T, f *fixture) {
	k := f.pulled(f.account())
	old := f.lease(1)[0]
	ok, err := f.Store.EndLease(f.ctx, old.ID, f.now, false)
	f.ok(err)
	equal(t, "given back", ok, true)
	next := f.lease(1)[0]
	equal(t, "tries", next.Claims, 2)
	end := ended("", old.ClaimedRun, taskhook.TaskSucceeded, f.now)
	for _, lease := range []string{old.ID, ""} {
		end.Lease = lease
		f.ok(f.Store.FinishRun(f.ctx, f.now, end))
		equal(t, "stale", end.Stale, true)
	}
	ok, _, err = f.Store.RenewLease(f.ctx, f.now, &old, f.now.Add(time.Hour), 90)
	f.ok(err)
	equal(t, "renewed", ok, false)
	ok, err = f.Store.EndLease(f.ctx, old.ID, f.now, false)
	f.ok(err)
	equal(t, "given back again", ok, false)
	_, ok, err = f.Store.RunLease(f.ctx, old.ID)
	f.ok(err)
	equal(t, "known", ok, false)
	f.code(f.Store.AddPart(f.ctx, taskhook.OutputPart{ID: "art_1", Lease: old.ID, Size: 1}), taskhook.CodeConflict)
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskRunning)
	equal(t, "progress", got.Progress, 0)
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 0)
}

func testLeaseGivenBack(t *testing.T, f *fixture) {
	k := f.pulled(f.account())
	l := f.lease(1)[0]
	due := f.now.Add(time.Minute)
	_, err := f.Store.EndLease(f.ctx, l.ID, due, true)
	f.ok(err)
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskPending)
	equal(t, "worker", got.Worker, "")
	equal(t, "before it is due", len(f.lease(1)), 0)
	f.now = due
	equal(t, "tries after an uncounted one", f.lease(1)[0].Claims, 1)
}

func testWaiting(t *testing.T, f *fixture) {
	a, b, c := f.accounts3()
	since := func(queue string, minutes int) func(*taskhook.Task, *taskhook.Run) {
		return func(_ *taskhook.Task, r *taskhook.Run) {
			r.Queue, r.DueAt = queue, f.now.Add(time.Duration(-minutes)*time.Minute)
		}
	}
	equal(t, "of nothing", len(f.longest()), 0)
	f.pulled(a, since("x", 5))
	oldest := f.pulled(b, since("x", 9))
	second := f.pulled(c, since("x", 7))
	f.pulled(a, since("x", -600)) // one of a batch that is not its turn
	other := f.pulled(a, since("y", 1))
	f.task(a) // of this node's own
	taken := f.pulled(a, since("z", 20))
	leases, err := f.Store.LeaseRuns(f.ctx, f.now, "w", []taskhook.Queue{{AccountID: a, Name: "z"}}, 1, terms)
	f.ok(err)
	equal(t, "taken", leases[0].Task.ID, taken.ID)
	found := f.longest()
	deepEqual(t, "longest", idsOf(found, claimedTask), []string{oldest.ID, other.ID})
	equal(t, "queue", found[1].Run.Queue, "y")
	equal(t, "since", found[0].Run.DueAt, f.now.Add(-9*time.Minute))
	equal(t, "account", found[0].Task.AccountID, b)
	waiting := func(before time.Time, limit int) []string {
		runs, err := f.Store.Waiting(f.ctx, "x", before, limit)
		f.ok(err)
		return idsOf(runs, claimedTask)
	}
	deepEqual(t, "before", waiting(f.now.Add(-7*time.Minute), 9), []string{oldest.ID, second.ID})
	deepEqual(t, "one", waiting(f.now.Add(-7*time.Minute), 1), []string{oldest.ID})
	equal(t, "none", len(waiting(f.now.Add(-10*time.Minute), 9)), 0)
}

func claimedTask(c taskhook.ClaimedRun) string { return c.Task.ID }

func (f *fixture) longest() []taskhook.ClaimedRun {
	f.t.Helper()
	list, err := f.Store.Longest(f.ctx)
	f.ok(err)
	slices.SortFunc(list, func(a, b taskhook.ClaimedRun) int { return cmp.Compare(a.Run.Queue, b.Run.Queue) })
	return list
}

func testUnfetched(t *testing.T, f *fixture) {
	k := f.pulled(f.account())
	one := f.longest()[0]
	l := f.lease(1)[0]
	late := ended("", one, taskhook.TaskFailed, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, late))
	equal(t, "stale while a worker has it", late.Stale, true)
	_, err := f.Store.EndLease(f.ctx, l.ID, f.now, true)
	f.ok(err)
	end := ended("", f.longest()[0], taskhook.TaskFailed, f.now)
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	equal(t, "stale", end.Stale, false)
	got, err := f.Store.Task(f.ctx, k.AccountID, k.ID)
	f.ok(err)
	equal(t, "state", got.State, taskhook.TaskFailed)
	equal(t, "what is left", len(f.lease(1)), 0)
	equal(t, "asked for", f.count(`SELECT count(*) FROM runs WHERE submission <> 'unsent'`), 0)
	equal(t, "events", f.count(`SELECT count(*) FROM events`), 1)
}

func testLeaseCancelled(t *testing.T, f *fixture) {
	k := f.pulled(f.account())
	l := f.lease(1)[0]
	_, err := f.Store.CancelTask(f.ctx, f.now, k.AccountID, k.ID)
	f.ok(err)
	now, ok, err := f.Store.RunLease(f.ctx, l.ID)
	f.ok(err)
	equal(t, "known", ok, true)
	equal(t, "open", now.Open, false)
	equal(t, "state", now.Task.State, taskhook.TaskCancelled)
	ok, _, err = f.Store.RenewLease(f.ctx, f.now, &l, f.now.Add(time.Hour), 50)
	f.ok(err)
	equal(t, "renewed", ok, false)
}

func testParts(t *testing.T, f *fixture) {
	f.pulled(f.account())
	l := f.lease(1)[0]
	part := func(id string, output int, start, size int64) taskhook.OutputPart {
		return taskhook.OutputPart{ID: id, Lease: l.ID, Output: output, Start: start, Size: size}
	}
	f.ok(f.Store.AddPart(f.ctx, part("art_2", 0, 10, 5)))
	f.ok(f.Store.AddPart(f.ctx, part("art_1", 0, 0, 10)))
	f.ok(f.Store.AddPart(f.ctx, part("art_3", 1, 0, 3)))
	f.code(f.Store.AddPart(f.ctx, part("art_4", 0, 10, 7)), taskhook.CodeConflict)
	parts, err := f.Store.Parts(f.ctx, l.ID, 0)
	f.ok(err)
	deepEqual(t, "parts", parts, []taskhook.OutputPart{part("art_1", 0, 0, 10), part("art_2", 0, 10, 5)})
	known, err := f.Store.KnownArtifacts(f.ctx, []string{"art_2", "art_9"})
	f.ok(err)
	deepEqual(t, "known", known, map[string]bool{"art_2": true})
	spare, err := f.Store.SpareParts(f.ctx, 9)
	f.ok(err)
	equal(t, "spare", len(spare), 0)
	_, err = f.Store.EndLease(f.ctx, l.ID, f.now, false)
	f.ok(err)
	spare, err = f.Store.SpareParts(f.ctx, 9)
	f.ok(err)
	equal(t, "spare when it is over", len(spare), 3)
	f.ok(f.Store.RemoveParts(f.ctx, spare))
	equal(t, "left", f.count(`SELECT count(*) FROM worker_parts`), 0)
}

func testWorkers(t *testing.T, f *fixture) {
	w := taskhook.Worker{Name: "w", Session: "s1", Pool: "default", Models: []string{"vidu/vidu-q1"}, Labels: []string{"gpu=a100"}, Version: "1.2", Capacity: 2}
	note := func(session string) bool {
		w.Session = session
		draining, err := f.Store.NoteWorker(f.ctx, f.now, w)
		f.ok(err)
		return draining
	}
	equal(t, "draining", note("s1"), false)
	f.pulled(f.account())
	l := f.lease(1)[0]
	f.code(f.Store.DrainWorker(f.ctx, "nobody"), taskhook.CodeNotFound)
	f.ok(f.Store.DrainWorker(f.ctx, "w"))
	draining, err := f.Store.Draining(f.ctx, "w")
	f.ok(err)
	equal(t, "draining when told so", draining && note("s1"), true)
	_, draining, err = f.Store.RenewLease(f.ctx, f.now, &l, l.Until, 0)
	f.ok(err)
	equal(t, "draining when it is heard of", draining, true)
	list, err := f.Store.Workers(f.ctx)
	f.ok(err)
	w.Leases, w.Draining, w.StartedAt, w.SeenAt = 1, true, f.now, f.now
	deepEqual(t, "workers", list, []taskhook.Worker{w})
	has, err := f.Store.Leased(f.ctx, 9)
	f.ok(err)
	equal(t, "tasks that workers have", len(has), 1)
	equal(t, "who has it", has[0].Worker, "w")
	equal(t, "its state", has[0].State, taskhook.TaskRunning)
	equal(t, "since", has[0].StartedAt, f.now)
	f.now = f.now.Add(time.Hour)
	equal(t, "draining after a new start", note("s2"), false)
	n, err := f.Store.ForgetWorkers(f.ctx, f.now)
	f.ok(err)
	equal(t, "forgotten too soon", n, 0)
	n, err = f.Store.ForgetWorkers(f.ctx, f.now.Add(1e9))
	f.ok(err)
	equal(t, "forgotten", n, 1)
}

func testLeaseNoNode(t *testing.T, f *fixture) {
	f.pulled(f.account())
	l := f.lease(1)[0]
	f.join()
	f.join() // what nodes leave behind is not what workers have
	now, ok, err := f.Store.RunLease(f.ctx, l.ID)
	f.ok(err)
	equal(t, "kept", ok && now.Open, true)
}
