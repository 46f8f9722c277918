package crash

import (
	"strings"
	"time"

	"github.com/taskhook/taskhook/webhook"
)

// judgeLoss is L1: what was acknowledged is final and has arrived, or the server
// says openly that it has not.
func (f *facts) judgeLoss(v *Verdict) {
	bySubject, byEvent, byID := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, d := range f.deliveries {
		bySubject[d.Subject]++
		byEvent[d.EventID]++
		byID[d.ID] = true
		switch arrived := len(f.owed(targetOf(d)).accepted()) > 0; {
		case d.State == "pending":
			v.violate("L1", "delivery %s never ended", d.ID)
		case d.State == "delivered" && !arrived:
			v.violate("L1", "delivery %s is called delivered, but its receiver accepted nothing", d.ID)
		case d.State == "failed" && d.Attempts == 0:
			v.violate("L1", "delivery %s failed without an attempt", d.ID)
		}
	}
	for id, told := range f.clientLedger.tasks {
		k, ok := f.tasks[id]
		switch {
		case !ok:
			v.violate("L1", "task %s was acknowledged and is unknown", id)
		case told != "" && k.Status != told:
			v.violate("L1", "task %s was told to be %s and is %s", id, told, k.Status)
		case k.Status == "cancelled" && told == "" && !f.stops(k.BatchID):
			v.violate("L1", "task %s is cancelled, which nobody asked for", id)
		case k.Status == "cancelled" && bySubject[id] > 0:
			v.violate("L1", "task %s is cancelled and has a delivery", id)
		case k.Status != "succeeded" && k.Status != "failed" && k.Status != "cancelled":
			v.violate("L1", "task %s ended as %s", id, k.Status)
		case k.Status != "cancelled" && bySubject[id] == 0:
			v.violate("L1", "task %s ended without a delivery", id)
		}
	}
	f.judgeFlows(v, bySubject)
	for id := range f.events {
		if byEvent[id] == 0 {
			v.violate("L1", "event %s was acknowledged and has no delivery", id)
		}
	}
	for id := range f.replays {
		if !byID[id] {
			v.violate("L1", "replay %s was acknowledged and is unknown", id)
		}
	}
}

// judgeInvention is L2: nothing arrives that nobody asked for.
func (f *facts) judgeInvention(v *Verdict) {
	extra, replays := map[string]map[string]bool{}, 0 // the events of each sort
	for _, d := range f.deliveries {
		_, known := f.clientLedger.tasks[d.Subject]
		if _, flow := f.flows[d.Subject]; !known && !flow && f.batches[d.Subject] == nil && !f.events[d.EventID] {
			sort := sortOf(d.EventType)
			if extra[sort] == nil {
				extra[sort] = map[string]bool{}
			}
			extra[sort][d.EventID] = true
		}
		if d.ReplayOf != "" && d.ReplayID == "" && !f.replays[d.ID] {
			replays++
		}
	}
	for sort, events := range extra {
		if len(events) > f.unknown[sort] {
			v.violate("L2", "%d events of type %s stand for %d without an answer", len(events), sort, f.unknown[sort])
		}
		if strings.HasPrefix(sort, hookSort) && f.unknown[sort] >= pileSize && len(events)%pileSize != 0 {
			v.violate("L2", "%d events of type %s are there, which came in batches of %d", len(events), sort, pileSize)
		}
	}
	if replays > f.unknowns {
		v.violate("L2", "%d replays stand for %d requests without an answer", replays, f.unknowns)
	}
	for k, o := range f.byTarget {
		if len(o.deliveries) == 0 {
			v.violate("L2", "the receiver got %s at %s, which the server does not know", k.id, k.path)
		}
	}
}

// judgeIdentity is L3: one id, one body; each request signed and of its time.
func (f *facts) judgeIdentity(v *Verdict, perJob *webhook.Verifier) {
	verifiers := map[string]*webhook.Verifier{perJobPath: perJob}
	for path, h := range f.hooks {
		if verifier := h.verifier(); verifier != nil {
			verifiers[path] = verifier
		}
	}
	for k, o := range f.byTarget {
		for _, r := range o.receipts {
			if string(r.Body) != string(o.receipts[0].Body) {
				v.violate("L3", "%s came to %s with two bodies", k.id, k.path)
			}
			if verifier := verifiers[k.path]; verifier != nil {
				if err := verifier.Verify(r.Header, r.Body, r.At.Add(r.skew)); err != nil {
					v.violate("L3", "%s came to %s: %v", k.id, k.path, err)
				}
			}
			if age := r.At.Sub(r.Timestamp).Abs(); age > 5*time.Minute {
				v.violate("L3", "%s was %s old", k.id, age)
			}
		}
	}
}

// verifier knows all secrets of the webhook; nil: none is known, for the answer
// that showed it was lost.
func (h *hook) verifier() *webhook.Verifier {
	var texts []string
	for _, s := range h.secrets {
		texts = append(texts, s.text)
	}
	verifier, err := webhook.NewVerifier(texts...)
	if err != nil {
		return nil
	}
	return verifier
}

// underWay is how long what was begun before an answer may take to arrive.
const underWay = time.Second

// late reports whether a request came when what was under way at an answer had
// arrived. A server that was stopped had no part in that time.
func (f *facts) late(r *receipt, answer time.Time) bool {
	took := r.At.Sub(answer)
	for _, s := range f.lives[r.life].Frozen {
		if to := s.to.Sub(s.from); s.to.After(answer) && s.from.Before(r.At) {
			took -= to
		}
	}
	return took > underWay
}

// judgeHooks is the part of L9 that shows at the receiver: it holds what was
// answered about a webhook.
func (f *facts) judgeHooks(v *Verdict) {
	for _, r := range f.receipts {
		h := f.hooks[r.Path]
		if h == nil {
			continue
		}
		began := r.Timestamp.Add(-f.step) // never later than it was
		if !h.deleted.IsZero() && f.late(r, h.deleted) {
			v.violate("L9", "%s came to %s, which was deleted %s before", r.ID, r.Path, r.At.Sub(h.deleted))
		}
		if !h.changed.IsZero() && began.After(h.changed.Add(underWay)) && r.Query != h.query {
			v.violate("L9", "%s came to the address that %s had before its change", r.ID, r.Path)
		}
		for _, s := range h.held {
			if f.late(r, s.from) && (s.to.IsZero() || r.At.Before(s.to)) {
				v.violate("L9", "%s came to %s while that was paused", r.ID, r.Path)
			}
		}
		for _, s := range h.secrets {
			only, err := webhook.NewVerifier(s.text)
			if err == nil && began.After(s.since.Add(underWay)) {
				err = only.Verify(r.Header, r.Body, r.At.Add(r.skew))
			}
			if err != nil {
				v.violate("L9", "%s came to %s without a signature by a secret that was answered: %v", r.ID, r.Path, err)
			}
		}
	}
}
