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
		{`{"prompt":"x"}`, Options{time.Second, 4, ""}},
		{`{"sandbox":null}`, Options{time.Second, 4, ""}},
		{`{"sandbox":{}}`, Options{time.Second, 4, ""}},
		{`{"sandbox":{"seconds":2.5,"steps":5,"fail":"No such face."}}`, Options{2500 * time.Millisecond, 5, "No such face."}},
		{`{"sandbox":{"seconds":0}}`, Options{0, 4, ""}},
		{`{"Sandbox":{"seconds":"not ours"}}`, Options{time.Second, 4, ""}},
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
	}
	for _, tt := range tests {
		_, err := ParseOptions(json.RawMessage(tt.input))
		e, ok := errors.AsType[*taskhook.Error](err)
		if !ok || e.Code != taskhook.CodeInvalid || e.Field != tt.field || e.Message == "" {
			t.Errorf("ParseOptions(%s): %+v", tt.input, err)
		}
	}
}

func TestStrip(t *testing.T) {
	t.Parallel()
	tests := []struct{ input, want string }{
		{`{"b": 1,  "a": 2}`, `{"b": 1,  "a": 2}`},
		{`{"b":1.50,"sandbox":{"fail":"x"},"a":"<&>","n":12345678901234567890}`, `{"a":"<&>","b":1.50,"n":12345678901234567890}`},
		{`{"sandbox":1}`, `{}`},
		{`{"a":{"sandbox":1}}`, `{"a":{"sandbox":1}}`},
		{`no object`, `no object`},
	}
	for _, tt := range tests {
		if got := Strip(json.RawMessage(tt.input)); string(got) != tt.want {
			t.Errorf("Strip(%s) = %s, want %s", tt.input, got, tt.want)
		}
	}
}

// FuzzStrip: no way of writing the member gets it past Strip.
func FuzzStrip(f *testing.F) {
	f.Add(`{"sandbox":{"fail":"x"},"a":1,"sandbox":2}`)
	f.Add(`{"\u0073andbox":{}}`)
	f.Fuzz(func(t *testing.T, input string) {
		stripped := Strip(json.RawMessage(input))
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(input), &members) != nil {
			return
		}
		left := map[string]json.RawMessage{}
		if err := json.Unmarshal(stripped, &left); err != nil {
			t.Fatalf("%q became %q: %v", input, stripped, err)
		}
		if _, ok := left[key]; ok {
			t.Errorf("%q became %q", input, stripped)
		}
		delete(members, key)
		if len(left) != len(members) {
			t.Errorf("%q became %q", input, stripped)
		}
	})
}
