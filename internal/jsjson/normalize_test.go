package jsjson_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/jsjson"
)

// accepted pairs an input with its normal form. All of it is held against a
// JavaScript engine too.
var accepted = []struct{ name, in, want string }{
	{"null", ` null `, `null`},
	{"booleans", "[true,\tfalse]\r\n", `[true,false]`},
	{"empty object", `{ }`, `{}`},
	{"empty array", `[ ]`, `[]`},
	{"white space", "{ \"a\" : [ 1 , 2 ] , \"b\" : { \"c\" : null } }\n", `{"a":[1,2],"b":{"c":null}}`},

	{"order of appearance", `{"b":1,"a":2}`, `{"b":1,"a":2}`},
	{"indices first", `{"b":1,"10":2,"9":3,"a":4}`, `{"9":3,"10":2,"b":1,"a":4}`},
	{"indices in order", `{"0":1,"1":2,"a":3}`, `{"0":1,"1":2,"a":3}`},
	{"largest index", `{"a":1,"4294967295":2,"4294967294":3}`, `{"4294967294":3,"a":1,"4294967295":2}`},
	{"not indices", `{"a":1,"01":2,"-1":3,"1.0":4,"":5,"1e0":6," 1":7,"42949672940":8}`, `{"a":1,"01":2,"-1":3,"1.0":4,"":5,"1e0":6," 1":7,"42949672940":8}`},
	{"index in escapes", `{"a":1,"\u0031":2}`, `{"1":2,"a":1}`},
	{"nested order", `{"b":{"x":1,"2":{"y":1,"1":[{"q":1,"0":2}]}},"1":0}`, `{"1":0,"b":{"2":{"1":[{"0":2,"q":1}],"y":1},"x":1}}`},

	{"repeated key", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
	{"repeated thrice", `{"a":{"x":1},"b":2,"a":[],"a":"three"}`, `{"a":"three","b":2}`},
	{"repeated in escapes", `{"a":1,"b":2,"\u0061":3}`, `{"a":3,"b":2}`},
	{"repeated index", `{"z":0,"1":1,"0":2,"1":3}`, `{"0":2,"1":3,"z":0}`},
	{"repeated adjacent index", `{"1":1,"1":2}`, `{"1":2}`},
	{"halves are different keys", `{"\ud800":1,"\ud801":2,"\ud800":3}`, `{"\ud800":3,"\ud801":2}`},
	{"__proto__", `{"a":1,"__proto__":{"b":2},"__proto__":3}`, `{"a":1,"__proto__":3}`},
	{"toJSON", `{"toJSON":"x"}`, `{"toJSON":"x"}`},
	{"inherited names", `{"constructor":1,"toString":2}`, `{"constructor":1,"toString":2}`},

	{"negative zero", `[-0,-0.0,0e9,-0E-9]`, `[0,0,0,0]`},
	{"integers", `[0,7,-7,1234567890,999999999999999]`, `[0,7,-7,1234567890,999999999999999]`},
	{"beyond 2^53", `[9007199254740992,9007199254740993,12345678901234567890]`, `[9007199254740992,9007199254740992,12345678901234567000]`},
	{"fractions", `[1.0,1.50,0.1,-12.5,3.141592653589793238]`, `[1,1.5,0.1,-12.5,3.141592653589793]`},
	{"exponents", `[1e2,1E+2,1e20,1e21,1.5e300,-1e21]`, `[100,100,100000000000000000000,1e+21,1.5e+300,-1e+21]`},
	{"small", `[0.000001,0.0000001,123e-9,5e-324,1e-400]`, `[0.000001,1e-7,1.23e-7,5e-324,0]`},
	{"largest", `1.7976931348623157e308`, `1.7976931348623157e+308`},

	{"escapes", `"\"\\\/\b\f\n\r\t"`, `"\"\\/\b\f\n\r\t"`},
	{"control characters", `"\u0000\u0001\u000A\u001F\u007f"`, `"\u0000\u0001\n\u001f` + "\x7f\""},
	{"no HTML escaping", `"<a href='&'>\u003c\u0026"`, `"<a href='&'><&"`},
	{"line separators", "\"\u2028\u2029\\u2028\\u2029\"", "\"\u2028\u2029\u2028\u2029\""},
	{"non-ASCII", `"Zürich \u00e9 \u65E5本 😀 \uD83D\uDE00"`, `"Zürich é 日本 😀 😀"`},
	{"lone surrogates", `"\uD800 \uDFFF\uD800x\uD800\uD800\uDC00"`, `"\ud800 \udfff\ud800x\ud800𐀀"`},
	{"byte order mark inside", "\"\ufeff\ufffd\"", "\"\ufeff\ufffd\""},
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	js := newJavaScript(t)
	for _, test := range accepted {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := jsjson.Normalize(nil, []byte(test.in))
			if err != nil || string(got) != test.want {
				t.Errorf("Normalize(%s) = %s, %v, want %s", test.in, got, err, test.want)
			}
			if engine, ok := js.stringify(test.in); !ok || engine != test.want {
				t.Errorf("JavaScript makes %s, %t, want %s", engine, ok, test.want)
			}
		})
	}
}

var refused = []struct {
	name, in string
	offset   int
	problem  string
}{
	{"nothing", "", 0, "expected a value, found the end of the input"},
	{"space only", " \n", 2, "expected a value, found the end of the input"},
	{"byte order mark", "\ufeff{}", 0, `expected a value, found '\ufeff'`},
	{"second value", `{} {}`, 3, `expected nothing more, found '{'`},
	{"form feed", "\f1", 0, `expected a value, found '\f'`},
	{"no-break space", "[\u00a01]", 1, `expected a value, found '\u00a0'`},
	{"unfinished array", `[1`, 2, `expected "," or "]", found the end of the input`},
	{"trailing comma", `[1,]`, 3, `expected a value, found ']'`},
	{"missing comma", `[1 2]`, 3, `expected "," or "]", found '2'`},
	{"wrong bracket", `[1}`, 2, `expected "," or "]", found '}'`},
	{"unfinished object", `{"a":1`, 6, `expected "," or "}", found the end of the input`},
	{"comma before brace", `{"a":1,}`, 7, `expected a key in double quotes, found '}'`},
	{"bare key", `{a:1}`, 1, `expected a key in double quotes, found 'a'`},
	{"no colon", `{"a" 1}`, 5, `expected ":" after a key, found '1'`},
	{"no value", `{"a":}`, 5, `expected a value, found '}'`},
	{"comment", `{/**/}`, 1, `expected a key in double quotes, found '/'`},
	{"upper case", `True`, 0, `expected a value, found 'T'`},
	{"cut name", `[tru`, 1, `expected a value, found 't'`},
	{"longer name", `nullx`, 4, `expected nothing more, found 'x'`},
	{"NaN", `NaN`, 0, `expected a value, found 'N'`},
	{"NUL", "[\x00]", 1, `expected a value, found '\x00'`},
	{"stray byte", "[\xff]", 1, `expected a value, found the byte 0xff`},

	{"leading zero", `[01]`, 1, "a number must not start with a needless 0"},
	{"minus alone", `-`, 1, "expected a digit, found the end of the input"},
	{"minus infinity", `-Infinity`, 1, `expected a digit, found 'I'`},
	{"plus", `+1`, 0, `expected a value, found '+'`},
	{"point first", `.5`, 0, `expected a value, found '.'`},
	{"point last", `[1.]`, 3, `expected a digit, found ']'`},
	{"point then exponent", `1.e5`, 2, `expected a digit, found 'e'`},
	{"empty exponent", `[1e+]`, 4, `expected a digit, found ']'`},
	{"hexadecimal", `0x10`, 1, `expected nothing more, found 'x'`},
	{"overflow", `[1, -1e400]`, 4, "a number is too large: JavaScript would turn it into null"},

	{"open string", `["abc`, 1, "a string is not closed"},
	{"open escape", `"\`, 1, "an escape in a string is not one of JSON"},
	{"unknown escape", `"\x41"`, 1, "an escape in a string is not one of JSON"},
	{"cut unit", `"ab\u12`, 3, "an escape in a string is not one of JSON"},
	{"bad unit", `"\u12G4"`, 1, "an escape in a string is not one of JSON"},
	{"bad second unit", `"\ud800\u12"`, 7, "an escape in a string is not one of JSON"},
	{"raw newline", "\"a\nb\"", 2, "the control character 0x0a in a string must be escaped"},
	{"raw NUL", "\"\x00\"", 1, "the control character 0x00 in a string must be escaped"},
	{"invalid UTF-8", "\"a\xc3(\"", 2, "the byte 0xc3 is not part of valid UTF-8"},
	{"overlong UTF-8", "\"\xc0\xaf\"", 1, "the byte 0xc0 is not part of valid UTF-8"},
	{"surrogate in UTF-8", "\"\xed\xa0\x80\"", 1, "the byte 0xed is not part of valid UTF-8"},
	{"single quotes", `'a'`, 0, `expected a value, found '\''`},
}

func TestNormalizeRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := jsjson.Normalize([]byte("kept"), []byte(test.in))
			problem, ok := errors.AsType[*jsjson.Error](err)
			if !ok || problem.Offset != test.offset || problem.Problem != test.problem {
				t.Errorf("Normalize(%q) says %v, want byte %d: %s", test.in, err, test.offset, test.problem)
			}
			if string(got) != "kept" {
				t.Errorf("Normalize(%q) returned %q, want dst as it was", test.in, got)
			}
		})
	}
}

func TestNormalizeAppends(t *testing.T) {
	t.Parallel()
	got, err := jsjson.Normalize([]byte(`{"metadata":`), []byte(`{"b": 1, "0": 2}`))
	if want := `{"metadata":{"0":2,"b":1}`; err != nil || string(got) != want {
		t.Errorf("Normalize = %s, %v, want %s", got, err, want)
	}
}

func TestNormalizeObject(t *testing.T) {
	t.Parallel()
	if got, err := jsjson.NormalizeObject(nil, []byte(" {\"a\": 1}")); err != nil || string(got) != `{"a":1}` {
		t.Errorf("NormalizeObject of an object = %s, %v", got, err)
	}
	for _, in := range []string{"", " ", `[{}]`, `"{}"`, `1`, `null`} {
		if _, err := jsjson.NormalizeObject(nil, []byte(in)); err == nil || !strings.Contains(err.Error(), "expected an object") {
			t.Errorf("NormalizeObject(%q) says %v, want that an object is expected", in, err)
		}
	}
	if _, err := jsjson.NormalizeObject(nil, []byte(`{"a":1} 2`)); err == nil {
		t.Error("NormalizeObject takes what follows the object")
	}
}

func TestNormalizeDepth(t *testing.T) {
	t.Parallel()
	nested := func(depth int) []byte {
		half := depth / 2
		return []byte(strings.Repeat(`{"b":[`, half) + strings.Repeat(`]}`, half))
	}
	if _, err := jsjson.Normalize(nil, nested(jsjson.MaxDepth)); err != nil {
		t.Errorf("the deepest allowed nesting is refused: %v", err)
	}
	_, err := jsjson.Normalize(nil, nested(jsjson.MaxDepth+2))
	if want := fmt.Sprintf("nested deeper than %d levels", jsjson.MaxDepth); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("too deep says %v, want %q", err, want)
	}
	wide := []byte("[" + strings.Repeat("[],{},", 1000) + "[]]")
	if _, err := jsjson.Normalize(nil, wide); err != nil {
		t.Errorf("many shallow values are refused: %v", err)
	}
}

// TestNormalizeWide covers objects with more members than are compared one by one.
func TestNormalizeWide(t *testing.T) {
	t.Parallel()
	js := newJavaScript(t)
	var distinct, repeated, indices []string
	for i := range 500 {
		distinct = append(distinct, fmt.Sprintf(`"key%d":%d`, i, i))
		repeated = append(repeated, fmt.Sprintf(`"key%d":{"at":%d}`, i*7%50, i))
		indices = append(indices, fmt.Sprintf(`"%d":%d`, i*7919%503, i))
	}
	for _, members := range [][]string{distinct, repeated, indices, append(repeated, indices...)} {
		in := "{" + strings.Join(members, ",") + "}"
		want, _ := js.stringify(in)
		if got, err := jsjson.Normalize(nil, []byte(in)); err != nil || string(got) != want {
			t.Errorf("Normalize(%.60s…) = %.60s…, %v, want %.60s…", in, got, err, want)
		}
	}
}
