//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/client"
)

// script answers with one task, delivery or error after the other.
type script struct {
	steps []any
	at    []time.Duration // when each was asked for
	start time.Time
}

func play(steps ...any) *script { return &script{steps: steps, start: time.Now()} }

func (s *script) next() any {
	s.at = append(s.at, time.Since(s.start))
	step := s.steps[0]
	if len(s.steps) > 1 {
		s.steps = s.steps[1:]
	}
	return step
}

func (s *script) Task(context.Context, string) (client.Task, error) {
	switch step := s.next().(type) {
	case error:
		return client.Task{}, step
	default:
		return step.(client.Task), nil
	}
}

func (s *script) Delivery(context.Context, string) (client.Delivery, error) {
	switch step := s.next().(type) {
	case error:
		return client.Delivery{}, step
	default:
		return step.(client.Delivery), nil
	}
}

func running(percent int) client.Task {
	return client.Task{ID: "task_1", Status: "running", Progress: percent}
}

func TestWatchTask(t *testing.T) {
	t.Parallel()
	steps := []any{client.Task{ID: "task_1", Status: "pending"}, running(10), running(10), running(50), client.Task{ID: "task_1", Status: "succeeded"}}
	synctest.Test(t, func(t *testing.T) {
		var lines, screenText bytes.Buffer
		from := play(steps...)
		k, err := awaitTask(t.Context(), from, &progress{to: &screen{w: &lines}}, "task_1")
		if err != nil || k.Status != "succeeded" {
			t.Errorf("ended as %+v, %v", k, err)
		}
		want := "task_1  pending\ntask_1  running  10 %\ntask_1  running  50 %\n"
		if lines.String() != want {
			t.Errorf("lines:\n%s\nwant\n%s", &lines, want)
		}
		ms := time.Millisecond
		if waits := []time.Duration{0, 1000 * ms, 2250 * ms, 3812500 * time.Microsecond, 5765625 * time.Microsecond}; !slices.Equal(from.at, waits) {
			t.Errorf("looked at %v", from.at)
		}

		_, err = awaitTask(t.Context(), play(steps...), &progress{to: &screen{w: &screenText, terminal: true, width: 50}}, "task_1")
		want = "\r\x1b[Ktask_1  pending  0s" +
			"\r\x1b[Ktask_1  running  ██░░░░░░░░░░░░░░░░░░  10 %  1s" +
			"\r\x1b[Ktask_1  running  ██░░░░░░░░░░░░░░░░░░  10 %  2s" +
			"\r\x1b[Ktask_1  running  ██████████░░░░░░░░░░  50 %  3s\r\x1b[K"
		if err != nil || screenText.String() != want {
			t.Errorf("%v, screen:\n%q\nwant\n%q", err, &screenText, want)
		}
	})
}

func TestWatchSlowsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		from := play(running(0))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if _, err := awaitTask(ctx, from, &progress{to: &screen{w: &out}}, "task_1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		n := len(from.at)
		if last := from.at[n-1] - from.at[n-2]; last != 5*time.Second || n > 140 {
			t.Errorf("looked %d times, at last every %s", n, last)
		}
	})
}

func TestWatchOutlastsARestart(t *testing.T) {
	t.Parallel()
	away, gone := errors.New("connection refused"), &client.Error{Status: 404, Code: "TASK_NOT_FOUND"}
	for name, test := range map[string]struct {
		steps []any
		want  error
		looks int
	}{
		"away and back":    {[]any{running(1), away, away, &client.Error{Status: 503, RetryAfter: 20 * time.Second}, client.Task{Status: "failed"}}, nil, 5},
		"away for good":    {[]any{running(1), away}, away, 2 + maxFailures},
		"never there":      {[]any{away}, away, 1},
		"gone":             {[]any{running(1), gone}, gone, 2},
		"away, back, away": {[]any{running(1), away, running(2), away, client.Task{Status: "expired"}}, nil, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			from := play(test.steps...)
			_, err := awaitTask(t.Context(), from, &progress{to: &screen{w: &bytes.Buffer{}}}, "task_1")
			if err != test.want || len(from.at) != test.looks {
				t.Errorf("%s: %v after %d looks", name, err, len(from.at))
			}
			if name == "away and back" && from.at[4]-from.at[3] != 20*time.Second {
				t.Errorf("the server's wait is not kept: %v", from.at)
			}
		})
	}
}

func TestWatchDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		due := time.Now().Add(time.Minute)
		steps := []any{client.Delivery{ID: "dlv_1", State: "pending"},
			client.Delivery{ID: "dlv_1", State: "pending", Attempts: 1, LastError: "no\x1b", NextAttemptAt: due},
			client.Delivery{ID: "dlv_1", State: "delivered", Attempts: 2}}
		var out bytes.Buffer
		d, err := awaitDelivery(t.Context(), play(steps...), &progress{to: &screen{w: &out, terminal: true, width: 99}}, "dlv_1")
		want := "\r\x1b[Kdlv_1  pending, tries: 0\r\x1b[K" + `dlv_1  pending, tries: 1  next try in 59s  no\x1b` + "\r\x1b[K"
		if err != nil || d.State != "delivered" || out.String() != want {
			t.Errorf("%v %v %q", d, err, &out)
		}
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{
		"succeeded": "<nil>", "cancelled": "task_1 is cancelled",
		"expired": "task_1 has expired: its results are removed; `taskhook task retry task_1` makes them again",
	} {
		if got := fmt.Sprint(judge(client.Task{ID: "task_1", Status: status})); got != want {
			t.Errorf("%s: %s", status, got)
		}
	}
	if err := judge(client.Task{ID: "task_1", Status: "failed", Error: &client.TaskError{Code: "C", Message: "no"}}); fmt.Sprint(err) != "task_1 has failed: no (C)" {
		t.Error(err)
	}
	for _, status := range []string{"pending", "queued", "running", "something new"} {
		if ended(status) {
			t.Errorf("%s is an end", status)
		}
	}
}
