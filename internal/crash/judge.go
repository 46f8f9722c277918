package crash

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/taskhook/taskhook/client"
)

// Verdict is what the ledgers say.
type Verdict struct {
	Kills, Points, Tasks, Events, Unknown, Deliveries, Requests, Duplicates int
	SlowestStart                                                            time.Duration
	Violations                                                              []string // each names the rule that it breaks
}

// violate notes a broken rule; the rules are L1 loss, L2 invention, L3 identity,
// L4 duplicates, L6 results.
func (v *Verdict) violate(rule, format string, args ...any) {
	v.Violations = append(v.Violations, rule+": "+fmt.Sprintf(format, args...))
}

// String is a table row.
func (v *Verdict) String() string {
	return fmt.Sprintf("%d kills at %d points and at random, %d tasks, %d events, %d unknown, %d deliveries, %d requests, %d duplicates, slowest start %s: %d violations",
		v.Kills, v.Points, v.Tasks, v.Events, v.Unknown, v.Deliveries, v.Requests, v.Duplicates, v.SlowestStart.Round(time.Millisecond), len(v.Violations))
}

// judge waits until the server owes nothing and holds the ledgers against what it
// says.
func (t *Trial) judge(ctx context.Context) (*Verdict, error) {
	tasks, deliveries, err := t.settle(ctx)
	if err != nil {
		return nil, err
	}
	receipts := t.receiver.ledger.all()
	v := &Verdict{Kills: len(t.kills), Points: len(t.points), Tasks: len(t.ledger.tasks), Events: len(t.ledger.events), Unknown: t.ledger.unknown,
		Deliveries: len(deliveries), Requests: len(receipts), SlowestStart: slices.Max(append(t.starts, 0))}
	accepted := acceptances(receipts)
	t.judgeLoss(v, tasks, deliveries, accepted)
	t.judgeInvention(v, deliveries, receipts)
	judgeIdentity(v, receipts)
	t.judgeDuplicates(v, accepted)
	t.judgeResults(ctx, v, tasks)
	return v, nil
}

// patience is how long the server may take to come to rest.
const patience = 2 * time.Minute

// settle waits until all tasks and deliveries are final.
func (t *Trial) settle(ctx context.Context) (tasks []client.Task, deliveries []client.Delivery, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := t.client()
	for {
		tasks, err = pages(func(p client.PageQuery) (client.Page[client.Task], error) {
			return c.Tasks(ctx, client.TaskQuery{PageQuery: p})
		})
		if err == nil {
			deliveries, err = pages(func(p client.PageQuery) (client.Page[client.Delivery], error) {
				return c.Deliveries(ctx, client.DeliveryQuery{PageQuery: p})
			})
		}
		open := slices.ContainsFunc(tasks, func(k client.Task) bool {
			return k.Status == "pending" || k.Status == "queued" || k.Status == "running"
		}) || slices.ContainsFunc(deliveries, func(d client.Delivery) bool { return d.State == "pending" })
		if err == nil && !open || ctx.Err() != nil {
			return tasks, deliveries, nil
		}
		pause(ctx)
	}
}

// pages reads a whole list.
func pages[T any](read func(client.PageQuery) (client.Page[T], error)) (all []T, err error) {
	q := client.PageQuery{Limit: 100}
	for {
		p, err := read(q)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if !p.Pagination.HasMore {
			return all, nil
		}
		q.Cursor = p.Pagination.Cursor
	}
}

// target is one event at one receiver.
type target struct{ path, id string }

// acceptances lists, for each event at each receiver, the requests that were
// answered with 2xx.
func acceptances(receipts []receipt) map[target][]receipt {
	accepted := map[target][]receipt{}
	for _, r := range receipts {
		if r.Status == http.StatusOK {
			k := target{r.Path, r.ID}
			accepted[k] = append(accepted[k], r)
		}
	}
	return accepted
}

func targetOf(d client.Delivery) target {
	if d.WebhookID == "" {
		return target{perJobPath, d.EventID}
	}
	return target{configuredPath, d.EventID}
}

// judgeLoss is L1: what was acknowledged is final and has arrived, or the server
// says openly that it has not.
func (t *Trial) judgeLoss(v *Verdict, tasks []client.Task, deliveries []client.Delivery, accepted map[target][]receipt) {
	known := map[string]client.Task{}
	for _, k := range tasks {
		known[k.ID] = k
	}
	bySubject, byEvent := map[string]int{}, map[string]int{}
	for _, d := range deliveries {
		bySubject[d.Subject]++
		byEvent[d.EventID]++
		switch arrived := len(accepted[targetOf(d)]) > 0; {
		case d.State == "pending":
			v.violate("L1", "delivery %s never ended", d.ID)
		case d.State == "delivered" && !arrived:
			v.violate("L1", "delivery %s is called delivered, but its receiver accepted nothing", d.ID)
		case d.State == "failed" && d.Attempts == 0:
			v.violate("L1", "delivery %s failed without an attempt", d.ID)
		}
	}
	for id := range t.ledger.tasks {
		k, ok := known[id]
		switch {
		case !ok:
			v.violate("L1", "task %s was acknowledged and is unknown", id)
		case k.Status != "succeeded" && k.Status != "failed":
			v.violate("L1", "task %s ended as %s", id, k.Status)
		case bySubject[id] == 0:
			v.violate("L1", "task %s ended without a delivery", id)
		}
	}
	for id := range t.ledger.events {
		if byEvent[id] == 0 {
			v.violate("L1", "event %s was acknowledged and has no delivery", id)
		}
	}
}

// judgeInvention is L2: nothing arrives that nobody asked for.
func (t *Trial) judgeInvention(v *Verdict, deliveries []client.Delivery, receipts []receipt) {
	asked := map[string]bool{}
	extra := map[string]bool{}
	for _, d := range deliveries {
		asked[d.EventID] = true
		if !t.ledger.tasks[d.Subject] && !t.ledger.events[d.EventID] {
			extra[d.EventID] = true
		}
	}
	if len(extra) > t.ledger.unknown {
		v.violate("L2", "%d events stand for %d requests without an answer", len(extra), t.ledger.unknown)
	}
	for _, r := range receipts {
		if !asked[r.ID] {
			v.violate("L2", "the receiver got %s, which the server does not know", r.ID)
		}
	}
}

// judgeIdentity is L3: one id, one body; each request signed and of its time.
func judgeIdentity(v *Verdict, receipts []receipt) {
	bodies := map[target][32]byte{}
	for _, r := range receipts {
		k := target{r.Path, r.ID}
		if first, ok := bodies[k]; ok && first != r.Hash {
			v.violate("L3", "%s came with two bodies", r.ID)
		}
		bodies[k] = r.Hash
		if r.Invalid != "" {
			v.violate("L3", "%s was refused: %s", r.ID, r.Invalid)
		}
		if age := r.At.Sub(r.Timestamp).Abs(); age > 5*time.Minute {
			v.violate("L3", "%s was %s old", r.ID, age)
		}
	}
}

// unrecorded is how long before a kill an answer can have come without having
// been recorded.
const unrecorded = time.Second

// judgeDuplicates is L4: a second acceptance needs a kill soon after the first.
func (t *Trial) judgeDuplicates(v *Verdict, accepted map[target][]receipt) {
	for k, list := range accepted {
		for i, again := range list[1:] {
			v.Duplicates++
			first := list[i]
			if !slices.ContainsFunc(t.kills, func(kill time.Time) bool {
				return !first.At.After(kill) && kill.Sub(first.At) < unrecorded && again.At.After(first.At)
			}) {
				v.violate("L4", "%s was accepted twice at %s without a kill in between", k.id, k.path)
			}
		}
	}
}

// judgeResults is L6: each result of a succeeded task is there in its full size.
func (t *Trial) judgeResults(ctx context.Context, v *Verdict, tasks []client.Task) {
	for _, k := range tasks {
		if k.Status != "succeeded" {
			continue
		}
		if len(k.Result) == 0 {
			v.violate("L6", "task %s succeeded without a result", k.ID)
		}
		for _, r := range k.Result {
			req, err := http.NewRequestWithContext(ctx, http.MethodHead, r.URL, nil)
			if err != nil {
				v.violate("L6", "task %s: %v", k.ID, err)
				continue
			}
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				v.violate("L6", "task %s: %v", k.ID, err)
				continue
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK || answer.ContentLength != r.SizeBytes {
				v.violate("L6", "task %s: result of %d bytes answered %d with %d", k.ID, r.SizeBytes, answer.StatusCode, answer.ContentLength)
			}
		}
	}
}
