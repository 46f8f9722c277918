package demo

import (
	"bytes"
	"testing"
)

func show(s *screen) {
	s.title("Title")
	s.note("note")
	s.progress("1 of 2")
	s.progress("1 of 2")
	s.progress("2 of 2")
	s.good("%d came", 2)
	s.event("event")
	s.bad("bad")
}

func TestScreen(t *testing.T) {
	t.Parallel()
	const text = "\nTitle\n   note\n"
	const rest = "   ✓ 2 came\n   · event\n   ✗ bad\n"
	var file, dumb, colour bytes.Buffer
	show(&screen{w: &file})
	show(&screen{w: &dumb, live: true})
	show(&screen{w: &colour, colour: true})
	if got := file.String(); got != text+rest {
		t.Errorf("in a file stands\n%q", got)
	}
	if got, want := dumb.String(), text+"\r\x1b[K     1 of 2\r\x1b[K     2 of 2\r\x1b[K"+rest; got != want {
		t.Errorf("a terminal gets\n%q, want\n%q", got, want)
	}
	if got, want := colour.String(), "   \x1b[31m✗\x1b[0m bad\n"; !bytes.HasSuffix(colour.Bytes(), []byte(want)) {
		t.Errorf("in colour it is\n%q", got)
	}
}
