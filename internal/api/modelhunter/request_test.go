package modelhunter

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestBadBodies(t *testing.T) {
	t.Parallel()
	const submit, hooks, hook, rotate, events = "POST /api/v1/vidu/text-to-video", "POST /api/v1/webhooks",
		"PATCH /api/v1/webhooks/wh_1", "POST /api/v1/webhooks/wh_1/rotate-secret", "POST /api/v1/events"
	deep := strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)
	for _, test := range []struct{ request, body, code, field string }{
		{submit, ``, "VALIDATION_ERROR", ""},
		{submit, `{`, "VALIDATION_ERROR", ""},
		{submit, `[]`, "VALIDATION_ERROR", ""},
		{submit, `null`, "VALIDATION_ERROR", ""},
		{submit, `{"model":"m","input":{}} {}`, "VALIDATION_ERROR", ""},
		{submit, "\ufeff{}", "VALIDATION_ERROR", ""},
		{submit, "{\"model\":\"\xff\",\"input\":{}}", "VALIDATION_ERROR", ""},
		{submit, "{\"model\":\"a\x00\",\"input\":{}}", "VALIDATION_ERROR", ""},
		{submit, `{"model":"m","input":` + deep + `}`, "VALIDATION_ERROR", ""},
		{submit, `{"model":"m","input":{"seed":1e999}}`, "VALIDATION_ERROR", ""},
		{submit, `{"model":"m","model":"n","input":{}}`, "VALIDATION_ERROR", ""},
		{submit, `{"model":"m","input":{"prompt":"a","prompt":"b"}}`, "INVALID_PARAMETER", "input"},
		{submit, `{}`, "MISSING_PARAMETER", "model"},
		{submit, `{"model":null,"input":{}}`, "MISSING_PARAMETER", "model"},
		{submit, `{"Model":"m","input":{}}`, "MISSING_PARAMETER", "model"},
		{submit, `{"model":"m"}`, "MISSING_PARAMETER", "input"},
		{submit, `{"model":"m","input":null}`, "MISSING_PARAMETER", "input"},
		{submit, `{"model":7,"input":{}}`, "INVALID_PARAMETER", "model"},
		{submit, `{"model":"\u0000","input":{}}`, "INVALID_PARAMETER", "model"},
		{submit, `{"model":"m","input":[]}`, "INVALID_PARAMETER", "input"},
		{submit, `{"model":"m","input":"prompt"}`, "INVALID_PARAMETER", "input"},
		{submit, `{"model":"m","input":{},"metadata":"x"}`, "INVALID_PARAMETER", "metadata"},
		{submit, `{"model":"m","input":{},"webhookUrl":["x"]}`, "INVALID_PARAMETER", "webhookUrl"},
		{hooks, `{"events":["task.completed"]}`, "MISSING_PARAMETER", "url"},
		{hooks, `{"url":"https://a.example"}`, "MISSING_PARAMETER", "events"},
		{hooks, `{"url":"https://a.example","events":"task.completed"}`, "INVALID_PARAMETER", "events"},
		{hooks, `{"url":"https://a.example","events":[1]}`, "INVALID_PARAMETER", "events"},
		{hooks, `{"url":"https://a.example","events":["a\u0000"]}`, "INVALID_PARAMETER", "events"},
		{hooks, `{"url":"https://a.example","events":[],"retrySchedule":"1m"}`, "INVALID_PARAMETER", "retrySchedule"},
		{hooks, `{"url":"https://a.example","events":[],"retrySchedule":[-1]}`, "INVALID_PARAMETER", "retrySchedule"},
		{hooks, `{"url":"https://a.example","events":[],"retrySchedule":[null]}`, "INVALID_PARAMETER", "retrySchedule"},
		{hooks, `{"url":"https://a.example","events":[],"retrySchedule":[1e300]}`, "INVALID_PARAMETER", "retrySchedule"},
		{hooks, `{"url":"https://a.example","events":[],"retrySchedule":[` + strings.Repeat("1,", 99) + `1]}`, "INVALID_PARAMETER", "retrySchedule"},
		{hook, `{"active":"yes"}`, "INVALID_PARAMETER", "active"},
		{hook, `{"url":1}`, "INVALID_PARAMETER", "url"},
		{hook, `{"url":"\u0000"}`, "INVALID_PARAMETER", "url"},
		{hook, `{"events":{}}`, "INVALID_PARAMETER", "events"},
		{hook, `{"events":["\u0000"]}`, "INVALID_PARAMETER", "events"},
		{hook, `{"active":true,"state":"paused"}`, "INVALID_PARAMETER", "state"},
		{rotate, `{"overlapSeconds":1.5}`, "INVALID_PARAMETER", "overlapSeconds"},
		{rotate, `{"overlapSeconds":-1}`, "INVALID_PARAMETER", "overlapSeconds"},
		{rotate, `{"overlapSeconds":99999999999999999999}`, "INVALID_PARAMETER", "overlapSeconds"},
		{rotate, `{"overlapSeconds":9999999}`, "INVALID_PARAMETER", "overlapSeconds"},
		{events, `{"data":{}}`, "MISSING_PARAMETER", "type"},
		{events, `{"type":"a.b"}`, "MISSING_PARAMETER", "data"},
		{events, `{"type":"a.b","data":[]}`, "INVALID_PARAMETER", "data"},
		{events, `{"type":"a.b","type":"a.c","data":{}}`, "VALIDATION_ERROR", ""},
		{events, `{"events":[]}`, "INVALID_PARAMETER", "events"},
		{events, `{"events":{}}`, "INVALID_PARAMETER", "events"},
		{events, `{"events":[{"type":"a.b","data":{}},7]}`, "INVALID_PARAMETER", "events[1]"},
		{events, `{"events":[{"type":"a.b","data":{}},{"data":{}}]}`, "MISSING_PARAMETER", "events[1].type"},
		{events, `{"events":[{"type":"a.b","data":"x"}]}`, "INVALID_PARAMETER", "events[0].data"},
		{events, `{"events":[{"type":"a.b","data":{},"data":{}}]}`, "VALIDATION_ERROR", "events[0]"},
		{events, `{"type":"a.b","data":{},"events":[]}`, "INVALID_PARAMETER", "events"},
		{events, `{"events":[` + strings.Repeat(`{"type":"a","data":{}},`, 500) + `{"type":"a","data":{}}]}`, "PAYLOAD_TOO_LARGE", "events"},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		e := open(t, newWorld().ask(t, method, path, test.body))
		name := fmt.Sprintf("%s %.80s", test.request, test.body)
		if e.Error == nil || e.Error.Code != test.code {
			t.Errorf("%s: error = %+v, want %s", name, e.Error, test.code)
			continue
		}
		var field string
		if e.Error.Details != nil {
			field = e.Error.Details.Field
		}
		if field != test.field || e.Error.Message == "" {
			t.Errorf("%s: field = %q, want %q; message = %q", name, field, test.field, e.Error.Message)
		}
	}
}

func TestRepeatedKeyIsNamed(t *testing.T) {
	t.Parallel()
	e := open(t, newWorld().ask(t, "POST", "/api/v1/webhooks", `{"url":"a","events":[],"url":"b"}`))
	if !strings.Contains(e.Error.Message, `the key "url" is repeated`) {
		t.Errorf("message = %q", e.Error.Message)
	}
}

func TestBodyHeaders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, value string
		ok          bool
	}{
		{"Content-Type", "application/json", true},
		{"Content-Type", "Application/JSON; charset=utf-8", true},
		{"Content-Type", "application/cloudevents+json", true},
		{"Content-Type", "application/x-www-form-urlencoded", false},
		{"Content-Type", "text/plain", false},
		{"Content-Type", ";;", false},
		{"Content-Encoding", "identity", true},
		{"Content-Encoding", "gzip", false},
	} {
		rec := newWorld().ask(t, "POST", "/api/v1/events", `{"type":"a.b","data":{}}`, test.name, test.value)
		if open(t, rec); (rec.Code == http.StatusAccepted) != test.ok {
			t.Errorf("%s: %s: %d %s", test.name, test.value, rec.Code, rec.Body)
		}
	}
}

// zeros is an endless body that counts what is read of it.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	z.read += len(p)
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestLargeBodyIsNotRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		length int64
		most   int
	}{
		"told":   {10 << 20, 0},
		"untold": {-1, 2 << 20},
	} {
		body := &zeros{}
		r := httptest.NewRequest("POST", "/api/v1/events", io.LimitReader(body, 10<<20))
		r.ContentLength = test.length
		r.Header.Set("Authorization", "Bearer "+ownerKey)
		_, handler := newWorld().face(t)
		rec, e := answer(t, handler, r)
		if rec.Code != http.StatusRequestEntityTooLarge || e.Error.Code != "PAYLOAD_TOO_LARGE" || body.read > test.most {
			t.Errorf("%s: %d %s after %d bytes", name, rec.Code, rec.Body, body.read)
		}
	}
}

func TestShortBody(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/api/v1/events", strings.NewReader(`{"type"`))
	r.ContentLength = 100
	r.Header.Set("Authorization", "Bearer "+ownerKey)
	_, handler := newWorld().face(t)
	if rec, e := answer(t, handler, r); rec.Code != http.StatusBadRequest || e.Error.Code != "VALIDATION_ERROR" {
		t.Errorf("answer = %d %s", rec.Code, rec.Body)
	}
}

func TestSubmissionIsUnderstood(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.existed = true
	body := ` {"webhookUrl":"https:\/\/a.example\/h","unknown":[1],"metadata":{"b":1.0,"2":"x"},"input":{"seed":18446744073709551615},"model":"m"} `
	rec := w.ask(t, "POST", "/v1/vidu/text-to-video", body, "Idempotency-Key", "k-1")
	if rec.Code != http.StatusAccepted || rec.Header().Get("Idempotent-Replayed") != "true" {
		t.Fatalf("answer = %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	got := w.created
	if len(got.RequestHash) != 64 {
		t.Errorf("RequestHash = %q", got.RequestHash)
	}
	got.RequestHash = ""
	want := taskhook.NewTask{Face: "modelhunter", Provider: "vidu", Capability: "text-to-video", Model: "m",
		Input: []byte(`{"seed":18446744073709551615}`), Metadata: []byte(`{"2":"x","b":1}`),
		WebhookURL: "https://a.example/h", IdempotencyKey: "k-1"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("created %+v, want %+v", got, want)
	}
	rec = w.ask(t, "POST", "/v1/vidu/text-to-video", body, "Idempotency-Key", strings.Repeat("k", 256))
	if e := open(t, rec); rec.Code != http.StatusBadRequest || e.Error.Details.Field != "Idempotency-Key" {
		t.Errorf("long key: %d %s", rec.Code, rec.Body)
	}
}

func TestRequestHash(t *testing.T) {
	t.Parallel()
	body, same := []byte(`{}`), []byte(`{}`)
	if requestHash("a", "b", body) != requestHash("a", "b", same) {
		t.Error("the same request has two hashes")
	}
	if requestHash("a", "b", body) == requestHash("a", "c", body) || requestHash("a", "b", body) == requestHash("a", "b", []byte(`{} `)) {
		t.Error("different requests have the same hash")
	}
}

func TestChangeIsUnderstood(t *testing.T) {
	t.Parallel()
	paused, active, odd := taskhook.EndpointPaused, taskhook.EndpointActive, taskhook.EndpointState("odd")
	text, events := "https://b.example", []string{"a.b"}
	none, some, operators := taskhook.Schedule{}, taskhook.Schedule{time.Second, 90 * time.Second}, taskhook.Schedule(nil)
	for body, want := range map[string]taskhook.EndpointChange{
		`{}`:                                  {},
		`{"url":null,"active":null,"x":1}`:    {},
		`{"url":"https://b.example"}`:         {URL: &text},
		`{"description":"https://b.example"}`: {Description: &text},
		`{"events":["a.b"]}`:                  {Events: &events},
		`{"active":false}`:                    {State: &paused},
		`{"active":true,"state":"active"}`:    {State: &active},
		`{"state":"odd"}`:                     {State: &odd},
		`{"retrySchedule":[]}`:                {Schedule: &none},
		`{"retrySchedule":[1,90]}`:            {Schedule: &some},
		`{"retrySchedule":null}`:              {Schedule: &operators},
	} {
		for _, method := range []string{"PATCH", "PUT"} {
			w := newWorld()
			if rec := w.ask(t, method, "/api/v1/webhooks/wh_1", body); rec.Code != http.StatusOK {
				t.Errorf("%s %s: %d %s", method, body, rec.Code, rec.Body)
			}
			if !reflect.DeepEqual(w.change, want) {
				t.Errorf("%s %s: change = %+v, want %+v", method, body, w.change, want)
			}
		}
	}
}

func TestRotationIsUnderstood(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]time.Duration{
		``: 24 * time.Hour, `{}`: 24 * time.Hour, `{"overlapSeconds":null}`: 24 * time.Hour,
		`{"overlapSeconds":0}`: 0, `{"overlapSeconds":90}`: 90 * time.Second, `{"overlapSeconds":60.0}`: time.Minute,
	} {
		w := newWorld()
		if rec := w.ask(t, "POST", "/api/v1/webhooks/wh_1/rotate-secret", body); rec.Code != http.StatusOK || w.overlap != want {
			t.Errorf("%q: %d, overlap = %s, want %s", body, rec.Code, w.overlap, want)
		}
	}
}

func TestEventsAreUnderstood(t *testing.T) {
	t.Parallel()
	one := []taskhook.Publish{{Type: "order.paid", Data: []byte(`{"1":2,"b":"<é\u2028]}\""}`)}}
	one[0].Data = []byte(strings.ReplaceAll(string(one[0].Data), `\u2028`, "\u2028"))
	const event = `{ "type" : "order\u002epaid" , "data" : {"b":"\u003cé\u2028]}\"", "1": 2.0} , "x":[{}] }`
	for body, want := range map[string][]taskhook.Publish{
		event:                        one,
		`{"events":[` + event + `]}`: one,
		`{"events": [ ` + event + " ,\n" + event + ` ] }`:             append(one, one...),
		`{"type":null,"data":null,"events":[{"type":"a","data":{}}]}`: {{Type: "a", Data: []byte(`{}`)}},
	} {
		w := newWorld()
		if rec := w.ask(t, "POST", "/api/v1/events", body); rec.Code != http.StatusAccepted {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
		if !reflect.DeepEqual(w.published, want) {
			t.Errorf("%s: published %s, want %s", body, w.published, want)
		}
	}
}
