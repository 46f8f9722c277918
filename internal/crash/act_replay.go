package crash

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// job is a replay of many deliveries that was acknowledged.
type job struct {
	cancelled bool // as asked
}

// bulk sends all that a webhook got once more, some at a time, and holds that up or
// calls it off in between.
func (w *workload) bulk() {
	h := w.register()
	if h == nil {
		return
	}
	for range 3 {
		w.emit(h.Type)
	}
	w.awaitDelivered(h)
	id := w.startReplay(h)
	if id == "" {
		return
	}
	switch rand.IntN(3) {
	case 0:
		w.tellReplay(id, w.client.PauseReplay)
		w.tellReplay(id, w.client.ResumeReplay)
	case 1:
		if w.tellReplay(id, w.client.CancelReplay) {
			w.ledger.note("replays cancelled", id, func() { w.ledger.jobs[id].cancelled = true })
		}
	}
}

// awaitDelivered waits until the webhook has got something, for only that is repeated.
func (w *workload) awaitDelivered(h *hook) {
	for began := time.Now(); time.Since(began) < fullLife; pause() {
		var got client.Page[client.Delivery]
		err := insist(func(ctx context.Context) (err error) {
			got, err = w.client.Deliveries(ctx, client.DeliveryQuery{WebhookID: h.ID, State: string(taskhook.DeliveryDelivered)})
			return err
		})
		if err != nil || len(got.Items) > 0 {
			return
		}
	}
}

// startReplay asks for one once; without an answer it may exist or not.
func (w *workload) startReplay(h *hook) (id string) {
	var made client.Replay
	err := once(func(ctx context.Context) (err error) {
		made, err = w.client.StartReplay(ctx, client.NewReplay{WebhookID: h.ID, RatePerSecond: 20}, "")
		return err
	})
	switch {
	case err == nil:
		w.ledger.note("replays", made.ID, func() { w.ledger.jobs[made.ID] = &job{} })
	case inDoubt(err):
		w.ledger.note("replays in doubt", "", func() { w.ledger.unknownJobs++ })
	}
	if err != nil {
		pause()
	}
	return made.ID
}

// tellReplay reports whether that was done. One that has ended can't be told anything.
func (w *workload) tellReplay(id string, tell func(context.Context, string) (client.Replay, error)) bool {
	err := insist(func(ctx context.Context) error {
		_, err := tell(ctx, id)
		return err
	})
	if refused(err) && status(err) != http.StatusConflict {
		w.ledger.breach("L9: the replay " + id + " was answered as started: " + err.Error())
	}
	return err == nil
}

// judgeReplays wants each replay ended, as it was asked to, and to have repeated
// nothing twice.
func (f *facts) judgeReplays(v *Verdict, list []client.Replay) {
	known, unknown := map[string]client.Replay{}, 0
	for _, r := range list {
		known[r.ID] = r
		if f.jobs[r.ID] == nil {
			unknown++
		}
		if r.State != string(taskhook.ReplayCompleted) && r.State != string(taskhook.ReplayCancelled) {
			v.violate("L1", "replay %s never ended: it is %s", r.ID, r.State)
		}
	}
	if unknown > f.unknownJobs {
		v.violate("L2", "%d replays of many deliveries stand for %d requests without an answer", unknown, f.unknownJobs)
	}
	for id, j := range f.jobs {
		switch r, ok := known[id]; {
		case !ok:
			v.violate("L1", "replay %s was acknowledged and is unknown", id)
		case r.State == string(taskhook.ReplayCancelled) && !j.cancelled:
			v.violate("L1", "replay %s is cancelled, which nobody asked for: %s", id, r.Reason)
		}
	}
	f.judgeRepeated(v, known)
}

// judgeRepeated counts what replays have made.
func (f *facts) judgeRepeated(v *Verdict, known map[string]client.Replay) {
	type repeat struct{ job, of string }
	made, times := map[string]int{}, map[repeat]int{}
	for _, d := range f.deliveries {
		if d.ReplayID == "" {
			continue
		}
		made[d.ReplayID]++
		if times[repeat{d.ReplayID, d.ReplayOf}]++; times[repeat{d.ReplayID, d.ReplayOf}] == 2 {
			v.violate("L4", "replay %s repeats %s twice", d.ReplayID, d.ReplayOf)
		}
	}
	for id, n := range made {
		if _, ok := known[id]; !ok {
			v.violate("L2", "replay %s has made %d deliveries and is unknown", id, n)
		}
	}
	for id, r := range known {
		if made[id] != r.Created {
			v.violate("L8", "replay %s says that it has made %d deliveries and has made %d", id, r.Created, made[id])
		}
	}
}
