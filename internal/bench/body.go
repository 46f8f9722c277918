package bench

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// eventType is the type of all events that are published, or how it begins.
const eventType = "bench.burst"

// typeOf is the type of the events for one of many endpoints.
func typeOf(i int) string { return eventType + "." + strconv.Itoa(i) }

// planned is where a body tells when its request was planned, in Unix nanoseconds.
const (
	plannedName   = `"planned":"`
	plannedDigits = 19
)

// body returns a publish of the type and of the size in bytes, or the smallest one.
func body(kind string, size int) string {
	const frame = `{"type":"%s","data":{"object":"order","total":4200,` + plannedName + `%0*d","note":"%s"}}`
	text := fmt.Sprintf(frame, kind, plannedDigits, 0, "")
	return fmt.Sprintf(frame, kind, plannedDigits, 0, strings.Repeat("n", max(0, size-len(text))))
}

// plan writes the time into a body, which need not have a place for it.
func plan(body []byte, planned time.Time) {
	if i := bytes.Index(body, []byte(plannedName)); i >= 0 {
		copy(body[i+len(plannedName):], fmt.Appendf(nil, "%0*d", plannedDigits, planned.UnixNano()))
	}
}

// plannedIn reads what plan wrote.
func plannedIn(body []byte) (time.Time, bool) {
	_, rest, ok := bytes.Cut(body, []byte(plannedName))
	if !ok || len(rest) < plannedDigits {
		return time.Time{}, false
	}
	nanos, err := strconv.ParseInt(string(rest[:plannedDigits]), 10, 64)
	return time.Unix(0, nanos), err == nil && nanos > 0
}
