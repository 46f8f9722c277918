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
func cpuTime(pid int) (used time.Duration, ok bool) { return statTime(pid, 11, 13) }

// stat returns the fields of a process in /proc from the third on, its state.
func stat(pid int) []string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	// The second field is the program's name in parentheses, which may hold spaces.
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// statTime sums up fields of stat that are CPU times: user and system from the
// eleventh on, then those of children that were waited for.
func statTime(pid, from, to int) (used time.Duration, ok bool) {
	fields := stat(pid)
	if len(fields) < to {
		return 0, false
	}
	for _, field := range fields[from:to] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, false
		}
		used += time.Duration(ticks) * tick
	}
	return used, true
}

// familyTime is what a process and its children have used, those too that have
// ended and were waited for.
func familyTime(pid int) (used time.Duration, ok bool) {
	own, ok := statTime(pid, 11, 15)
	if !ok {
		return 0, false
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, false
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if fields := stat(child); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			more, _ := statTime(child, 11, 13) // 0: it has ended meanwhile
			own += more
		}
	}
	return own, true
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
