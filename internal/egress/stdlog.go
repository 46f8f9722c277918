package egress

import (
	"log/slog"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// StdLog takes what net/http writes to the standard logger, such as bytes that
// a receiver sent unasked, and passes on so little of it that no receiver can
// fill the log. Hand it to log.SetOutput, with log.SetFlags(0).
type StdLog struct {
	logger *slog.Logger
	some   rate.Sometimes
}

// NewStdLog returns a StdLog that writes ten lines to logger, then at most one a
// second.
func NewStdLog(logger *slog.Logger) *StdLog {
	return &StdLog{logger: logger, some: rate.Sometimes{First: 10, Interval: time.Second}}
}

// Write logs one line, or drops it. It never fails.
func (l *StdLog) Write(line []byte) (int, error) {
	l.some.Do(func() {
		l.logger.Warn("standard library", "line", strings.ToValidUTF8(strings.TrimSpace(string(line)), "?"))
	})
	return len(line), nil
}
