package node

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/internal/testkit"
)

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logs := &testkit.Logs{}
		var answer func() (time.Time, error)
		c := NewClock(func(context.Context) (time.Time, error) { return answer() }, slog.New(logs))
		off := func() time.Duration { return c.Now().Sub(time.Now().Round(0)).Round(time.Second) }
		for _, step := range []struct {
			name   string
			answer func() (time.Time, error)
			want   time.Duration
		}{
			{"none", func() (time.Time, error) { return time.Time{}, nil }, 0},
			{"an hour ahead", func() (time.Time, error) { return time.Now().Add(time.Hour).Round(0), nil }, time.Hour},
			{"late", func() (time.Time, error) {
				<-time.After(3 * time.Second)
				return time.Now().Round(0), nil
			}, time.Hour},
			{"set right", func() (time.Time, error) { return time.Now().Round(0), nil }, 0},
		} {
			answer = step.answer
			if err := c.Set(t.Context()); err != nil {
				t.Fatal(err)
			}
			if step.name == "set right" && c.shown.IsZero() {
				t.Error("a jump of the machine's clock would be followed until the next look")
			}
			if got := off(); got != step.want {
				t.Errorf("%s: the clock is off by %v, want %v", step.name, got, step.want)
			}
			pass(time.Minute)
			if got := off(); got != step.want {
				t.Errorf("%s: a minute later the clock is off by %v, want %v", step.name, got, step.want)
			}
		}
		if n := logs.Count("set the clock"); n != 2 {
			t.Errorf("it was logged %d times", n)
		}
	})
}
