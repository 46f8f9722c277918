package storetest

import (
	"time"

	"github.com/taskhook/taskhook"
)

// leaseWrites are the writes for workers.
func leaseWrites() map[string]faultWrite {
	leased := func(f *fixture, w *world) {
		f.noteWorker()
		f.pulled(w.account)
		w.lease = f.lease(1)[0]
	}
	sent := func(f *fixture, w *world) {
		leased(f, w)
		f.ok(f.Store.AddPart(f.ctx, w.part()))
	}
	return map[string]faultWrite{
		"note_worker":  {do: func(f *fixture, w *world) error { return f.note() }},
		"drain_worker": {prepare: leased, do: func(f *fixture, w *world) error { return f.Store.DrainWorker(f.ctx, "w") }},
		"lease_runs": {moves: true, prepare: func(f *fixture, w *world) { f.pulled(w.account) },
			do: func(f *fixture, w *world) error {
				leases, err := f.Store.LeaseRuns(f.ctx, f.now, "w", []taskhook.Queue{{AccountID: w.account, Name: queue}}, 5, terms)
				if err == nil {
					equal(f.t, "leases", len(leases), 1)
					equal(f.t, "tries", leases[0].Claims, 1) // that which nobody heard of does not count
				}
				return err
			}},
		"renew_lease": {prepare: leased, do: func(f *fixture, w *world) error {
			ok, _, err := f.Store.RenewLease(f.ctx, f.now, &w.lease, f.now.Add(longer), 30)
			if err == nil {
				equal(f.t, "renewed", ok, true)
			}
			return err
		}},
		"end_lease": {prepare: leased, do: func(f *fixture, w *world) error {
			_, err := f.Store.EndLease(f.ctx, w.lease.ID, f.now, false)
			return err
		}},
		"add_part": {prepare: leased, repeated: taskhook.CodeConflict, do: func(f *fixture, w *world) error { return f.Store.AddPart(f.ctx, w.part()) }},
		"remove_parts": {prepare: sent, do: func(f *fixture, w *world) error {
			return f.Store.RemoveParts(f.ctx, []string{w.part().ID})
		}},
	}
}

// longer is more than a lease.
const longer = 90 * time.Second

func (f *fixture) note() error {
	_, err := f.Store.NoteWorker(f.ctx, f.now, taskhook.Worker{Name: "w", Pool: "default", Capacity: 1})
	return err
}

func (f *fixture) noteWorker() {
	f.t.Helper()
	f.ok(f.note())
}

// part is a piece of a result of the leased run.
func (w *world) part() taskhook.OutputPart {
	return taskhook.OutputPart{ID: "art_1", Lease: w.lease.ID, Size: 5}
}
