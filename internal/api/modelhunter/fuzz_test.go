package modelhunter

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// checkRefusal fails if a decoder's error is not one for the user.
func checkRefusal(t *testing.T, err error) {
	switch code := taskhook.ErrorCode(err); code {
	case taskhook.CodeMalformed, taskhook.CodeMissing, taskhook.CodeInvalid, taskhook.CodeTooLarge:
	default:
		t.Errorf("%v has code %s", err, code)
	}
}

func checkPlainText(t *testing.T, texts ...string) {
	for _, text := range texts {
		if strings.Contains(text, "\x00") || !utf8.ValidString(text) {
			t.Errorf("the text %q was let in", text)
		}
	}
}

func FuzzDecodeSubmission(f *testing.F) {
	f.Add([]byte(`{"model":"m","input":{"prompt":"a"},"metadata":{"2":1,"1":1.0},"webhookUrl":"https:\/\/a"}`))
	f.Add([]byte(`{"model":"\ud800","input":{"a":1,"\u0061":2}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var n taskhook.NewTask
		if err := decodeSubmission(body, &n); err != nil {
			checkRefusal(t, err)
			return
		}
		checkPlainText(t, n.Model, n.WebhookURL)
		if !json.Valid(n.Input) || n.Input[0] != '{' || n.Model == "" {
			t.Errorf("submission of %q is %+v", body, n)
		}
		if n.Metadata != nil {
			checkNormal(t, n.Metadata)
		}
	})
}

// checkNormal fails if an object is not in JavaScript's form.
func checkNormal(t *testing.T, object []byte) {
	if again, err := jsjson.NormalizeObject(nil, object); err != nil || !bytes.Equal(again, object) {
		t.Errorf("%q is not in normal form (%q, %v)", object, again, err)
	}
}

func FuzzDecodeEvents(f *testing.F) {
	f.Add([]byte(`{"type":"a.b","data":{"b":"]},[","1":1.0}}`))
	f.Add([]byte(`{"events":[{"type":"a","data":{}} , {"type":"b\\\"","data":{"x":["\\",{}]}}]}`))
	f.Add([]byte(`{"events":[[1,2],"\"]"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, batch, err := decodeEvents(body)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if len(events) == 0 || !batch && len(events) != 1 {
			t.Errorf("%q holds %d events", body, len(events))
		}
		for _, e := range events {
			checkPlainText(t, e.Type)
			checkNormal(t, e.Data)
		}
	})
}

func FuzzDecodeChange(f *testing.F) {
	f.Add([]byte(`{"url":"a","events":["b"],"description":"","active":true,"state":"active","retrySchedule":[1,2.5]}`))
	f.Add([]byte(`{"retrySchedule":null,"events":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		change, err := decodeChange(body)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if change.Events != nil {
			checkPlainText(t, *change.Events...)
		}
		if change.Schedule != nil {
			if _, err := taskhook.ParseSchedule(change.Schedule.String()); err != nil {
				t.Errorf("schedule %v of %q: %v", change.Schedule, body, err)
			}
		}
		if _, err := decodeWebhook(body); err != nil {
			checkRefusal(t, err)
		}
	})
}

// The elements of an array are those that encoding/json finds.
func FuzzElements(f *testing.F) {
	for _, seed := range []string{`[]`, `[ ]`, `[1]`, `[1 , "a,]\\\"" ,[2,[3]],{"]":[","]}]`, `["\\",""]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, array []byte) {
		array = bytes.TrimSpace(array)
		var want []json.RawMessage
		if len(array) == 0 || array[0] != '[' || json.Unmarshal(array, &want) != nil {
			return
		}
		var got []string
		err := elements(array, func(value []byte) error { got = append(got, string(value)); return nil })
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %d elements, %v; want %d", array, len(got), err, len(want))
		}
		for i := range want {
			if got[i] != string(want[i]) {
				t.Errorf("%q: element %d = %q, want %q", array, i, got[i], want[i])
			}
		}
	})
}
