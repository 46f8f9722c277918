package sandbox

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestParseOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		input string
		want  Options
	}{
		{`{"prompt":"x"}`, Options{time.Second, 4, "", ""}},
		{`{"sandbox":null}`, Options{time.Second, 4, "", ""}},
		{`{"sandbox":{}}`, Options{time.Second, 4, "", ""}},
		{`{"sandbox":{"seconds":2.5,"steps":5,"fail":"No such face."}}`, Options{2500 * time.Millisecond, 5, "No such face.", ""}},
		{`{"sandbox":{"seconds":0}}`, Options{0, 4, "", ""}},
		{`{"sandbox":{"nsfw":true}}`, Options{time.Second, 4, "", taskhook.SafetyFlagged}},
		{`{"sandbox":{"nsfw":false}}`, Options{time.Second, 4, "", taskhook.SafetySafe}},
		{`{"Sandbox":{"seconds":"not ours"}}`, Options{time.Second, 4, "", ""}},
	}
	for _, tt := range tests {
		got, err := ParseOptions(json.RawMessage(tt.input))
		if err != nil || got != tt.want {
			t.Errorf("ParseOptions(%s) = %+v, %v", tt.input, got, err)
		}
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ input, field string }{
		{`[]`, "input"},
		{`{`, "input"},
		{`{"sandbox":true}`, "input.sandbox"},
		{`{"sandbox":[1]}`, "input.sandbox"},
		{`{"sandbox":{"second":1}}`, "input.sandbox"},
		{`{"sandbox":{"Seconds":1}}`, "input.sandbox"},
		{`{"sandbox":{"seconds":"2"}}`, "input.sandbox.seconds"},
		{`{"sandbox":{"seconds":null}}`, "input.sandbox.seconds"},
		{`{"sandbox":{"seconds":-1}}`, "input.sandbox.seconds"},
		{`{"sandbox":{"seconds":3601}}`, "input.sandbox.seconds"},
		{`{"sandbox":{"seconds":1e400}}`, "input.sandbox.seconds"},
		{`{"sandbox":{"steps":0}}`, "input.sandbox.steps"},
		{`{"sandbox":{"steps":1.5}}`, "input.sandbox.steps"},
		{`{"sandbox":{"steps":101}}`, "input.sandbox.steps"},
		{`{"sandbox":{"fail":true}}`, "input.sandbox.fail"},
		{`{"sandbox":{"fail":""}}`, "input.sandbox.fail"},
		{`{"sandbox":{"nsfw":null}}`, "input.sandbox.nsfw"},
		{`{"sandbox":{"nsfw":"yes"}}`, "input.sandbox.nsfw"},
	}
	for _, tt := range tests {
		_, err := ParseOptions(json.RawMessage(tt.input))
		e, ok := errors.AsType[*taskhook.Error](err)
		if !ok || e.Code != taskhook.CodeInvalid || e.Field != tt.field || e.Message == "" {
			t.Errorf("ParseOptions(%s): %+v", tt.input, err)
		}
	}
}
