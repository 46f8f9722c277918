package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// day is a unit of Age.
const day = 24 * time.Hour

// Age is a time that may be told in days: 30d.
type Age time.Duration

// UnmarshalText reads 30d, 36h, or 0.
func (a *Age) UnmarshalText(text []byte) error {
	days, inDays := strings.CutSuffix(string(text), "d")
	if inDays {
		n, err := strconv.ParseInt(days, 10, 32)
		*a = Age(n) * Age(day)
		if err != nil || n < 0 || n > maxDays {
			return fmt.Errorf("%q is not a number of days up to %d", text, maxDays)
		}
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not an age; write it like 30d or 36h, or 0 for ever", text)
	}
	*a = Age(d)
	return nil
}

// maxDays is as old as anything gets.
const maxDays = 36_500

// MarshalText writes the form that UnmarshalText reads.
func (a Age) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// String returns days where they are whole.
func (a Age) String() string {
	switch d := time.Duration(a); {
	case d == 0:
		return "0"
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	default:
		return d.String()
	}
}

// Size is a number of bytes that may be told in units: 20GB.
type Size int64

// units are those of Size, the largest first.
func units() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}}
}

// UnmarshalText reads 20GB, 500MB, a plain number of bytes, or 0.
func (s *Size) UnmarshalText(text []byte) error {
	digits, factor := string(text), int64(1)
	for _, u := range units() {
		if rest, ok := strings.CutSuffix(digits, u.name); ok {
			digits, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%q is not an amount; write it like 20GB or 500MB, or 0 for any", text)
	}
	*s = Size(n * factor)
	return nil
}

// MarshalText writes the form that UnmarshalText reads.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the largest unit of which it is a whole number.
func (s Size) String() string {
	for _, u := range units() {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
