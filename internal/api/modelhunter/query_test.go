package modelhunter

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestTaskFilter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	for query, want := range map[string]taskhook.TaskFilter{
		"":                        {Page: taskhook.Page{Limit: 20}},
		"?limit=&status=&x=1&x=2": {Page: taskhook.Page{Limit: 20}},
		"?limit=100&cursor=task_1&status=expired&provider=vidu&modelId=m": {State: taskhook.TaskExpired, Provider: "vidu", Model: "m",
			Page: taskhook.Page{Limit: 100, Cursor: "task_1"}},
		"?startDate=2026-03-01T09:30:00Z&endDate=2026-03-01T11:30:00%2B02:00": {From: at, To: at, Page: taskhook.Page{Limit: 20}},
		"?startDate=2026-03-01T11:30:00+02:00":                                {From: at, Page: taskhook.Page{Limit: 20}},
		"?startDate=2026-03-01&endDate=2026-03-01": {From: at.Truncate(24 * time.Hour), To: at.Truncate(24*time.Hour).AddDate(0, 0, 1),
			Page: taskhook.Page{Limit: 20}},
		"?search=task_7f": {Prefix: "task_7f", Page: taskhook.Page{Limit: 20}},
		"?search=7f":      {Prefix: "task_7f", Page: taskhook.Page{Limit: 20}},
		"?search=tas":     {Prefix: "tas", Page: taskhook.Page{Limit: 20}},
	} {
		w := newWorld()
		if rec := w.ask(t, "GET", "/api/v1/tasks"+query, ""); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
			continue
		}
		want.AccountID = owner
		got := w.tasks
		got.From, got.To = utc(got.From), utc(got.To)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: filter = %+v, want %+v", query, got, want)
		}
	}
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

func TestDeliveryFilters(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]taskhook.DeliveryFilter{
		"/api/v1/deliveries?webhookId=wh_2&eventId=evt_1&taskId=task_1&eventType=task.failed&state=failed&lastClass=tls&limit=1": {EndpointID: "wh_2", EventID: "evt_1",
			EventType: "task.failed", LastClass: taskhook.ClassTLS, Subject: "task_1", State: taskhook.DeliveryFailed, Page: taskhook.Page{Limit: 1}},
		"/api/v1/webhooks/wh_1/deliveries?cursor=dlv_1": {EndpointID: "wh_1", Page: taskhook.Page{Limit: 20, Cursor: "dlv_1"}},
		"/api/v1/deliveries?lastClass=any":              {Failing: true, Page: taskhook.Page{Limit: 20}},
		"/api/v1/deliveries?startDate=2026-03-01&endDate=2026-03-01": {From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
			To: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Page: taskhook.Page{Limit: 20}},
		"/api/v1/tasks/task_abc123/deliveries": {Subject: "task_abc123", Page: taskhook.Page{Limit: 20}},
	} {
		w := newWorld()
		if rec := w.ask(t, "GET", path, ""); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
			continue
		}
		want.AccountID = owner
		if w.deliveries != want {
			t.Errorf("%s: filter = %+v, want %+v", path, w.deliveries, want)
		}
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	for query, field := range map[string]string{
		"/tasks?limit=0": "limit", "/tasks?limit=101": "limit", "/tasks?limit=ten": "limit", "/tasks?limit=99999999999999999999": "limit",
		"/tasks?limit=1&limit=2": "limit", "/tasks?status=done": "status", "/tasks?cursor=2026-03-01T09:30:00Z": "cursor",
		"/tasks?startDate=yesterday": "startDate", "/tasks?endDate=2026-13-01": "endDate", "/tasks?provider=%00": "provider",
		"/tasks?limit=%zz": "", "/webhooks?state=gone": "state", "/webhooks?cursor=task_1": "cursor",
		"/deliveries?webhookId=1": "webhookId", "/deliveries?eventId=dlv_1": "eventId", "/deliveries?taskId=x": "taskId",
		"/deliveries?state=held": "state", "/deliveries?lastClass=ok": "lastClass", "/deliveries?startDate=x": "startDate", "/webhooks/wh_1/deliveries?limit=x": "limit", "/tasks/task_abc123/deliveries?state=x": "state",
		"/models?provider=a&provider=b": "provider",
	} {
		rec := newWorld().ask(t, "GET", "/api/v1"+query, "")
		e := open(t, rec)
		if rec.Code != http.StatusBadRequest || (field != "") != (e.Error.Details != nil) || field != "" && e.Error.Details.Field != field {
			t.Errorf("%s: %d %s, want field %q", query, rec.Code, rec.Body, field)
		}
	}
}

func TestWebhookFilter(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ask(t, "GET", "/api/v1/webhooks?state=paused", "")
	want := taskhook.EndpointFilter{AccountID: owner, State: taskhook.EndpointPaused, Page: taskhook.Page{Limit: 100}}
	if w.endpoints != want {
		t.Errorf("filter = %+v, want %+v", w.endpoints, want)
	}
}
