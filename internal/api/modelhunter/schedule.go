package modelhunter

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// schedule reads a retry schedule: a list of seconds, or null for the operator's.
type schedule struct {
	given  bool
	delays taskhook.Schedule // nil: the operator's
}

func (s *schedule) decode(name string, value []byte) error {
	var seconds []*float64
	if err := json.Unmarshal(value, &seconds); err != nil || slices.Contains(seconds, nil) {
		return wrongType(name, "a list of numbers of seconds, or null")
	}
	s.given = true
	if seconds == nil {
		s.delays = nil
		return nil
	}
	delays := make(taskhook.Schedule, len(seconds))
	for i, n := range seconds {
		// Far outside of what is allowed, but inside of a Duration.
		delays[i] = time.Duration(min(max(*n, -1), 1e9) * float64(time.Second))
	}
	checked, err := taskhook.ParseSchedule(delays.String())
	if err != nil {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s can't be used: %s.", name, err)
	}
	s.delays = checked
	return nil
}
