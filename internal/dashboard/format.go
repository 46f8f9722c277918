package dashboard

import (
	"fmt"
	"strings"
	"time"
)

// shortID returns an id as it is shown where space is short: its prefix and its
// last characters, for the first are the time and the same for neighbours.
func shortID(id string) string {
	const tail = 7
	prefix, rest, ok := strings.Cut(id, "_")
	if !ok || len(rest) <= tail+2 {
		return id
	}
	return prefix + "_…" + rest[len(rest)-tail:]
}

// clock returns a time to the second, in UTC; scripts show it in the reader's zone.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// iso returns a time for machines, to the millisecond.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// took returns a duration as people say it: "87 ms", "1.3 s", "5 min 20 s", "2 h".
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	}
	d = d.Truncate(time.Second)
	switch {
	case d < time.Minute:
		return units(d, time.Second, "s", 0, "")
	case d < time.Hour:
		return units(d, time.Minute, "min", time.Second, "s")
	case d < 48*time.Hour:
		return units(d, time.Hour, "h", time.Minute, "min")
	}
	return units(d, 24*time.Hour, "d", time.Hour, "h")
}

// units writes a duration in a unit and, for the rest, a smaller one.
func units(d, unit time.Duration, name string, smaller time.Duration, smallerName string) string {
	text := fmt.Sprintf("%d %s", d/unit, name)
	if smaller > 0 && d%unit >= smaller {
		text += fmt.Sprintf(" %d %s", d%unit/smaller, smallerName)
	}
	return text
}

// size returns a number of bytes as people say it: "812 B", "1.4 MB".
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	amount, unit := float64(n)/1000, 0
	for amount >= 999.95 && unit < 3 {
		amount, unit = amount/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", amount, [...]string{"kB", "MB", "GB", "TB"}[unit])
}
