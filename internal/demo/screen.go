package demo

import (
	"fmt"
	"io"
)

// screen prints for people, on lines of at most 80 characters where the text is
// ours. One goroutine may use it.
type screen struct {
	w      io.Writer
	colour bool
	live   bool   // w is a terminal, on which a line can be written over
	line   string // the one that stands there to be written over
}

// The escape sequences of a terminal.
const (
	bold, dim, green, red = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m"

	plain     = "\x1b[0m"
	clearLine = "\r\x1b[K"
)

// title begins a part.
func (s *screen) title(text string) { s.print("\n", s.paint(bold, text)) }

// say prints a plain line, and gap an empty one.
func (s *screen) say(format string, args ...any) { s.print("   ", fmt.Sprintf(format, args...)) }
func (s *screen) gap()                           { s.print("", "") }

// note prints a line that can be passed over.
func (s *screen) note(format string, args ...any) {
	s.print("   ", s.paint(dim, fmt.Sprintf(format, args...)))
}

// good, bad and event print a line about something that is as it should be, that
// is not, and that just happened.
func (s *screen) good(format string, args ...any)  { s.mark(green, "✓", format, args) }
func (s *screen) bad(format string, args ...any)   { s.mark(red, "✗", format, args) }
func (s *screen) event(format string, args ...any) { s.mark(dim, "·", format, args) }

func (s *screen) mark(colour, sign, format string, args []any) {
	s.print("   ", s.paint(colour, sign)+" "+fmt.Sprintf(format, args...))
}

// progress shows a line that the next one replaces; nothing where that can't be.
func (s *screen) progress(text string) {
	if s.live && text != s.line {
		fmt.Fprint(s.w, clearLine, "     ", s.paint(dim, text))
		s.line = text
	}
}

func (s *screen) print(indent, text string) {
	if s.line != "" {
		fmt.Fprint(s.w, clearLine)
		s.line = ""
	}
	fmt.Fprintf(s.w, "%s%s\n", indent, text) // nobody to tell if this fails
}

func (s *screen) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return colour + text + plain
}
