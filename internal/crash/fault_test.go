package crash

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit/clock"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/powerfs"
	"github.com/taskhook/taskhook/internal/testkit/tcpproxy"
)

var (
	faultRounds = flag.Int("faults", 2, "how often each fault strikes")
	volume      = flag.Int("volume", 500, "how many deliveries there are at least while it does, in each trial")
	nodes       = flag.Int("nodes", 1, "servers on one PostgreSQL")
	least       = flag.Duration("least", 0, "how long a node is stopped or cut off at least")
	lasting     = flag.Duration("lasting", 1500*time.Millisecond, "how long a fault lasts at most")
)

// TestFaultsOnSQLite holds the promises against what happens to one server and its
// disk.
func TestFaultsOnSQLite(t *testing.T) {
	t.Run("none", func(t *testing.T) { besiege(t, &Trial{}, nothing()) })
	t.Run("kill", func(t *testing.T) { besiege(t, &Trial{}, kills()) })
	t.Run("stop", func(t *testing.T) { besiege(t, &Trial{}, freeze(0, *lasting)) })
	t.Run("clock", func(t *testing.T) {
		if trial := (&Trial{}); clock.Need(t) {
			besiege(t, trial, jump(trial, time.Hour, *lasting), jump(trial, -time.Hour, *lasting))
		}
	})
	t.Run("full", func(t *testing.T) {
		if disk := powerfs.Need(t, nil); disk != nil {
			besiege(t, &Trial{Data: disk.Dir()}, fill(disk, *lasting))
		}
	})
}

// TestFaultsOnPostgres holds them against what happens to a PostgreSQL, to the way
// there, and to one of the servers that work on it.
func TestFaultsOnPostgres(t *testing.T) {
	if !pgtest.Need(t) {
		return
	}
	pg := pgtest.Own(t, "max_connections = 40", "autovacuum = on")
	for _, strike := range []struct {
		name   string
		faults func(*Trial) []Fault
	}{
		{"none", func(*Trial) []Fault { return []Fault{nothing()} }},
		{"kill", func(*Trial) []Fault { return []Fault{kills()} }},
		{"stop", func(*Trial) []Fault { return []Fault{freeze(*least, *lasting)} }},
		{"cut", func(*Trial) []Fault { return []Fault{interrupt("cut off", tcpproxy.Cut, 0, *least, *lasting)} }},
		{"stall", func(*Trial) []Fault {
			return []Fault{interrupt("nothing comes through", tcpproxy.Stall, 0, *least, *lasting)}
		}},
		{"slow", func(trial *Trial) []Fault {
			return []Fault{interrupt("slow", tcpproxy.Slow, 50*time.Millisecond, 0, *lasting), lock(pg, trial, *lasting)}
		}},
		{"fast", func(*Trial) []Fault { return []Fault{restart("restart, fast", pg, pgtest.Fast, *lasting)} }},
		{"immediate", func(*Trial) []Fault { return []Fault{restart("restart, immediate", pg, pgtest.Immediate, *lasting)} }},
		{"dead", func(*Trial) []Fault { return []Fault{restart("restart, kill -9", pg, pgtest.Kill, *lasting)} }},
		{"connections", func(*Trial) []Fault { return []Fault{exhaust(pg, *lasting)} }},
	} {
		t.Run(strike.name, func(t *testing.T) {
			trial := onPostgres(t, pg)
			besiege(t, trial, strike.faults(trial)...)
		})
	}
}

// onPostgres is a trial on a new database, which each server has a way of its own
// to.
func onPostgres(t *testing.T, pg *pgtest.Server) *Trial {
	t.Helper()
	return &Trial{Nodes: *nodes,
		Database: func() string {
			name, err := pg.Database(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return name
		},
		Proxy: func(name string) (string, *tcpproxy.Proxy, error) {
			way, err := tcpproxy.Start("unix", pg.Socket())
			if err != nil {
				return "", nil, err
			}
			return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", pgtest.Role, way.Addr(), name), way, nil
		}}
}

// besiege runs a trial in which a fault strikes again and again.
func besiege(t *testing.T, trial *Trial, faults ...Fault) *Verdict {
	t.Helper()
	trial.Dir, trial.Rounds, trial.Faults, trial.Volume = directory(t), *faultRounds*len(faults), faults, *volume
	verdict := hold(t, trial)
	t.Logf("| %s | %d | %d | %d | %d | %d |", faults[0].Name, verdict.Kills, verdict.Deliveries, verdict.Unrecorded, verdict.Duplicates, len(verdict.Violations))
	return verdict
}
