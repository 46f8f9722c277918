package storetest

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
)

// errInjected is what a fault fails a write with.
var errInjected = errors.New("injected")

// fault fails the next write that comes by an armed point.
type fault struct{ point atomic.Pointer[string] }

func (f *fault) arm(point string) { f.point.Store(&point) }

func (f *fault) at(point string) error {
	if armed := f.point.Load(); armed != nil && *armed == point && f.point.CompareAndSwap(armed, nil) {
		return errInjected
	}
	return nil
}

// testFaults fails each kind of write at each of its points. A write that fails
// before its commit has changed nothing, one that fails after it is done in full;
// in both cases nothing stays reserved, and the repeat succeeds or tells that it
// is one.
func testFaults(t *testing.T, open OpenFunc) {
	writes := faultWrites()
	for _, point := range store.FaultPoints() {
		kind, _, _ := strings.Cut(point, ":")
		if _, ok := writes[kind]; !ok && kind != "commit" {
			t.Errorf("no test writes a %s", kind)
		}
	}
	for kind, w := range writes {
		for _, point := range []string{kind + ":before", kind + ":after", "commit:before", "commit:after"} {
			t.Run(kind+" at "+point, func(t *testing.T) {
				t.Parallel()
				faults := &fault{}
				f := newFixture(t, open(t, Options{Fault: faults.at}))
				testFault(f, newWorld(f), w, faults, point)
			})
		}
	}
}

func testFault(f *fixture, w *world, write faultWrite, faults *fault, point string) {
	if write.prepare != nil {
		write.prepare(f, w)
	}
	consistent := f.consistent
	if write.removes {
		consistent = f.counted
	}
	before := f.dump()
	faults.arm(point)
	if err := write.do(f, w); !errors.Is(err, errInjected) {
		f.t.Fatalf("the fault was not met: %v", err)
	}
	if err := w.n.imbalance(); err != nil {
		f.t.Fatalf("after the fault: %v", err)
	}
	after := f.dump()
	applied := point == "commit:after"
	if applied != (after != before) {
		f.t.Fatalf("the fault left the database changed: %v\nbefore:\n%s\nafter:\n%s", after != before, before, after)
	}
	consistent()
	err := write.do(f, w)
	if applied {
		f.code(err, write.repeated)
	} else {
		f.ok(err)
	}
	if applied && write.repeated == "" && !write.moves && f.dump() != after {
		f.t.Fatalf("the repeat changed the database\nbefore:\n%s\nafter:\n%s", after, f.dump())
	}
	consistent()
	f.drain(w.n)
	if write.check != nil {
		write.check(f, w)
	}
}

// faultWrite is one kind of write.
type faultWrite struct {
	prepare  func(f *fixture, w *world) // may be nil, as check
	do       func(f *fixture, w *world) error
	repeated taskhook.Code // of the error of a repeat that finds the write done
	moves    bool          // a repeat changes the database once more
	removes  bool          // what it removes others may refer to
	check    func(f *fixture, w *world)
}

// faultWrites are all kinds of write, by name.
func faultWrites() map[string]faultWrite {
	all := map[string]faultWrite{}
	for _, some := range []map[string]faultWrite{accountWrites(), endpointWrites(), taskWrites(), runWrites(), laneWrites(), nodeWrites(), fileWrites(), moneyWrites(), workflowWrites(), replayWrites(),
		retentionWrites(), erasureWrites(), batchWrites(), leaseWrites(), posterWrites(), bucketWrites()} {
		for kind, w := range some {
			all[kind] = w
		}
	}
	return all
}

func accountWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"create_account": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CreateAccount(f.ctx, w.newAccount)
			return err
		}},
		"create_key": {do: func(f *fixture, w *world) error { return f.Store.CreateKey(f.ctx, w.newKey, "another hash") }},
		"revoke_key": {repeated: taskhook.CodeNotFound,
			do: func(f *fixture, w *world) error { return f.Store.RevokeKey(f.ctx, f.now, "", w.key.ID) }},
	}
}

func moneyWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"credit_account": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CreditAccount(f.ctx, f.now, w.account, w.credit, taskhook.Dollar)
			return err
		}},
		"make_postpaid": {do: func(f *fixture, w *world) error { return f.Store.MakePostpaid(f.ctx, w.account) }},
	}
}

func endpointWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"create_endpoint": {do: func(f *fixture, w *world) error { return f.Store.CreateEndpoint(f.ctx, w.newEndpoint) }},
		"update_endpoint": {do: func(f *fixture, w *world) error {
			_, err := f.Store.UpdateEndpoint(f.ctx, f.now, w.account, w.paused.ID, func(e *taskhook.Endpoint) error {
				e.State = taskhook.EndpointActive
				return nil
			})
			return err
		}},
		"delete_endpoint": {repeated: taskhook.CodeNotFound,
			do: func(f *fixture, w *world) error {
				return f.Store.DeleteEndpoint(f.ctx, f.now, w.account, w.endpoint.ID)
			}},
		"note_endpoint": {
			prepare: func(f *fixture, w *world) {
				f.ok(f.finish(w.n, w.lane(), w.result))
				w.notice = f.notice(taskhook.EventEndpointDisabled)
				w.notice.Publication.Events[0].Event.Type = "idle.lane" // somebody wants it
			},
			do: func(f *fixture, w *world) error { return f.Store.NoteEndpoint(f.ctx, f.now, w.notice) },
			check: func(f *fixture, w *world) {
				equal(f.t, "notices", f.count(`SELECT count(*) FROM deliveries WHERE event = $1`, w.notice.EventID), 1)
			}},
		"drop_deliveries": {moves: true, do: func(f *fixture, w *world) error {
			_, err := f.Store.DropDeliveries(f.ctx, f.now, w.account, w.paused.ID)
			return err
		}},
		"cancel_orphans": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CancelOrphans(f.ctx, f.now)
			return err
		}},
		"publish": {repeated: taskhook.CodeConflict,
			do: func(f *fixture, w *world) error { return f.Store.Publish(f.ctx, f.now, w.publication) },
			check: func(f *fixture, w *world) {
				equal(f.t, "deliveries", f.count(`SELECT count(*) FROM deliveries WHERE event = $1`, w.publication.Events[0].Event.ID), 3)
			}},
	}
}

func taskWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"create_task": {do: func(f *fixture, w *world) error {
			k, run := w.newTask, w.newRun
			_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
			return err
		}},
		"cancel_task": {repeated: taskhook.CodeConflict, do: func(f *fixture, w *world) error {
			_, err := f.Store.CancelTask(f.ctx, f.now, w.account, w.claimed.Task.ID)
			return err
		}},
		"forget_counts": {do: func(f *fixture, w *world) error {
			_, err := f.Store.ForgetCounts(f.ctx, f.now.Add(time.Minute), 10)
			return err
		}},
		"forget_idempotency": {do: func(f *fixture, w *world) error {
			_, err := f.Store.ForgetIdempotency(f.ctx, f.now, 10)
			return err
		}},
	}
}

func runWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"claim_runs": {moves: true, do: func(f *fixture, w *world) (err error) {
			w.runs, _, err = f.Store.ClaimRuns(f.ctx, f.now, w.n.id, "sandbox", "", 10)
			return err
		}, check: func(f *fixture, w *world) {
			equal(f.t, "claimed runs", len(w.runs), 1)
			equal(f.t, "claims", w.runs[0].Claims, 1)
		}},
		"sending_run": {do: func(f *fixture, w *world) error {
			ok, err := f.Store.SendingRun(f.ctx, w.n.id, w.started.Run)
			if err == nil {
				equal(f.t, "ours", ok, true)
			}
			return err
		}},
		"sent_run": {do: func(f *fixture, w *world) error {
			ok, err := f.Store.SentRun(f.ctx, w.n.id, sentAs(w.started.Run, "job_1", f.now))
			if err == nil {
				equal(f.t, "ours", ok, true)
			}
			return err
		}},
		"progress": {do: func(f *fixture, w *world) error {
			return f.Store.Progress(f.ctx, w.n.id, map[string]int{w.started.Task.ID: 50})
		}},
		"tell": {do: func(f *fixture, w *world) error {
			return f.Store.Tell(f.ctx, f.now, []*taskhook.Report{newReport(w.n.id, w.started, progressType, 1, f.now)})
		}},
		"release_run": {do: func(f *fixture, w *world) error {
			return f.Store.ReleaseRun(f.ctx, w.n.id, w.started.Run, f.now, true)
		}},
		"finish_run": {do: func(f *fixture, w *world) error { return f.Store.FinishRun(f.ctx, f.now, w.end) },
			check: func(f *fixture, w *world) {
				equal(f.t, "stale", w.end.Stale, false)
				got, err := f.Store.Task(f.ctx, w.account, w.end.Task.ID)
				f.ok(err)
				equal(f.t, "state", got.State, taskhook.TaskSucceeded)
			}},
	}
}

func laneWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"claim_lanes": {moves: true, do: func(f *fixture, w *world) error {
			answer, err := f.claimLanes(w.n, 10)
			answer()
			return err
		}},
		"raise_epoch": {moves: true, do: func(f *fixture, w *world) error {
			w.lane().doubt = true
			answer, err := f.raiseEpoch(w.n, w.lane())
			answer()
			return err
		}},
		"settle_lane": {do: func(f *fixture, w *world) error {
			answer, err := f.settleLane(w.n, w.idle, true)
			answer()
			return err
		}},
		"sweep_lanes": {
			prepare: func(f *fixture, w *world) {
				_, err := f.Raw.ExecContext(f.ctx, `UPDATE lanes SET next_due = NULL WHERE id = $1`, w.due)
				f.ok(err)
			},
			do: func(f *fixture, w *world) error {
				_, err := f.Store.SweepLanes(f.ctx, f.now)
				return err
			}},
		"collect_lanes": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CollectLanes(f.ctx, 10)
			return err
		}},
		"finish_deliveries": {do: func(f *fixture, w *world) error { return f.finish(w.n, w.lane(), w.result) },
			check: func(f *fixture, w *world) {
				got, err := f.Store.Delivery(f.ctx, w.account, w.result.Delivery.ID)
				f.ok(err)
				equal(f.t, "attempts, with that of the drain", got.Attempts, 2)
			}},
	}
}

func nodeWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"join": {do: func(f *fixture, w *world) error {
			err := f.Store.Join(f.ctx, w.next.row(f.now), w.next)
			if err == nil {
				w.n = w.next
			}
			return err
		}, moves: true},
		"renew_node": {do: func(f *fixture, w *world) error {
			ok, err := f.Store.RenewNode(f.ctx, w.n.id)
			if err == nil {
				equal(f.t, "renewed", ok, true)
			}
			return err
		}, prepare: func(f *fixture, w *world) { f.setLease(w.n.id, 1) }, moves: true},
		"remove_dead": {do: func(f *fixture, w *world) error {
			_, _, err := f.Store.RemoveDead(f.ctx, w.n.id, nil)
			return err
		}, prepare: func(f *fixture, w *world) { f.addNode("node_dead", 1) }},
		"leave": {do: func(f *fixture, w *world) error {
			err := f.Store.Leave(f.ctx, w.n.id)
			if err == nil {
				w.n = f.join()
			}
			return err
		}, moves: true},
	}
}
