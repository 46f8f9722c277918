package delivery

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/webhook"
)

func TestEndpointErrors(t *testing.T) {
	many := make([]string, maxTypes+1)
	for i := range many {
		many[i] = "order.paid"
	}
	tests := []struct {
		name   string
		url    string
		events []string
		code   taskhook.Code
		field  string
		part   string
	}{
		{"bad url", "http://[", []string{"a.b"}, taskhook.CodeInvalid, "url", "url can't be used: parse"},
		{"no events", "https://x/", nil, taskhook.CodeMissing, "events", `["task.completed", "task.failed"]`},
		{"many events", "https://x/", many, taskhook.CodeInvalid, "events", "more than 100"},
		{"unknown own event", "https://x/", []string{"task.begun"}, taskhook.CodeInvalid, "events", `There is no event type "task.begun"`},
		{"no type begins so", "https://x/", []string{"task.begun.*"}, taskhook.CodeInvalid, "events", "There is no event type"},
		{"a star within", "https://x/", []string{"order.*.paid"}, taskhook.CodeInvalid, "events", "task.* stands for all"},
		{"a star in a word", "https://x/", []string{"order.p*"}, taskhook.CodeInvalid, "events", "task.* stands for all"},
		{"one word", "https://x/", []string{"paid"}, taskhook.CodeInvalid, "events", "such as order.paid"},
		{"empty word", "https://x/", []string{"order."}, taskhook.CodeInvalid, "events", "not an event type"},
		{"upper case", "https://x/", []string{"order.Paid"}, taskhook.CodeInvalid, "events", "lower-case"},
		{"space", "https://x/", []string{"order.paid order.lost"}, taskhook.CodeInvalid, "events", "not an event type"},
		{"long", "https://x/", []string{"a." + strings.Repeat("x", 99)}, taskhook.CodeInvalid, "events", "at most 100"},
	}
	s := NewService(ServiceOptions{CheckURL: url.Parse})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := s.CreateEndpoint(t.Context(), account, taskhook.NewEndpoint{URL: tt.url, Events: tt.events})
			e, ok := errors.AsType[*taskhook.Error](err)
			if !ok || e.Code != tt.code || e.Field != tt.field || !strings.Contains(e.Message, tt.part) {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestCreateEndpoint(t *testing.T) {
	inHouse(t, func(h *house) {
		e, err := h.service.CreateEndpoint(h.Context(), account, taskhook.NewEndpoint{URL: "https://x/", Description: "d",
			Events: []string{"task.failed", "order.paid", "task.failed"}, Schedule: taskhook.Schedule{time.Hour}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(e.Events, []string{"task.failed", "order.paid"}) || e.State != taskhook.EndpointActive ||
			len(e.Secrets) != 1 || !strings.HasPrefix(e.Secrets[0].Text, "whsec_") {
			t.Errorf("created %+v", e)
		}
		read, err := h.service.Endpoint(h.Context(), account, e.ID)
		if err != nil || read.Secrets[0].Text != e.Secrets[0].Text || !slices.Equal(read.Schedule, e.Schedule) {
			t.Errorf("read %+v: %v", read, err)
		}
		list, err := h.service.Endpoints(h.Context(), taskhook.EndpointFilter{AccountID: account, Page: taskhook.Page{Limit: 10}})
		if err != nil || len(list.Items) != 1 || list.Items[0].ID != e.ID {
			t.Errorf("listed %+v: %v", list, err)
		}
	})
}

// TestUpdateChecksOnlyWhatChanges holds that an endpoint can be paused although
// the operator has ruled its URL out since.
func TestUpdateChecksOnlyWhatChanges(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		h.service.CheckURL = func(string) (*url.URL, error) { return nil, errors.New("not here") }
		h.update(e.ID, setState(taskhook.EndpointPaused))
		read, err := h.service.Endpoint(h.Context(), account, e.ID)
		if err != nil || read.State != taskhook.EndpointPaused || read.Reason == "" {
			t.Errorf("paused it is %+v: %v", read, err)
		}
		elsewhere, disabled, none := "https://elsewhere/", taskhook.EndpointDisabled, []string{}
		for field, c := range map[string]taskhook.EndpointChange{"url": {URL: &elsewhere}, "state": {State: &disabled}, "events": {Events: &none}} {
			_, err := h.service.UpdateEndpoint(h.Context(), account, e.ID, c)
			if e, ok := errors.AsType[*taskhook.Error](err); !ok || e.Field != field {
				t.Errorf("change of %s: %v", field, err)
			}
		}
		own, operators := taskhook.Schedule{time.Second}, taskhook.Schedule(nil)
		for _, s := range []*taskhook.Schedule{&own, &operators} {
			h.update(e.ID, taskhook.EndpointChange{Schedule: s})
			if read, err = h.service.Endpoint(h.Context(), account, e.ID); err != nil || !slices.Equal(read.Schedule, *s) {
				t.Errorf("the schedule is %v: %v", read.Schedule, err)
			}
		}
	})
}

// TestForeignIDs holds that ids of another account, of nothing and of a wrong form
// are not found.
func TestForeignIDs(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		_, d := h.publish()
		pass(time.Second)
		ctx := h.Context()
		for who, ids := range map[string][2]string{"acc_b": {e.ID, d.ID}, account: {"wh_0", "dlv_0"}, "acc_c": {"wh_'; --", "🙂"}} {
			calls := map[string]func() error{
				"endpoint": func() error { _, err := h.service.Endpoint(ctx, who, ids[0]); return err },
				"update": func() error {
					_, err := h.service.UpdateEndpoint(ctx, who, ids[0], taskhook.EndpointChange{})
					return err
				},
				"delete":   func() error { return h.service.DeleteEndpoint(ctx, who, ids[0]) },
				"rotate":   func() error { _, err := h.service.RotateSecret(ctx, who, ids[0], 0); return err },
				"test":     func() error { _, err := h.service.TestEndpoint(ctx, who, ids[0]); return err },
				"delivery": func() error { _, err := h.service.Delivery(ctx, who, ids[1]); return err },
				"attempts": func() error { _, err := h.service.Attempts(ctx, who, ids[1]); return err },
				"replay":   func() error { _, err := h.service.Replay(ctx, who, ids[1]); return err },
			}
			for name, call := range calls {
				if err := call(); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
					t.Errorf("%s of %v by %s: %v", name, ids, who, err)
				}
			}
		}
	})
}

func TestRotationLimits(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		first := e.Secrets[0].Text
		for _, overlap := range []time.Duration{-1, maxOverlap + 1} {
			if _, err := h.service.RotateSecret(h.Context(), account, e.ID, overlap); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
				t.Errorf("an overlap of %s: %v", overlap, err)
			}
		}
		var err error
		for range maxSecrets - 1 {
			if e, err = h.service.RotateSecret(h.Context(), account, e.ID, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if primary, all := e.SigningSecrets(time.Now()); primary != first || len(all) != maxSecrets {
			t.Errorf("the first secret is primary: %t; %d are valid", primary == first, len(all))
		}
		if _, err := h.service.RotateSecret(h.Context(), account, e.ID, time.Hour); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("one too many: %v", err)
		}
		if e, err = h.service.RotateSecret(h.Context(), account, e.ID, 0); err != nil || len(e.Secrets) != 1 {
			t.Errorf("without overlap %d are valid: %v", len(e.Secrets), err)
		}
	})
}

func TestRotated(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	old := []taskhook.Secret{
		{Text: "b", PromotedAt: at(10)}, {Text: "a", PromotedAt: at(-10), ExpiresAt: at(10)}, {Text: "gone", ExpiresAt: at(0)}}
	got := rotated(old, "c", now, at(5))
	want := []taskhook.Secret{
		{Text: "c", PromotedAt: at(5)}, {Text: "b", PromotedAt: at(10), ExpiresAt: at(5)}, {Text: "a", PromotedAt: at(-10), ExpiresAt: at(5)}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	s := NewService(ServiceOptions{EventBody: eventBody})
	for _, eventType := range []string{"task.completed", "task.x", "workflow.completed", "endpoint.test", "x", "", "a..b", "a.b "} {
		_, err := s.Publish(t.Context(), account, []taskhook.Publish{{Type: "order.paid"}, {Type: eventType}})
		if taskhook.ErrorCode(err) != taskhook.CodeInvalid {
			t.Errorf("type %q: %v", eventType, err)
		}
	}
}

func TestTargetFollowsSecrets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	e := taskhook.Endpoint{URL: "https://x/", State: taskhook.EndpointActive, Secrets: []taskhook.Secret{
		{Text: webhook.NewSecret(), PromotedAt: now.Add(time.Hour)},
		{Text: webhook.NewSecret(), ExpiresAt: now.Add(2 * time.Hour)}}}
	target, err := newTarget(&e, now)
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]bool{0: false, time.Hour - 1: false, time.Hour: true, 3 * time.Hour: true} {
		if got := target.stale(now.Add(after)); got != want {
			t.Errorf("stale after %s: %t", after, got)
		}
	}
	if target, err = newTarget(&e, now.Add(3*time.Hour)); err != nil || target.stale(now.Add(1000*time.Hour)) {
		t.Errorf("with one secret left it goes stale: %v", err)
	}
}
