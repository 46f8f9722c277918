//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskhook/taskhook/internal/testkit"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain, “quoted” & <b>":     "plain, “quoted” & <b>",
		"\x1b]0;title\a":            `\x1b]0;title\a`,
		"two\r\nlines\t":            `two\r\nlines\t`,
		"c1 \u009b31m":              `c1 \u009b31m`,
		"bidi \u202eevil":           `bidi \u202eevil`,
		"zero\u200bwidth \u2028":    `zero\u200bwidth \u2028`,
		"not UTF-8 \xff\xfe":        `not UTF-8 \xff\xfe`,
		"given up as \uFFFD":        "given up as \uFFFD",
		"\U000e0041 tag 😀 例":        `\U000e0041 tag 😀 例`,
		"can't \\ be `unescaped` '": "can't \\ be `unescaped` '",
	} {
		if got := safe(text); got != want {
			t.Errorf("safe(%q) = %s, want %s", text, got, want)
		}
	}
}

// harmlessOnTerminal fails if a text could do more than stand there.
func harmlessOnTerminal(t testing.TB, text string) {
	t.Helper()
	if bad := strings.IndexFunc(strings.ReplaceAll(text, "\n", ""), invisible); bad >= 0 || !utf8.ValidString(text) {
		t.Errorf("not safe: %q", text)
	}
}

// Whatever the text, nothing of it reaches the terminal but what is visible, and
// JSON says the same as before.
func FuzzEscape(f *testing.F) {
	f.Add("\x1b[2J\u009b\u202e\xff\U000e0041", 3)
	f.Add("例え\u0301", 2)
	f.Fuzz(func(t *testing.T, text string, width int) {
		once := safe(text)
		harmlessOnTerminal(t, once)
		if again := safe(once); again != once {
			t.Errorf("escaped again: %q", again)
		}
		width = max(1, width%200)
		if short := cut(once, width); cells(short) > width {
			t.Errorf("cut to %d: %q", width, short)
		}
		value := map[string]any{"a": text, "raw": json.RawMessage(`{"b":"c"}`)}
		var line bytes.Buffer
		if err := writeJSON(&line, value); err != nil {
			t.Fatal(err)
		}
		harmlessOnTerminal(t, line.String())
		var got, want map[string]any
		plain, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", line.Bytes(), err)
		}
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || strings.Count(line.String(), "\n") != 1 {
			t.Errorf("%q became %s", text, line.Bytes())
		}
	})
}

func TestScreen(t *testing.T) {
	t.Parallel()
	if s := newScreen(&bytes.Buffer{}, variables{"COLUMNS": "80"}.look); s.terminal || s.colour || s.width != 0 {
		t.Errorf("a buffer is %+v", s)
	}
	if !testkit.NeedFile(t, "/dev/ptmx", "pseudo terminals") {
		return
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for name, test := range map[string]struct {
		env              variables
		terminal, colour bool
		width            int
	}{
		"plain":    {nil, true, true, 80},
		"columns":  {variables{"COLUMNS": "132"}, true, true, 132},
		"nonsense": {variables{"COLUMNS": "-1"}, true, true, 80},
		"no color": {variables{"NO_COLOR": "1"}, true, false, 80},
		"dumb":     {variables{"TERM": "dumb"}, false, false, 80},
	} {
		if s := newScreen(terminal, test.env.look); s.terminal != test.terminal || s.colour != test.colour || s.width != test.width {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
