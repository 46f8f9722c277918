package dashboard

import (
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/testkit"
)

func TestTook(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{-1: "0 ms", 0: "0 ms", 999 * time.Microsecond: "0 ms", 87 * time.Millisecond: "87 ms",
		999 * time.Millisecond: "999 ms", 1349 * time.Millisecond: "1.3 s", 9999 * time.Millisecond: "9.9 s", 10 * time.Second: "10 s",
		59999 * time.Millisecond: "59 s", time.Minute: "1 min", 200 * time.Second: "3 min 20 s", time.Hour: "1 h", 90 * time.Minute: "1 h 30 min",
		47*time.Hour + 59*time.Minute: "47 h 59 min", 168 * time.Hour: "7 d", 50 * time.Hour: "2 d 2 h"} {
		if got := took(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 1_234_567: "1.2 MB", 5e9: "5.0 GB", 7e15: "7000.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestShortID(t *testing.T) {
	t.Parallel()
	id := taskhook.NewID(taskhook.PrefixTask, noon())
	for in, want := range map[string]string{id: "task_…" + id[len(id)-7:], "dlv_short": "dlv_short", "noprefix": "noprefix", "": ""} {
		if got := shortID(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// TestQuote has a shell read what quote writes.
func TestQuote(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "bash") {
		return
	}
	texts := []string{"", "plain", "it's", `back\slash`, "$(id) `id` ${HOME} !x *", "a\nb\tc", "\x01\x7f\u202e\u0085é'", "\xff\xfe", `{"a":"ü 💡"}`}
	for _, text := range texts {
		line := quote(text)
		if got := string(visible([]byte(line))); got != line {
			t.Errorf("%q is written as %q, which a page shows as %q", text, line, got)
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "printf %s "+line).Output()
		if err != nil || string(out) != text {
			t.Errorf("the shell reads %s as %q, want %q: %v", line, out, text, err)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, text := range hostileTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := string(visible([]byte(text)))
		if !utf8.ValidString(got) {
			t.Errorf("%q becomes %q, which is not UTF-8", text, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return hidden(r) && r != utf8.RuneError }) {
			t.Errorf("%q becomes %q, which hides something", text, got)
		}
		for _, special := range `<>&"'` {
			if strings.Count(got, string(special)) != strings.Count(text, string(special)) {
				t.Errorf("%q becomes %q, with another number of %c", text, got, special)
			}
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, text := range []string{"/", "/tasks?x=y", "//evil", "/\\evil", "https://evil", "/%2f/evil", "/a\tb"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := localPath(text)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("%q leads to %q", text, got)
		}
	})
}
