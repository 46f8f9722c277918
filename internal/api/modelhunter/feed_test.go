package modelhunter

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

func TestFeedAnswer(t *testing.T) {
	t.Parallel()
	event := `{"cursor":"7","event":{"id":"evt_1","type":"order.paid"}`
	for query, want := range map[string]string{
		"":                event + `}`,
		"?after=7":        event + `}`,
		"?webhookId=wh_1": event + `,"headers":{"Webhook-Id":"evt_1"}}`,
	} {
		rec := newWorld().ask(t, http.MethodGet, "/api/v1/events"+query, "")
		if got, want := strings.TrimSpace(rec.Body.String()), `{"success":true,"data":{"events":[`+want+`],"next":"7","more":false}}`; got != want {
			t.Errorf("%q answers %s\nwant %s", query, got, want)
		}
	}
}

func TestFeedQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]struct {
		after int64
		types string
		limit int
	}{
		"":                                       {0, "", 100},
		"?after=100&limit=500":                   {100, "", 500},
		"?after=30704":                           {30704, "", 100}, // which in base 36 would read as now
		"?after=now":                             {99, "", 100},
		"?types=task.*,%20order.paid,&wait=0s":   {0, "task.* order.paid", 100},
		"?webhookId=wh_1&wait=5":                 {0, "order.*", 100},
		"?webhookId=wh_1&types=task.*&wait=1m0s": {0, "task.*", 100},
	} {
		w := newWorld()
		rec := w.ask(t, http.MethodGet, "/api/v1/events"+query, "")
		if got := w.feed; rec.Code != http.StatusOK || int64(got.After) != want.after || strings.Join(got.Types, " ") != want.types || got.Limit != want.limit || got.AccountID != owner {
			t.Errorf("%q asks for %+v: %d", query, got, rec.Code)
		}
	}
	for query, field := range map[string]string{
		"?after=-1": "after", "?after=evt_1": "after", "?limit=0": "limit", "?limit=501": "limit", "?wait=61s": "wait", "?wait=-1s": "wait",
		"?wait=soon": "wait", "?webhookId=task_1": "webhookId",
	} {
		rec := newWorld().ask(t, http.MethodGet, "/api/v1/events"+query, "")
		if e := open(t, rec); rec.Code != http.StatusBadRequest || !strings.HasPrefix(e.Error.Message, field+" must be ") {
			t.Errorf("%q: %d %s", query, rec.Code, rec.Body)
		}
	}
}

func TestFeedStream(t *testing.T) {
	t.Parallel()
	w := newWorld()
	_, handler := w.face(t)
	r := httptest.NewRequest(http.MethodGet, "/api/v1/events/stream?after=now&types=order.*", nil)
	r.Header.Set("Authorization", "Bearer "+ownerKey)
	r.Header.Set("Last-Event-ID", "100")
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	if want := "id: 7\nevent: order.paid\ndata: {\"id\":\"evt_1\",\"type\":\"order.paid\"}\n\n"; rec.Body.String() != want || !isStream(rec) {
		t.Errorf("the stream is %q", rec.Body)
	}
	if w.feed.After != 100 || strings.Join(w.feed.Types, " ") != "order.*" {
		t.Errorf("it asks for %+v", w.feed)
	}
	rec = w.ask(t, http.MethodGet, "/api/v1/events/stream?after=-", "")
	if open(t, rec); rec.Code != http.StatusBadRequest {
		t.Errorf("with no cursor: %d %s", rec.Code, rec.Body)
	}
}

func TestFeedExpired(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/api/v1/events?after=1", "/api/v1/events/stream?after=1"} {
		w := newWorld()
		expired := taskhook.FieldErrorf(taskhook.CodeCursorExpired, "after", "Gone.")
		expired.Oldest = 100
		w.err = expired
		rec := w.ask(t, http.MethodGet, path, "")
		e := open(t, rec)
		if rec.Code != http.StatusGone || e.Error.Code != "CURSOR_EXPIRED" || e.Error.Details == nil || e.Error.Details.OldestCursor != "100" {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	for path, fromStart := range map[string]bool{"": true, "?after=": true, "?after=0": false, "?after=1": false, "?after=now": false} {
		w := newWorld()
		w.ask(t, http.MethodGet, "/api/v1/events"+path, "")
		if w.feed.FromStart != fromStart {
			t.Errorf("%q asks for %+v", path, w.feed)
		}
	}
}
