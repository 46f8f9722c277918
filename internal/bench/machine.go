package bench

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Machine is what figures depend on. What this system does not tell is empty.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	OS     string `json:"os"` // "linux/amd64"
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Commit string `json:"commit"` // of this program, with "+" when it was changed since
	// FsyncMicros is the median time of making 4 KiB durable on the data's disk.
	FsyncMicros int64 `json:"fsync_us"`
	// Load is how many processes wanted to run in the minute before: 0 on a quiet
	// machine.
	Load float64 `json:"load"`
}

// String returns two lines for a table.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, kernel %s\n%s, commit %s, fsync of the data disk %d µs, load before %.1f",
		cmp.Or(m.CPU, "unknown CPU"), m.Cores, m.OS, cmp.Or(m.Kernel, "unknown"), m.Go, cmp.Or(m.Commit, "unknown"), m.FsyncMicros, m.Load)
}

func readMachine(dir string) (Machine, error) {
	fsync, err := fsyncTime(dir)
	if err != nil {
		return Machine{}, fmt.Errorf("measure the disk of the data directory: %w", err)
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease") // Linux only
	return Machine{
		CPU: cpuModel(), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH,
		Kernel: strings.TrimSpace(string(kernel)), Go: runtime.Version(), Commit: commit(), FsyncMicros: fsync.Microseconds(), Load: readLoad(),
	}, nil
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // Linux only
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func readLoad() float64 {
	text, _ := os.ReadFile("/proc/loadavg") // Linux only
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64) // 0: not known
	return load
}

func commit() (text string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	changed := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	return text + changed
}

// fsyncTime appends to a file and makes it durable, as a commit does.
func fsyncTime(dir string) (time.Duration, error) {
	f, err := os.CreateTemp(dir, "taskhook-fsync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(filepath.Join(dir, filepath.Base(f.Name())))
	defer f.Close()
	block := make([]byte, 4096)
	times := make([]time.Duration, 101)
	for i := range times {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		times[i] = time.Since(start)
	}
	return median(times), nil
}
