package taskhook_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestParseSchedule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want taskhook.Schedule
		err  string
	}{
		{"", taskhook.Schedule{}, ""},
		{"  ", taskhook.Schedule{}, ""},
		{"1m,5m,30m", taskhook.Schedule{time.Minute, 5 * time.Minute, 30 * time.Minute}, ""},
		{" 1s , 2h ", taskhook.Schedule{time.Second, 2 * time.Hour}, ""},
		{"0s", taskhook.Schedule{0}, ""},
		{"168h", taskhook.Schedule{7 * 24 * time.Hour}, ""},
		{strings.Repeat("1s,", 49) + "1s", slices.Repeat(taskhook.Schedule{time.Second}, 50), ""},
		{strings.Repeat("1s,", 50) + "1s", nil, "51 retries are more than 50"},
		{"168h1ns", nil, "between 0s and 168h"},
		{"-1s", nil, "between 0s and"},
		{"5", nil, "write it like 30s, 5m or 2h"},
		{"1m,", nil, "write it like"},
		{"1m;5m", nil, "write it like"},
		{"9999999999h", nil, "write it like"},
	}
	for _, tt := range tests {
		got, err := taskhook.ParseSchedule(tt.text)
		switch {
		case tt.err == "" && (err != nil || got == nil || !slices.Equal(got, tt.want)):
			t.Errorf("ParseSchedule(%q) = %v, %v", tt.text, got, err)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("ParseSchedule(%q) = %v, want %q in the error", tt.text, err, tt.err)
		}
	}
}

func TestScheduleAfter(t *testing.T) {
	t.Parallel()
	s := taskhook.Schedule{time.Minute, 5 * time.Minute}
	for n, want := range map[int]time.Duration{-1: -1, 0: -1, 1: time.Minute, 2: 5 * time.Minute, 3: -1, 1 << 40: -1} {
		if got, ok := s.After(n); ok != (want >= 0) || ok && got != want {
			t.Errorf("after attempt %d: %s, %t", n, got, ok)
		}
	}
	if _, ok := taskhook.Schedule(nil).After(1); ok {
		t.Error("no schedule has a second attempt")
	}
}

func TestScheduleAsText(t *testing.T) {
	t.Parallel()
	var config struct{ Retries taskhook.Schedule }
	if err := json.Unmarshal([]byte(`{"Retries":"1m,90s"}`), &config); err != nil {
		t.Fatal(err)
	}
	if out, err := json.Marshal(config); err != nil || string(out) != `{"Retries":"1m0s,1m30s"}` {
		t.Errorf("%s, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"Retries":"soon"}`), &config); err == nil {
		t.Error("nonsense was read")
	}
	if len(config.Retries) != 2 {
		t.Errorf("nonsense has changed it to %v", config.Retries)
	}
}

// FuzzParseSchedule holds that what is read is in bounds and is read again from
// its own text.
func FuzzParseSchedule(f *testing.F) {
	for _, seed := range []string{"", "1m,5m,30m", "0s", "168h", ",", "1h2m3s4ms5us6ns", "-1s", "１m", "1e3s", ".5h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := taskhook.ParseSchedule(text)
		if err != nil {
			return
		}
		if len(s) > 50 {
			t.Errorf("%d retries", len(s))
		}
		for _, d := range s {
			if d < 0 || d > 7*24*time.Hour {
				t.Errorf("a delay of %s", d)
			}
		}
		again, err := taskhook.ParseSchedule(s.String())
		if err != nil || !slices.Equal(s, again) {
			t.Errorf("%q is read as %v, and its text %q as %v: %v", text, s, s, again, err)
		}
	})
}
