//go:build unix

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// printed returns what a table looks like on a screen.
func printed(t *testing.T, table *table, s screen) string {
	t.Helper()
	var b bytes.Buffer
	s.w = &b
	if err := table.print(&s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func deliveries() *table {
	t := deliveryTable()
	for _, d := range []client.Delivery{
		{ID: "dlv_06h02tve19ze144bhd4adcw0a0", State: "failed", Attempts: 4, CreatedAt: noon().Add(-3 * time.Minute), EventType: "order.paid",
			URL: "https://hooks.example.com/a/rather/long/path", LastError: "the receiver answered 500 Internal Server Error"},
		{ID: "dlv_06h02tve19yhk6kp395nqhv4b8", State: "pending", Held: true, CreatedAt: noon().Add(-50 * time.Hour), EventType: "task.completed",
			URL: "https://例え.example/"},
	} {
		t.add(deliveryRow(noon(), d)...)
	}
	return t
}

func TestTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		width int
		want  string
	}{
		"of any width": {0, `
ID                              STATE   TRIES  CREATED  URL                                           EVENT           LAST ERROR
dlv_06h02tve19ze144bhd4adcw0a0  failed  4      3m ago   https://hooks.example.com/a/rather/long/path  order.paid      the receiver answered 500 Internal Server Error
dlv_06h02tve19yhk6kp395nqhv4b8  held    0      2d ago   https://例え.example/                         task.completed  -
`},
		"wide": {126, `
ID                              STATE   TRIES  CREATED  URL                         EVENT           LAST ERROR
dlv_06h02tve19ze144bhd4adcw0a0  failed  4      3m ago   https://hooks.example.com…  order.paid      the receiver answered 500…
dlv_06h02tve19yhk6kp395nqhv4b8  held    0      2d ago   https://例え.example/       task.completed  -
`},
		"as usual": {80, `
ID                              STATE   TRIES  CREATED  URL
dlv_06h02tve19ze144bhd4adcw0a0  failed  4      3m ago   https://hooks.example.c…
dlv_06h02tve19yhk6kp395nqhv4b8  held    0      2d ago   https://例え.example/
`},
		"too narrow": {20, `
ID                              STATE   TRIES  CREATED  URL
dlv_06h02tve19ze144bhd4adcw0a0  failed  4      3m ago   https://hoo…
dlv_06h02tve19yhk6kp395nqhv4b8  held    0      2d ago   https://例…
`},
	} {
		got := printed(t, deliveries(), screen{width: test.width})
		if want := strings.TrimPrefix(test.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestTableOfTasks(t *testing.T) {
	t.Parallel()
	k := taskTable()
	k.add(taskRow(noon(), client.Task{ID: "task_1", Status: "failed", Progress: 40, Provider: "vidu", Model: "q3", Capability: "text-to-video",
		CreatedAt: noon(), Error: &client.TaskError{Code: "PROVIDER_ERROR", Message: "it \x1b[31mbroke"}})...)
	k.add(taskRow(noon(), client.Task{ID: "task_2", Status: "running", CreatedAt: noon().Add(-time.Hour), Provider: "a", Model: "b\nc"})...)
	want := `ID      STATUS   DONE  CREATED  MODEL    ERROR             CAPABILITY
task_1  failed   40 %  now      vidu/q3  it \x1b[31mbroke  text-to-video
task_2  running  0 %   1h ago   a/b\nc   -                 -
`
	if got := printed(t, k, screen{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	coloured := printed(t, k, screen{colour: true})
	expect(t, coloured, "\x1b[31mfailed\x1b[0m   40 %", "\x1b[33mrunning\x1b[0m", "\x1b[2mID\x1b[0m")
	e := endpointTable()
	e.add(endpointRow(noon(), client.Webhook{ID: "wh_1", State: "active", Events: []string{"a", "b"}, URL: "u", CreatedAt: noon()})...)
	want = "ID    STATE   CREATED  URL  EVENTS  DESCRIPTION\nwh_1  active  now      u    a, b    -\n"
	if got := printed(t, e, screen{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"now": 900 * time.Millisecond, "1s ago": time.Second, "59m ago": time.Hour - 1, "47h ago": 48*time.Hour - 1, "2d ago": 48 * time.Hour,
		"in 5m": -5 * time.Minute, "in 1s": -1500 * time.Millisecond,
	} {
		if got := since(noon(), noon().Add(-d)); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
	if got := since(noon(), time.Time{}); got != "-" {
		t.Errorf("no time is %s", got)
	}
	for n, want := range map[int64]string{7: "7 bytes", 1000: "1.0 KB", 12582912: "12.6 MB", 2e9: "2.0 GB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
