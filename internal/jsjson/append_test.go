package jsjson_test

import (
	"math"
	"testing"

	"github.com/dop251/goja"
	"github.com/taskhook/taskhook/internal/jsjson"
)

func TestAppendString(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", `""`},
		{"plain", "a/b", `"a/b"`},
		{"quotes", `"\`, `"\"\\"`},
		{"short escapes", "\b\t\n\f\r", `"\b\t\n\f\r"`},
		{"other controls", "\x00\x01\x1f\x7f", `"\u0000\u0001\u001f` + "\x7f\""},
		{"no HTML escaping", "<&>'", `"<&>'"`},
		{"line separators", "\u2028\u2029", "\"\u2028\u2029\""},
		{"mixed", "é\n😀\"x", `"é\n😀\"x"`},
		{"replacement character", "\ufffd", "\"\ufffd\""},
		{"invalid", "a\xff\xc3(", "\"a\ufffd\ufffd(\""},
		{"surrogate in UTF-8", "\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := jsjson.AppendString([]byte("> "), test.in); string(got) != "> "+test.want {
				t.Errorf("AppendString(%q) = %s, want %s", test.in, got, test.want)
			}
		})
	}
}

func TestAppendNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "0"},
		{-1.5, "-1.5"},
		{12582912, "12582912"},
		{1 << 53, "9007199254740992"},
		{1e20, "100000000000000000000"},
		{1e21, "1e+21"},
		{1e-6, "0.000001"},
		{1e-7, "1e-7"},
		{1.5e-10, "1.5e-10"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{math.NaN(), "null"},
		{math.Inf(1), "null"},
		{math.Inf(-1), "null"},
	}
	for _, test := range tests {
		if got := jsjson.AppendNumber(nil, test.in); string(got) != test.want {
			t.Errorf("AppendNumber(%g) = %s, want %s", test.in, got, test.want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\xffb\u2028\x00\"😀")
	f.Fuzz(func(t *testing.T, s string) {
		written := jsjson.AppendString(nil, s)
		again, err := jsjson.Normalize(nil, written)
		if err != nil || string(again) != string(written) {
			t.Errorf("AppendString(%q) = %s, which normalizes to %s, %v", s, written, again, err)
		}
	})
}

func FuzzAppendNumber(f *testing.F) {
	runtime := goja.New()
	var stringify func(float64) (string, error)
	value, err := runtime.RunString("(function (x) { return JSON.stringify(x) })")
	if err == nil {
		err = runtime.ExportTo(value, &stringify)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0.1)
	f.Add(123456789012345680000.0)
	f.Fuzz(func(t *testing.T, x float64) {
		want, err := stringify(x)
		if got := jsjson.AppendNumber(nil, x); err != nil || string(got) != want {
			t.Errorf("AppendNumber(%g) = %s, want %s, %v", x, got, want, err)
		}
	})
}
