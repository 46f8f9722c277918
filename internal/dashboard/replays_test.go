package dashboard

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// replays is the part of the world that is about replays.
type replays struct{ *world }

func (f replays) Preview(_ context.Context, who taskhook.Identity, n taskhook.NewReplay) (taskhook.ReplayPreview, error) {
	defer f.lock()()
	f.asked = n
	if n.Rate > taskhook.MaxReplayRate {
		return taskhook.ReplayPreview{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "ratePerSecond", "That is too fast.")
	}
	p := taskhook.ReplayPreview{Expected: 2, Skipped: 1, Purged: 1, Held: true, Takes: 40 * time.Millisecond}
	for _, d := range f.deliveries {
		if d.AccountID == who.AccountID {
			p.Sample = append(p.Sample, taskhook.ReplayItem{Delivery: d.Delivery})
		}
	}
	return p, f.fail
}

func (f replays) Start(_ context.Context, _ taskhook.Identity, n taskhook.NewReplay) (taskhook.Replay, error) {
	defer f.lock()()
	f.asked, f.did = n, "started a replay"
	return taskhook.Replay{ID: "rpl_new"}, f.fail
}

func (f replays) Replay(_ context.Context, account, id string) (taskhook.Replay, error) {
	defer f.lock()()
	return only(part(f.replays, taskhook.Page{Limit: 1}, replayID, func(j taskhook.Replay) bool { return j.AccountID == account && j.ID == id }), f.fail)
}

func replayID(j taskhook.Replay) string { return j.ID }

func (f replays) Replays(_ context.Context, q taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error) {
	defer f.lock()()
	return part(f.replays, q.Page, replayID, func(j taskhook.Replay) bool {
		return j.AccountID == q.AccountID && (q.State == "" || j.State == q.State)
	}), f.fail
}

func (f replays) Change(ctx context.Context, account, id string, c taskhook.ReplayChange) (taskhook.Replay, error) {
	j, err := f.Replay(ctx, account, id)
	if err == nil && j.State.Final() {
		err = taskhook.Errorf(taskhook.CodeConflict, "The replay is already %s.", j.State)
	}
	if err != nil {
		return j, err
	}
	defer f.lock()()
	if c.State != nil {
		f.did = id + " is " + string(*c.State)
	} else {
		f.did = id + " is faster"
	}
	return j, nil
}

// someReplays are one in each state, of which the second knows no end.
func someReplays(text string) (list []taskhook.Replay) {
	choices := []taskhook.ReplayChoice{{Deliveries: []string{"dlv_a", "dlv_b"}}, {Filter: taskhook.DeliveryFilter{EventType: text, Failing: true, From: noon(), To: noon()}},
		{Since: noon(), Missing: true, Filter: taskhook.DeliveryFilter{EndpointID: "wh_a"}}, {Filter: taskhook.DeliveryFilter{State: taskhook.DeliveryFailed, LastClass: taskhook.ClassTLS}}}
	for i, state := range taskhook.ReplayStates() {
		j := taskhook.Replay{ID: "rpl_" + string(rune('a'+i)), AccountID: "acc_one", Choice: choices[i], Rate: 50, State: state, Found: 10, Open: i == 1, Created: 3, Skipped: 1,
			CreatedAt: noon(), Outcomes: taskhook.ReplayOutcomes{Delivered: 2, Failed: 1}}
		if state.Final() {
			j.FinishedAt = noon().Add(time.Minute)
		}
		if state == taskhook.ReplayCancelled {
			j.Reason, j.TargetID = text, "wh_b"
		}
		list = append(list, j)
	}
	return list
}

func TestReplayPages(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("draw"), keyOne)
	for path, want := range map[string][]string{
		"/replays":        {"/replays/rpl_a", `value="40"`, "2 chosen deliveries", "what wh_a has not got since 2026-03-01 12:00:00 UTC, and what it was never owed"},
		"/replays/rpl_a":  {`<progress class="long" max="100" value="40"`, "3 made, 1 passed by, of 10 · 40%", "/replays/rpl_a/pause", `?replay=rpl_a&amp;state=failed`, "Change the rate"},
		"/replays/rpl_b":  {"/replays/rpl_b/resume", "of 10 or more", "deliveries: failed at last, of type draw, from 2026-03-01 12:00:00 UTC"},
		"/replays/rpl_d":  {`<p class="callout bad">draw</p>`, "/endpoints/wh_b", "failed by tls"},
		"/endpoints/wh_a": {`href="/replays/new?endpoint=wh_a&amp;since=2026-03-01T12%3A00"`},
		"/deliveries":     {`name="id" value="dlv_c"`, "Replay what is ticked"},
		"/deliveries?state=failed&class=status&from=2026-01-01T00:00": {`href="/replays/new?class=status&amp;from=2026-01-01T00%3A00&amp;state=failed"`, "Show all"},
		"/replays/new?state=failed":                                   {"<strong>2</strong> events are sent again", "1 are passed by", "files are no longer kept", "is not active", `name="state" value="failed"`, ">Start<", `<option value="wh_b">`},
		"/replays/new?id=dlv_a&id=dlv_b&rate=9":                       {`name="id" value="dlv_b"`, `value="9"`, "2 chosen deliveries"},
		"/replays/new?endpoint=wh_a&since=2026-03-01T12:00":           {"Recover an endpoint", `value="2026-03-01T12:00"`, `name="missing"`},
		"/replays/new?endpoint=wh_a&since=":                           {"Say since when."},
		"/replays/new":                                                {"Tick deliveries in the list first"},
		"/replays/new?state=failed&rate=x":                            {"is not a number of deliveries a second", `value="x"`},
	} {
		b.sees(b.get(path), http.StatusOK, want...)
	}
	for path, never := range map[string]string{"/replays/rpl_c": "/pause", "/deliveries?state=pending": "Replay all", "/replays?state=paused": "rpl_a", "/replays/new": ">Start<"} {
		if strings.Contains(b.get(path).Body.String(), never) {
			t.Errorf("%s says %q", path, never)
		}
	}
	b.sees(b.get("/replays?state=lost"), http.StatusUnprocessableEntity, "Replays have no state")
}

func TestReplayIsStartedAndSteered(t *testing.T) {
	t.Parallel()
	w := fullWorld("draw")
	b := signedIn(t, w, keyOne)
	b.leadsTo(b.post("/replays", "id", "dlv_b", "target", "wh_b", "rate", "7"), "/replays/rpl_new")
	if want := (taskhook.NewReplay{Choice: taskhook.ReplayChoice{Deliveries: []string{"dlv_b"}}, TargetID: "wh_b", Rate: 7}); !reflect.DeepEqual(w.asked, want) || w.did != "started a replay" {
		t.Errorf("asked for %+v, did %q", w.asked, w.did)
	}
	w.did = ""
	b.sees(b.post("/replays", "state", "failed", "rate", "5000"), http.StatusUnprocessableEntity, "That is too fast.", `value="5000"`)
	if w.did != "" {
		t.Errorf("it %s all the same", w.did)
	}
	for path, did := range map[string]string{"rpl_a/pause": "rpl_a is paused", "rpl_b/resume": "rpl_b is running", "rpl_a/cancel": "rpl_a is cancelled"} {
		if b.leadsTo(b.post("/replays/"+path), "/replays/"+path[:5]); w.did != did {
			t.Errorf("%s did %q", path, w.did)
		}
	}
	b.leadsTo(b.post("/replays/rpl_a/rate", "rate", "9"), "/replays/rpl_a")
	b.sees(b.get("/replays/rpl_a"), http.StatusOK, "It now makes 9 a second.")
	b.leadsTo(b.post("/replays/rpl_c/pause"), "/replays/rpl_c")
	b.sees(b.get("/replays/rpl_c"), http.StatusOK, "already completed")
}
