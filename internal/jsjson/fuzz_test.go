package jsjson_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskhook/taskhook/internal/jsjson"
)

// FuzzNormalize holds Normalize against a JavaScript engine: the same bytes for
// what both accept, and the same inputs accepted.
func FuzzNormalize(f *testing.F) {
	for _, test := range accepted {
		f.Add([]byte(test.in))
	}
	for _, test := range refused {
		f.Add([]byte(test.in))
	}
	js := newJavaScript(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := jsjson.Normalize(nil, src)
		if err != nil {
			if offset := err.(*jsjson.Error).Offset; offset < 0 || offset > len(src) {
				t.Fatalf("Normalize(%q) blames byte %d", src, offset)
			}
			if want, ok := js.stringify(string(src)); ok && utf8.Valid(src) && !strictlyRefused(err) {
				t.Fatalf("Normalize(%q) says %v, JavaScript makes %s", src, err, want)
			}
			return
		}
		want, ok := js.stringify(string(src))
		if !ok || string(got) != want {
			t.Fatalf("Normalize(%q) = %s, JavaScript makes %s, %t", src, got, want, ok)
		}
		if again, err := jsjson.Normalize(nil, got); err != nil || string(again) != want {
			t.Fatalf("Normalize(%q) = %s, which normalizes to %s, %v", src, got, again, err)
		}
	})
}

// strictlyRefused reports whether err is about something that JavaScript takes
// and this package does not.
func strictlyRefused(err error) bool {
	return strings.Contains(err.Error(), "too large") || strings.Contains(err.Error(), "nested deeper")
}

// FuzzObject checks that Object accepts what Normalize does, but for repeated
// keys, and finds the members that encoding/json finds.
func FuzzObject(f *testing.F) {
	for _, test := range accepted {
		f.Add([]byte(test.in))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		found := map[string]string{}
		err := jsjson.Object(src, func(key string, value []byte) error {
			found[key] = string(value)
			return nil
		})
		_, normalizeErr := jsjson.NormalizeObject(nil, src)
		if err != nil {
			if normalizeErr == nil && !strings.Contains(err.Error(), "is repeated") {
				t.Fatalf("Object(%q) says %v, NormalizeObject takes it", src, err)
			}
			return
		}
		if normalizeErr != nil {
			t.Fatalf("Object takes %q, NormalizeObject says %v", src, normalizeErr)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(src, &want); err != nil {
			t.Fatalf("Object takes %q, encoding/json says %v", src, err)
		}
		if len(found) != len(want) {
			t.Fatalf("Object(%q) finds %q, want %q", src, found, want)
		}
		for key, value := range want {
			if found[key] != string(value) {
				t.Fatalf("Object(%q) finds %q at %q, want %q", src, found[key], key, value)
			}
		}
	})
}
