//go:build unix

package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// sheet shows one thing for people, a line for each of its properties. What is
// put into it is escaped.
type sheet struct {
	lines []sheetLine
	name  int // width of the widest name
}

type sheetLine struct{ name, text, colour string }

// add appends a property, unless there is nothing to say of it.
func (s *sheet) add(name, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		s.append(name, text, "")
	}
}

// state appends one that is coloured.
func (s *sheet) state(name, state string) { s.append(name, state, colourOf(state)) }

// time appends a time, unless it is zero.
func (s *sheet) time(name string, now, t time.Time) {
	if !t.IsZero() {
		s.append(name, fmt.Sprintf("%s (%s)", t.UTC().Format(time.RFC3339), since(now, t)), "")
	}
}

func (s *sheet) append(name, text, colour string) {
	s.name = max(s.name, cells(name))
	s.lines = append(s.lines, sheetLine{name, safe(text), colour})
}

// print writes the sheet.
func (s *sheet) print(to *screen) error {
	var b strings.Builder
	for _, l := range s.lines {
		name := l.name + strings.Repeat(" ", s.name-cells(l.name))
		fmt.Fprintf(&b, "%s  %s\n", to.paint(dim, name), to.paint(l.colour, l.text))
	}
	return to.print(b.String())
}

// print writes text that is safe already.
func (s *screen) print(text string) error {
	_, err := io.WriteString(s.w, text)
	return err
}

// say writes a line about what is done. Nobody is told if that fails.
func (s *screen) say(format string, args ...any) {
	_ = s.print(safe(fmt.Sprintf(format, args...)) + "\n")
}

// since says how long ago, or how far ahead, something is: "3m ago", "in 2h".
func since(now, t time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "-"
	case d > -time.Second && d < time.Second:
		return "now"
	case d < 0:
		return "in " + rough(-d)
	default:
		return rough(d) + " ago"
	}
}

// rough writes a time of at least a second in its largest unit.
func rough(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// size writes a number of bytes in its largest unit.
func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 1000*1000:
		return fmt.Sprintf("%.1f KB", float64(bytes)/1e3)
	case bytes < 1000*1000*1000:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
