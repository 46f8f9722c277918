package delivery

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/webhook"
)

// archive is a house with an endpoint that has failed all that it got, and is
// mended since.
type archive struct {
	*house
	replays  *Replays
	endpoint taskhook.Endpoint
	who      taskhook.Identity
}

// inArchive runs a test with as many failed deliveries, and some Replayers.
func inArchive(t *testing.T, failed, replayers int, test func(h *archive)) {
	inHouse(t, func(h *house) {
		a := &archive{house: h, endpoint: h.endpoint(), who: taskhook.Identity{AccountID: account, KeyID: "key_a"}}
		once := taskhook.Schedule{}
		h.update(a.endpoint.ID, taskhook.EndpointChange{Schedule: &once})
		h.receiver.set(func(context.Context, post) egress.Result {
			return egress.Result{Status: http.StatusInternalServerError, Class: taskhook.ClassStatus, Error: "it answered 500"}
		})
		h.publishMany(failed, 10)
		pass(time.Second)
		if n := h.total(taskhook.DeliveryFailed); n != failed {
			h.Fatalf("%d have failed", n)
		}
		h.receiver.set(nil)
		h.receiver.forget()
		ctx, stop := context.WithCancel(h.Context())
		done := make(chan error, replayers)
		var all []*Replayer
		for range replayers {
			r := NewReplayer(ReplayerOptions{Jobs: h.store, Schedule: primarySchedule(), Logger: h.options.Logger})
			all = append(all, r)
			go func() { done <- r.Run(ctx) }()
		}
		a.replays = NewReplays(ReplaysOptions{Store: h.store, Receivers: h.store, Started: func() {
			for _, r := range all {
				r.Wake()
			}
		}})
		defer func() {
			stop()
			for range all {
				<-done
			}
		}()
		test(a)
	})
}

// forget empties what the receiver has got.
func (r *receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = nil
}

func (h *archive) begin(n taskhook.NewReplay) taskhook.Replay {
	h.Helper()
	j, err := h.replays.Start(h.Context(), h.who, n)
	if err != nil {
		h.Fatal(err)
	}
	return j
}

// replay begins one of all that has failed, at a rate.
func (h *archive) replay(rate int) taskhook.Replay {
	h.Helper()
	n := allFailed()
	n.Rate = rate
	return h.begin(n)
}

// completed holds that a replay has come to its end and made n deliveries, and that
// the receiver got as many events.
func (h *archive) completed(id string, n int) {
	h.Helper()
	if done := h.read(id); done.State != taskhook.ReplayCompleted || done.Created != n {
		h.Errorf("it is %+v", done)
	}
	h.onceEach(n)
}

func (h *archive) read(id string) taskhook.Replay {
	h.Helper()
	j, err := h.replays.Replay(h.Context(), account, id)
	if err != nil {
		h.Fatal(err)
	}
	return j
}

func (h *archive) move(id string, to taskhook.ReplayState) {
	h.Helper()
	if _, err := h.replays.Change(h.Context(), account, id, taskhook.ReplayChange{State: &to}); err != nil {
		h.Fatal(err)
	}
}

// onceEach ends the test unless the receiver got n events, each once.
func (h *archive) onceEach(n int) {
	h.Helper()
	got := h.receiver.byID()
	if len(got) != n {
		h.Fatalf("%d events arrived, want %d", len(got), n)
	}
	for id, times := range got {
		if times != 1 {
			h.Fatalf("%s arrived %d times", id, times)
		}
	}
}

func allFailed() taskhook.NewReplay {
	return taskhook.NewReplay{Choice: taskhook.ReplayChoice{Filter: taskhook.DeliveryFilter{State: taskhook.DeliveryFailed}}}
}

// TestReplayKeepsItsPace holds the rate, that it can be changed, and that pausing
// takes effect between two parts.
func TestReplayKeepsItsPace(t *testing.T) {
	inArchive(t, 400, 1, func(h *archive) {
		j := h.replay(10)
		pass(10 * time.Second)
		if made := h.read(j.ID).Created; made < 100 || made > 104 {
			t.Errorf("%d are made after 10 s at 10 a second", made)
		}
		h.move(j.ID, taskhook.ReplayPaused)
		paused := h.read(j.ID).Created
		pass(time.Minute)
		if made := h.read(j.ID).Created; made != paused {
			t.Errorf("%d were made while it was paused", made-paused)
		}
		rate := 100
		if _, err := h.replays.Change(h.Context(), account, j.ID, taskhook.ReplayChange{Rate: &rate}); err != nil {
			t.Fatal(err)
		}
		h.move(j.ID, taskhook.ReplayRunning)
		pass(4 * time.Second)
		done := h.read(j.ID)
		if percent, _ := done.Percent(); done.State != taskhook.ReplayCompleted || done.Created != 400 || percent != 100 || done.Outcomes.Delivered != 400 {
			t.Errorf("it is %+v", done)
		}
		h.onceEach(400)
	})
}

func TestReplayIsCancelled(t *testing.T) {
	inArchive(t, 50, 1, func(h *archive) {
		j := h.replay(5)
		pass(2 * time.Second)
		h.move(j.ID, taskhook.ReplayCancelled)
		pass(time.Minute)
		done := h.read(j.ID)
		if done.State != taskhook.ReplayCancelled || done.Created >= 50 || done.FinishedAt.IsZero() {
			t.Errorf("it is %+v", done)
		}
		h.onceEach(done.Created)
		running := taskhook.ReplayRunning
		if _, err := h.replays.Change(h.Context(), account, j.ID, taskhook.ReplayChange{State: &running}); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("to resume it: %v", err)
		}
	})
}

// TestReplayersTogether has two processes work on the same jobs.
func TestReplayersTogether(t *testing.T) {
	inArchive(t, 300, 2, func(h *archive) {
		j := h.replay(200)
		pass(5 * time.Second)
		h.completed(j.ID, 300)
	})
}

// TestReplayMeetsFaults fails writes of a running replay, some of them after they
// were made.
func TestReplayMeetsFaults(t *testing.T) {
	for name, arm := range map[string]func(h *archive){
		"before":   func(h *archive) { h.faults.Times("advance_replay:before", 3) },
		"after":    func(h *archive) { h.faults.Times("advance_replay:after", 3) },
		"in doubt": func(h *archive) { h.faults.InDoubt("advance_replay", 3) },
	} {
		t.Run(name, func(t *testing.T) {
			inArchive(t, 60, 1, func(h *archive) {
				arm(h)
				j := h.replay(20)
				pass(2 * time.Minute)
				h.completed(j.ID, 60)
			})
		})
	}
}

// TestReplayGoesElsewhere holds that another endpoint gets all, signed with its own
// secret, and that its deletion ends the replay.
func TestReplayGoesElsewhere(t *testing.T) {
	inArchive(t, 20, 1, func(h *archive) {
		to, err := h.service.CreateEndpoint(h.Context(), account, taskhook.NewEndpoint{URL: "https://example.com/elsewhere", Events: []string{"never.wanted"}})
		if err != nil {
			t.Fatal(err)
		}
		n := allFailed()
		n.TargetID, n.Rate = to.ID, 10
		j := h.begin(n)
		pass(time.Second)
		if err := h.service.DeleteEndpoint(h.Context(), account, to.ID); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		done := h.read(j.ID)
		if done.State != taskhook.ReplayCancelled || !strings.Contains(done.Reason, "deleted") || done.Created == 0 || done.Created == 20 {
			t.Errorf("it is %+v", done)
		}
		v, err := webhook.NewVerifier(to.Secrets[0].Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range h.receiver.posts() {
			if err := v.Verify(p.header, []byte(p.body), p.at); err != nil || p.url != to.URL {
				t.Errorf("%s got one: %v", p.url, err)
			}
		}
	})
}

// TestRecovery has an endpoint recover from an outage: it gets what it has not got,
// and nothing twice.
func TestRecovery(t *testing.T) {
	inArchive(t, 30, 1, func(h *archive) {
		h.publishMany(5, 10)
		pass(time.Second)
		j := h.begin(taskhook.NewReplay{Choice: taskhook.ReplayChoice{Since: time.Now().Add(-time.Hour), Filter: taskhook.DeliveryFilter{EndpointID: h.endpoint.ID}}})
		pass(5 * time.Second)
		if done := h.read(j.ID); done.State != taskhook.ReplayCompleted || done.Created != 30 {
			t.Errorf("it is %+v", done)
		}
		h.onceEach(35)
	})
}

func TestReplayRequestsAreChecked(t *testing.T) {
	inArchive(t, 1, 1, func(h *archive) {
		past, e := time.Now().Add(-time.Hour), h.endpoint.ID
		for name, tt := range map[string]struct {
			change func(n *taskhook.NewReplay)
			want   taskhook.Code
		}{
			"nothing":            {func(n *taskhook.NewReplay) { n.Choice.Filter.State = "" }, taskhook.CodeMissing},
			"pending":            {func(n *taskhook.NewReplay) { n.Choice.Filter.State = taskhook.DeliveryPending }, taskhook.CodeInvalid},
			"ids and filter":     {func(n *taskhook.NewReplay) { n.Choice.Deliveries = []string{"dlv_1"} }, taskhook.CodeInvalid},
			"no ids":             {func(n *taskhook.NewReplay) { n.Choice = taskhook.ReplayChoice{Deliveries: []string{}} }, taskhook.CodeInvalid},
			"bad id":             {func(n *taskhook.NewReplay) { n.Choice = taskhook.ReplayChoice{Deliveries: []string{"evt_1"}} }, taskhook.CodeNotFound},
			"unknown id":         {func(n *taskhook.NewReplay) { n.Choice = taskhook.ReplayChoice{Deliveries: []string{"dlv_1"}} }, taskhook.CodeNotFound},
			"too fast":           {func(n *taskhook.NewReplay) { n.Rate = taskhook.MaxReplayRate + 1 }, taskhook.CodeInvalid},
			"backwards":          {func(n *taskhook.NewReplay) { n.Rate = -1 }, taskhook.CodeInvalid},
			"unknown endpoint":   {func(n *taskhook.NewReplay) { n.Choice.Filter.EndpointID = "wh_1" }, taskhook.CodeNotFound},
			"unknown target":     {func(n *taskhook.NewReplay) { n.TargetID = "wh_1" }, taskhook.CodeNotFound},
			"no target":          {func(n *taskhook.NewReplay) { n.TargetID = "dlv_1" }, taskhook.CodeNotFound},
			"missing alone":      {func(n *taskhook.NewReplay) { n.Choice.Missing = true }, taskhook.CodeInvalid},
			"since of nobody":    {func(n *taskhook.NewReplay) { n.Choice = taskhook.ReplayChoice{Since: past} }, taskhook.CodeMissing},
			"since and state":    {func(n *taskhook.NewReplay) { n.Choice.Since, n.Choice.Filter.EndpointID = past, e }, taskhook.CodeInvalid},
			"since with target":  {func(n *taskhook.NewReplay) { *n = since(past, e); n.TargetID = e }, taskhook.CodeInvalid},
			"since then":         {func(n *taskhook.NewReplay) { *n = since(time.Now().Add(time.Minute), e) }, taskhook.CodeInvalid},
			"since":              {func(n *taskhook.NewReplay) { *n = since(past, e) }, ""},
			"all that failed":    {func(*taskhook.NewReplay) {}, ""},
			"of another account": {func(*taskhook.NewReplay) { h.who.AccountID = "acc_b" }, ""},
		} {
			n := allFailed()
			h.who.AccountID = account
			tt.change(&n)
			p, err := h.replays.Preview(h.Context(), h.who, n)
			if taskhook.ErrorCode(err) != tt.want {
				t.Errorf("%s: %v", name, err)
			}
			if tt.want == "" && p.Expected != map[bool]int{true: 1}[h.who.AccountID == account] {
				t.Errorf("%s: %d expected", name, p.Expected)
			}
		}
	})
}

func since(t time.Time, endpoint string) taskhook.NewReplay {
	return taskhook.NewReplay{Choice: taskhook.ReplayChoice{Since: t, Filter: taskhook.DeliveryFilter{EndpointID: endpoint}}}
}
