//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// maxInput is more than any server takes at once.
const maxInput = 16 << 20

// readJSON returns what a flag gives: JSON itself, @file, or - for the standard
// input. Name is that of the flag.
func readJSON(name, text string) (json.RawMessage, error) {
	data, err := readArgument(text)
	switch {
	case err != nil:
		return nil, usageError{fmt.Errorf("read --%s: %w", name, err)}
	case len(strings.TrimSpace(string(data))) == 0:
		return nil, usageError{fmt.Errorf("--%s is empty: write JSON, @file, or - for the standard input", name)}
	}
	var value json.RawMessage
	if err := json.Unmarshal(data, &value); err != nil {
		return nil, usageError{fmt.Errorf("--%s is not JSON (%w): write JSON in single quotes, @file, or - for the standard input", name, err)}
	}
	return value, nil
}

func readArgument(text string) ([]byte, error) {
	var from io.Reader = os.Stdin
	if name, ok := strings.CutPrefix(text, "@"); ok {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	} else if text != "-" {
		return []byte(text), nil
	}
	data, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err == nil && len(data) > maxInput {
		err = fmt.Errorf("it has more than %s", size(maxInput))
	}
	return data, err
}

// readSchedule reads "1m,5m,30m", "none" for one attempt only, or "default" for
// the server's, as the seconds that the API wants.
func readSchedule(text string) (seconds []float64, err error) {
	switch text {
	case "default":
		return nil, nil
	case "none":
		return []float64{}, nil
	}
	schedule, err := taskhook.ParseSchedule(text)
	if err != nil || len(schedule) == 0 {
		return nil, usageError{fmt.Errorf("--retry %q can't be used: write it like 1m,5m,30m, or none, or default", text)}
	}
	for _, delay := range schedule {
		seconds = append(seconds, delay.Seconds())
	}
	return seconds, nil
}

// readMoment reads the time that a flag gives: how long ago it was, as 90m, 24h or
// 7d, or a date; zero when the flag is empty.
func readMoment(now time.Time, flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 1e5 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("%s must be like 90m, 24h or 7d, or a time like 2026-03-01 or 2026-03-01T09:30:00Z", flag)}
}
