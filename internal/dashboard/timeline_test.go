package dashboard

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// told writes a timeline as lines of "gap tone title".
func told(line []moment) (lines []string) {
	for _, m := range line {
		lines = append(lines, fmt.Sprintf("%s %s %s", took(m.Gap), m.Tone, m.Title))
	}
	return lines
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	at := noon()
	task := taskhook.Task{State: taskhook.TaskSucceeded, CreatedAt: at, StartedAt: at.Add(time.Second), FinishedAt: at.Add(31 * time.Second)}
	failing := []taskhook.Attempt{
		// The store keeps starts in milliseconds and durations in microseconds.
		{Number: 1, StartedAt: at.Add(32 * time.Second), Duration: 500300 * time.Microsecond, Status: 500, Class: taskhook.ClassStatus, Error: "it answered 500"},
		{Number: 2, StartedAt: at.Add(92 * time.Second), Duration: 500300 * time.Microsecond, Status: 500, Class: taskhook.ClassStatus, Error: "it answered 500"},
	}
	accepted := []taskhook.Attempt{{Number: 1, StartedAt: at.Add(10 * time.Minute), Duration: 0, Status: 204, Class: taskhook.ClassOK}}
	made := at.Add(31 * time.Second)
	sent := []tried{
		{taskhook.Delivery{ID: "dlv_a", EventType: "task.completed", State: taskhook.DeliveryFailed, CreatedAt: made, FinishedAt: at.Add(92500 * time.Millisecond)}, failing},
		{taskhook.Delivery{ID: "dlv_b", EventType: "task.completed", State: taskhook.DeliveryPending, Attempts: 1, CreatedAt: made, DueAt: at.Add(time.Hour)}, failing[:1]},
		{taskhook.Delivery{ID: "dlv_c", EventType: "task.completed", State: taskhook.DeliveryPending, Held: true, CreatedAt: made}, nil},
		{taskhook.Delivery{ID: "dlv_d", ReplayOf: "dlv_a", EventType: "task.completed", State: taskhook.DeliveryDelivered, CreatedAt: at.Add(9 * time.Minute)}, accepted},
	}
	line := timeline(&task, sent)
	want := []string{
		"0 ms plain Task created",
		"1.0 s plain Started",
		"30 s good Succeeded",
		"0 ms plain Event task.completed",
		"1.5 s bad Attempt 1: answered 500",
		"0 ms bad Attempt 1: answered 500",
		"1 min bad Attempt 2: answered 500",
		"0 ms bad Delivery failed",
		"7 min 27 s plain Replay asked for",
		"1 min good Attempt 1: accepted with 204",
		"0 ms wait Attempt 2 is due",
		"0 ms wait Held",
	}
	if got := told(line); !slices.Equal(got, want) {
		t.Errorf("it tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if line[4].Hint != "" || line[6].Hint == "" || line[6].Error != "it answered 500" || line[6].Path != "/deliveries/dlv_a" {
		t.Errorf("the attempts are told as %+v and %+v", line[4], line[6])
	}
}

func TestTimelineOfEachState(t *testing.T) {
	t.Parallel()
	for state, want := range map[taskhook.TaskState]string{taskhook.TaskPending: "Waiting for its turn", taskhook.TaskQueued: "Waiting for its turn",
		taskhook.TaskRunning: "Running, 40%", taskhook.TaskSucceeded: "Nobody was to be told", taskhook.TaskFailed: "Nobody was to be told",
		taskhook.TaskCancelled: "Cancelled", taskhook.TaskExpired: "Succeeded"} {
		line := timeline(&taskhook.Task{State: state, Progress: 40, CreatedAt: noon(), FinishedAt: noon()}, nil)
		if got := line[len(line)-1].Title; got != want {
			t.Errorf("%s ends with %q, want %q", state, got, want)
		}
	}
}
