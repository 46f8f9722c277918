package taskhook

import (
	"fmt"
	"strings"
	"time"
)

// Schedule is the list of delays before the second, third and further attempts,
// each counted from the end of the attempt before. An empty schedule means one
// attempt.
type Schedule []time.Duration

// After returns the delay that follows attempt number n, counted from 1, and
// false when no further attempt is due.
func (s Schedule) After(n int) (time.Duration, bool) {
	if n < 1 || n > len(s) {
		return 0, false
	}
	return s[n-1], true
}

// String returns the form that ParseSchedule reads: "1m0s,5m0s,30m0s".
func (s Schedule) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = d.String()
	}
	return strings.Join(parts, ",")
}

// The bounds of a schedule.
const (
	maxRetries = 50
	maxDelay   = 7 * 24 * time.Hour
)

// ParseSchedule reads delays separated by commas, such as "1m,5m,30m"; the empty
// text is one attempt without retries.
func ParseSchedule(text string) (Schedule, error) {
	s := Schedule{}
	if strings.TrimSpace(text) == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		d, err := time.ParseDuration(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("read delay %q: write it like 30s, 5m or 2h", part)
		}
		if d < 0 || d > maxDelay {
			return nil, fmt.Errorf("read delay %q: must be between 0s and %s", part, maxDelay)
		}
		s = append(s, d)
	}
	if len(s) > maxRetries {
		return nil, fmt.Errorf("read schedule: %d retries are more than %d", len(s), maxRetries)
	}
	return s, nil
}

// MarshalText writes the schedule as String does.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseSchedule reads.
func (s *Schedule) UnmarshalText(text []byte) error {
	parsed, err := ParseSchedule(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
