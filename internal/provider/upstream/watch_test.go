package upstream

import (
	"reflect"
	"testing"
	"time"
)

func TestDelay(t *testing.T) {
	t.Parallel()
	s := time.Second
	tests := []struct {
		name                      string
		every, age, typical, want time.Duration
	}{
		{"nothing is known", 2 * s, 0, 0, 2 * s},
		{"nothing is known, and it is old", 2 * s, 100 * s, 0, 10 * s},
		{"very old", 2 * s, 24 * time.Hour, 0, 30 * s},
		{"most of its time lies ahead", 2 * s, 0, 20 * s, 14 * s},
		{"not for too long", 2 * s, 0, time.Hour, 30 * s},
		{"now it may end", s, 19 * s, 20 * s, s},
		{"of long work not too often", s, 55 * time.Minute, time.Hour, 30 * s},
		{"never more often than allowed", 45 * s, 19 * s, 20 * s, 45 * s},
	}
	for _, tt := range tests {
		if got := delay(tt.every, tt.age, tt.typical); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	before, after := NewMemory(), NewMemory()
	before.note("acme", "flux", 20*time.Second)
	before.note("acme", "flux", 40*time.Second)
	after.Recall(before.Times())
	after.Recall(map[string]time.Duration{"acme odd": -time.Second})
	if got := after.typical("acme", "flux"); got != 25*time.Second || after.typical("acme", "odd") != 0 {
		t.Errorf("it recalls %s", got)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{`plain`, `"plain"`},
		{`say "hi" \ there`, `"say \"hi\" \\ there"`},
		{`/a/\($x)/b`, `"/a/\($x)/b"`},
		{`\($x | join(","))!`, `"\($x | join(","))!"`},
		{`\("\(1) )" + "(")z`, `"\("\(1) )" + "(")z"`},
		{`\($x`, ``}, {`\("`, ``},
	}
	for _, tt := range tests {
		got, err := quote(tt.text)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("quote(%s) = %s, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

// FuzzQuote: a text without insertions comes out as it went in, and none makes
// quote panic.
func FuzzQuote(f *testing.F) {
	f.Add(`a\(b`)
	f.Add("\x00\"\\\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := quote(text)
		if err != nil {
			return
		}
		if _, err := compile(quoted); err != nil {
			return // what stands in an insertion need not be an expression
		}
	})
}

// FuzzDescent: an expression that only descends yields what it would by the language.
func FuzzDescent(f *testing.F) {
	for _, seed := range [][2]string{{".a", `{"a":1}`}, {".a.b", `{"a":{"b":"x"}}`}, {".a.b", `{"a":null}`}, {".a.b", `{"a":[1]}`}, {".a.b", `{"a":"x"}`},
		{".a", `null`}, {".a", `3`}, {".and.x", `{"and":{"x":true}}`}, {" .a ", `{"a":1.50}`}, {"..a", `{}`}, {".a.", `{}`}, {".__loc__", `{}`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, input string) {
		e, err := compile(text)
		if err != nil || e == nil || e.fields == nil {
			return
		}
		in, err := decode([]byte(input))
		if err != nil {
			return
		}
		short, shortErr := e.all(t.Context(), in, &scope{})
		long, longErr := (&expression{code: e.code}).all(t.Context(), in, &scope{})
		if !reflect.DeepEqual(short, long) || (shortErr == nil) != (longErr == nil) {
			t.Errorf("%s of %s yields %v, %v; by the language %v, %v", text, input, short, shortErr, long, longErr)
		}
	})
}
