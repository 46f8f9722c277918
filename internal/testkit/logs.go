package testkit

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// Logs is a slog.Handler that remembers what was logged.
type Logs struct {
	mu    sync.Mutex
	lines []string
}

// Enabled is of slog.Handler: all is remembered.
func (l *Logs) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs is of slog.Handler; the attributes are not remembered.
func (l *Logs) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup is of slog.Handler; groups are not remembered.
func (l *Logs) WithGroup(string) slog.Handler { return l }

// Handle is of slog.Handler.
func (l *Logs) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.lines = append(l.lines, line)
	return nil
}

// Count says how many lines hold the part.
func (l *Logs) Count(part string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
