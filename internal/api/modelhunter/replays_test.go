package modelhunter

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// worldReplays is the world's service of replays: the owner has one.
type worldReplays struct{ *world }

func (f worldReplays) job() taskhook.Replay {
	return taskhook.Replay{ID: "rpl_1", AccountID: owner, State: taskhook.ReplayRunning, Rate: 50, Found: 8, Created: 3, Skipped: 1, CreatedAt: day(0),
		Choice:   taskhook.ReplayChoice{Since: day(1), Missing: true, Filter: taskhook.DeliveryFilter{EndpointID: "wh_1"}},
		Outcomes: taskhook.ReplayOutcomes{Delivered: 2, Pending: 1}}
}

func (f worldReplays) Preview(_ context.Context, _ taskhook.Identity, n taskhook.NewReplay) (taskhook.ReplayPreview, error) {
	f.replay = n
	return taskhook.ReplayPreview{Expected: 3, Skipped: 1, Purged: 2, Takes: 1500 * time.Millisecond, Sample: []taskhook.ReplayItem{{Delivery: f.delivery}}}, f.err
}

func (f worldReplays) Start(_ context.Context, _ taskhook.Identity, n taskhook.NewReplay) (taskhook.Replay, error) {
	f.replay = n
	return f.job(), f.err
}

func (f worldReplays) Replay(_ context.Context, account, id string) (taskhook.Replay, error) {
	return f.job(), f.found(account, id, "rpl_1")
}

func (f worldReplays) Replays(_ context.Context, q taskhook.ReplayFilter) (taskhook.List[taskhook.Replay], error) {
	return listOf(q.AccountID, f.job(), "rpl_1"), f.err
}

func (f worldReplays) Change(_ context.Context, account, id string, c taskhook.ReplayChange) (taskhook.Replay, error) {
	f.replayChange = c
	return f.job(), f.found(account, id, "rpl_1")
}

func TestReplayRequest(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	filter := func(f taskhook.DeliveryFilter) taskhook.NewReplay {
		return taskhook.NewReplay{Choice: taskhook.ReplayChoice{Filter: f}}
	}
	for body, want := range map[string]taskhook.NewReplay{
		`{"deliveryIds":["dlv_2","dlv_1"],"toWebhookId":"wh_2","ratePerSecond":7}`: {Choice: taskhook.ReplayChoice{Deliveries: []string{"dlv_2", "dlv_1"}}, TargetID: "wh_2", Rate: 7},
		`{"webhookId":"wh_1","state":"failed","lastClass":"tls"}`:                  filter(taskhook.DeliveryFilter{EndpointID: "wh_1", State: taskhook.DeliveryFailed, LastClass: taskhook.ClassTLS}),
		`{"lastClass":"any","eventType":"a.b","taskId":"task_1"}`:                  filter(taskhook.DeliveryFilter{Failing: true, EventType: "a.b", Subject: "task_1"}),
		`{"startDate":"2026-03-01T09:30:00Z","endDate":"2026-03-01","eventId":""}`: filter(taskhook.DeliveryFilter{From: moment, To: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}),
		`{"webhookId":"wh_1","since":"2026-03-01T09:30:00Z","missing":true}`:       {Choice: taskhook.ReplayChoice{Since: moment, Missing: true, Filter: taskhook.DeliveryFilter{EndpointID: "wh_1"}}},
		`{"webhookId":null,"ratePerSecond":null,"more":1}`:                         {},
	} {
		for _, path := range []string{"/api/v1/replays", "/api/v1/replays/preview"} {
			w := newWorld()
			if rec := w.ask(t, http.MethodPost, path, body); rec.Code >= 300 || !reflect.DeepEqual(w.replay, want) {
				t.Errorf("%s %s: %d, asked for %+v, want %+v", path, body, rec.Code, w.replay, want)
			}
		}
	}
	for _, body := range []string{`{"webhookId":"dlv_1"}`, `{"state":"lost"}`, `{"lastClass":"ok"}`, `{"since":"yesterday"}`, `{"ratePerSecond":0}`, `{"ratePerSecond":"fast"}`,
		`{"deliveryIds":"dlv_1"}`, `{"missing":1}`, `{"toWebhookId":"x"}`, `[]`, ``} {
		if rec := newWorld().ask(t, http.MethodPost, "/api/v1/replays", body); rec.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", body, rec.Code)
		}
	}
}

func TestReplayAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for request, want := range map[string][]string{
		"POST /api/v1/replays/preview":      {`"count":3,"more":false,"skipped":1,"purged_files":2,"estimated_seconds":2,"warnings":["2 of them`, `"delivery_id":"dlv_1"`},
		"GET /api/v1/replays/rpl_1":         {`"state":"running"`, `"selection":{"webhookId":"wh_1","since":`, `"percent":50,"created":3,"skipped":1,"deliveries":{"pending":1,"delivered":2,"failed":0,"cancelled":0}`},
		"POST /api/v1/replays/rpl_1/pause":  {`"id":"rpl_1"`},
		"POST /api/v1/replays/rpl_1/resume": {`"id":"rpl_1"`},
		"POST /api/v1/replays/rpl_1/cancel": {`"id":"rpl_1"`},
		"PATCH /api/v1/replays/rpl_1":       {`"rate_per_second":50`},
	} {
		method, path, _ := strings.Cut(request, " ")
		rec := w.ask(t, method, path, `{"ratePerSecond":9,"state":"failed"}`)
		for _, text := range want {
			if !strings.Contains(rec.Body.String(), text) {
				t.Errorf("%s: %d %s lacks %s", request, rec.Code, rec.Body, text)
			}
		}
	}
	for path, want := range map[string]taskhook.ReplayState{"pause": taskhook.ReplayPaused, "resume": taskhook.ReplayRunning, "cancel": taskhook.ReplayCancelled} {
		if w.ask(t, http.MethodPost, "/api/v1/replays/rpl_1/"+path, ""); *w.replayChange.State != want || w.replayChange.Rate != nil {
			t.Errorf("%s asks for %s", path, *w.replayChange.State)
		}
	}
	if w.ask(t, http.MethodPatch, "/api/v1/replays/rpl_1", `{"ratePerSecond":9}`); *w.replayChange.Rate != 9 || w.replayChange.State != nil {
		t.Errorf("the change asks for %+v", w.replayChange)
	}
	w.ask(t, http.MethodPost, "/api/v1/replays", `{"state":"failed"}`, "Idempotency-Key", "one")
	if w.replay.IdempotencyKey != "one" || w.replay.RequestHash == "" {
		t.Errorf("the key is %q of %q", w.replay.IdempotencyKey, w.replay.RequestHash)
	}
}
