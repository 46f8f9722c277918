package provider_test

import (
	"encoding/json"
	"testing"

	"github.com/taskhook/taskhook/internal/provider"
)

func TestWithoutSteering(t *testing.T) {
	t.Parallel()
	tests := []struct{ input, want string }{
		{`{"b": 1,  "a": 2}`, `{"b": 1,  "a": 2}`},
		{`{"b":1.50,"sandbox":{"fail":"x"},"a":"<&>","n":12345678901234567890}`, `{"a":"<&>","b":1.50,"n":12345678901234567890}`},
		{`{"sandbox":1}`, `{}`},
		{`{"a":{"sandbox":1}}`, `{"a":{"sandbox":1}}`},
		{`no object`, `no object`},
	}
	for _, tt := range tests {
		if got := provider.WithoutSteering(json.RawMessage(tt.input)); string(got) != tt.want {
			t.Errorf("WithoutSteering(%s) = %s, want %s", tt.input, got, tt.want)
		}
	}
}

// FuzzWithoutSteering: no way of writing the member gets it past WithoutSteering.
func FuzzWithoutSteering(f *testing.F) {
	f.Add(`{"sandbox":{"fail":"x"},"a":1,"sandbox":2}`)
	f.Add(`{"\u0073andbox":{}}`)
	f.Fuzz(func(t *testing.T, input string) {
		stripped := provider.WithoutSteering(json.RawMessage(input))
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(input), &members) != nil {
			return
		}
		left := map[string]json.RawMessage{}
		if err := json.Unmarshal(stripped, &left); err != nil {
			t.Fatalf("%q became %q: %v", input, stripped, err)
		}
		if _, ok := left[provider.Steering]; ok {
			t.Errorf("%q became %q", input, stripped)
		}
		delete(members, provider.Steering)
		if len(left) != len(members) {
			t.Errorf("%q became %q", input, stripped)
		}
	})
}
