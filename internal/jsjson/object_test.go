package jsjson_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/jsjson"
)

// members walks src and returns what was found as "key=value".
func members(src string) ([]string, error) {
	var found []string
	err := jsjson.Object([]byte(src), func(key string, value []byte) error {
		found = append(found, key+"="+string(value))
		return nil
	})
	return found, err
}

func TestObject(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty", ` { } `, nil},
		{"raw values", `{"b" : { "x" : 1.0 } , "1": [ 1 , 2 ],"s":"\u0041" }`, []string{`b={ "x" : 1.0 }`, `1=[ 1 , 2 ]`, `s="\u0041"`}},
		{"repeated inside a value", `{"a":{"x":1,"x":2}}`, []string{`a={"x":1,"x":2}`}},
		{"escaped keys", `{"\u0061\n\"\\\/\u00e9\uD83D\uDE00":1}`, []string{"a\n\"\\/é😀=1"}},
		{"NUL and half a pair in a key", `{"\u0000":1,"x\ud800y":2}`, []string{"\x00=1", "x\ufffdy=2"}},
		{"empty key", `{"":null}`, []string{"=null"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := members(test.in); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("Object(%s) finds %q, %v, want %q", test.in, got, err, test.want)
			}
		})
	}
}

func TestObjectRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"array", `[]`, "at byte 0: expected an object"},
		{"nothing", ``, "at byte 0: expected an object"},
		{"repeated key", `{"a":1, "b":2, "\u0061":3}`, `at byte 15: the key "a" is repeated`},
		{"bad value", `{"a":[1,}`, "at byte 8: expected a value"},
		{"bad key", `{"a\q":1}`, "at byte 3: an escape"},
		{"no comma", `{"a":1 "b":2}`, `at byte 7: expected "," or "}"`},
		{"more behind", `{"a":1}}`, "at byte 7: expected nothing more"},
		{"number out of range", `{"a":1e999}`, "at byte 5: a number is too large"},
		{"too deep", `{"a":` + strings.Repeat("[", jsjson.MaxDepth) + `}`, "nested deeper"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := members(test.in); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Object(%s) says %v, want %q", test.in, err, test.want)
			}
		})
	}
}

func TestObjectStopsAtAnError(t *testing.T) {
	t.Parallel()
	stop := errors.New("unknown field")
	calls := 0
	err := jsjson.Object([]byte(`{"a":1,"b":2}`), func(string, []byte) error {
		calls++
		return stop
	})
	if err != stop || calls != 1 {
		t.Errorf("Object returned %v after %d calls, want the callback's error after 1", err, calls)
	}
}
