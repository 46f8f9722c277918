//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/bench"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// TestBench runs every scenario with real processes on each database. It looks at what
// was counted, never at how long it took.
func TestBench(t *testing.T) {
	t.Parallel()
	databases := []string{bench.SQLite}
	if pgtest.Need(t) {
		databases = append(databases, pgtest.Database(t))
	}
	for _, name := range bench.Scenarios() {
		for _, database := range databases {
			o := tiny(t)
			o.Database = database
			kind, _, _ := strings.Cut(database, ":")
			t.Run(name+" on "+kind, func(t *testing.T) {
				t.Parallel()
				report, err := bench.Run(t.Context(), name, o)
				if errors.Is(err, bench.ErrNeedsPostgres) && kind == bench.SQLite {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if report.Scenario != name || report.Database != kind || len(report.Figures) == 0 {
					t.Errorf("report is %+v", report)
				}
				if left, err := filepath.Glob(filepath.Join(o.Data, "*")); err != nil || len(left) > 0 {
					t.Errorf("left behind: %q, %v", left, err)
				}
			})
		}
	}
}

// tiny are measurements of no figures.
func tiny(t *testing.T) bench.Options {
	self := []string{released(t)}
	return bench.Options{Self: self, Program: self, Data: t.TempDir(), Database: bench.SQLite, Publishes: 200, Connections: 8, BodyBytes: 600,
		Receivers: 20, Backlog: 2000, History: 2000, Polled: 20, Rounds: 1, Timeout: time.Minute, Log: io.Discard}
}

func TestBenchKeepsHistory(t *testing.T) {
	t.Parallel()
	o := tiny(t)
	o.Cache, o.Rounds = filepath.Join(t.TempDir(), "kept"), 2
	report, err := bench.Run(t.Context(), "history", o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Figures {
		if f.Name == "time to fill" {
			t.Errorf("the second round filled anew: %+v", f)
		}
	}
}

func TestBenchProfiles(t *testing.T) {
	t.Parallel()
	o := tiny(t)
	profiles := filepath.Join(t.TempDir(), "made", "for it")
	o.Profile = profiles
	_, err := bench.Run(t.Context(), "idle", o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"idle-sqlite-1.cpu.pprof", "idle-sqlite-1.allocs.pprof"} {
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
