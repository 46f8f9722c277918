//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/bench"
)

// TestBench runs every scenario with real processes. It looks at what was counted,
// never at how long it took.
func TestBench(t *testing.T) {
	t.Parallel()
	self := []string{os.Args[0], asProgram}
	for _, name := range bench.Scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			report, err := bench.Run(t.Context(), name, bench.Options{Self: self, Program: self, Data: dir, Publishes: 200,
				Connections: 8, BodyBytes: 600, Rounds: 1, Timeout: time.Minute, Log: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			if report.Scenario != name || len(report.Figures) == 0 {
				t.Errorf("report is %+v", report)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %q, %v", left, err)
			}
		})
	}
}

func TestBenchProfiles(t *testing.T) {
	t.Parallel()
	self := []string{os.Args[0], asProgram}
	profiles := filepath.Join(t.TempDir(), "made", "for it")
	_, err := bench.Run(t.Context(), "idle", bench.Options{Self: self, Program: self, Data: t.TempDir(), Publishes: 1,
		Connections: 1, BodyBytes: 1, Rounds: 1, Timeout: time.Minute, Profile: profiles, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"idle-1.cpu.pprof", "idle-1.allocs.pprof"} {
		if info, err := os.Stat(filepath.Join(profiles, name)); err != nil || info.Size() == 0 {
			t.Errorf("profile %s: %v", name, err)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	t.Parallel()
	_, stderr := invoke(t, 2, "bench", "nothing")
	expect(t, stderr, `no scenario "nothing"`, "burst")
	_, stderr = invoke(t, 2, "bench", "burst", "--rounds", "0")
	expect(t, stderr, "must be at least 1")
}
