package bench

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc on every Linux system.
const tick = 10 * time.Millisecond

// cpuTime returns what a running process has used so far; ok is false on systems
// that don't tell.
func cpuTime(pid int) (used time.Duration, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	// The second field is the program's name in parentheses, which may hold spaces.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, false
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err == nil
}

// The figures of memory in /proc, in bytes.
const (
	residentNow  = "VmRSS:"
	residentPeak = "VmHWM:"
)

// memory returns what a running process holds; ok is false on systems that don't
// tell.
func memory(pid int, which string) (bytes int64, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == which {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}
