package crash

import (
	"context"
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
	faultRounds = flag.Int("faults", 1, "how often each fault strikes")
	faultKills  = flag.Int("kills", 1, "how often a server is killed besides")
	volume      = flag.Int("volume", 2000, "how many deliveries there are at least in each trial")
	least       = flag.Duration("least", 0, "how long a node is stopped or cut off at least")
	lasting     = flag.Duration("lasting", time.Second/2, "how long a fault lasts at most, beyond that")
	apart       = flag.Bool("apart", false, "give each fault a trial of its own, for a table")
)

// TestFaultsOnSQLite holds the promises against what happens to one server and its
// disk.
func TestFaultsOnSQLite(t *testing.T) {
	disk := powerfs.Need(t, nil)
	besiege(t, func(t *testing.T) *Trial {
		if disk == nil {
			return &Trial{}
		}
		return &Trial{Data: disk.Dir() + "/" + t.Name()}
	}, func(trial *Trial) []Fault {
		faults := []Fault{freeze(0, *lasting)}
		if disk != nil {
			faults = append(faults, fill(disk, *lasting))
		}
		return append(faults, clocks(t, trial)...)
	})
}

// TestFaultsOnPostgres holds them against what happens to one server, its PostgreSQL,
// and the way there.
func TestFaultsOnPostgres(t *testing.T) {
	t.Parallel() // beside the next one, for both mostly wait
	if !pgtest.Need(t) {
		return
	}
	onPostgres(t, 1)
}

// TestFaultsOnNodes does with three servers on one PostgreSQL, of which faults strike
// one, or all.
func TestFaultsOnNodes(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	onPostgres(t, 3)
}

// onPostgres lets each server have a way of its own to the database.
func onPostgres(t *testing.T, nodes int) {
	t.Helper()
	pg := pgtest.Own(t, "max_connections = 60", "autovacuum = on")
	disk := diskOf(t, pg)
	database := func(t *testing.T) (string, error) {
		if disk == nil {
			return pg.Database(t.Context())
		}
		return pg.DatabaseAt(t.Context(), disk.Dir())
	}
	besiege(t, func(t *testing.T) *Trial {
		return &Trial{Nodes: nodes,
			Database: func() string {
				name, err := database(t)
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
	}, func(trial *Trial) []Fault {
		faults := []Fault{
			freeze(*least, *lasting),
			interrupt("cut off", tcpproxy.Cut, 0, *least, *lasting),
			interrupt("nothing comes through", tcpproxy.Stall, 0, *least, *lasting),
			interrupt("slow", tcpproxy.Slow, 50*time.Millisecond, 0, *lasting),
			lock(pg, trial, *lasting),
			restart("restart, fast", pg, pgtest.Fast, *lasting),
			restart("restart, immediate", pg, pgtest.Immediate, *lasting),
			restart("restart, kill -9", pg, pgtest.Kill, *lasting),
			exhaust(pg, *lasting),
		}
		if disk != nil {
			faults = append(faults, fill(disk, *lasting))
		}
		return append(faults, clocks(t, trial)...)
	})
}

// diskOf is a disk for the tables of a PostgreSQL.
func diskOf(t *testing.T, pg *pgtest.Server) *powerfs.FS {
	t.Helper()
	dir, err := pg.MakeDir()
	if err != nil {
		t.Fatal(err)
	}
	disk := powerfs.NeedAt(t, dir, nil)
	t.Cleanup(func() { // before it is unmounted
		if err := pg.Stop(context.Background(), pgtest.Immediate); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// clocks is a clock that is an hour ahead, and one that is behind.
func clocks(t *testing.T, trial *Trial) []Fault {
	if !clock.Need(t) {
		return nil
	}
	return []Fault{jump(trial, time.Hour, *lasting), jump(trial, -time.Hour, *lasting)}
}

// besiege runs a trial in which faults strike, or one for each of them.
func besiege(t *testing.T, make func(*testing.T) *Trial, list func(*Trial) []Fault) {
	t.Helper()
	if !*apart {
		trial := make(t)
		faults := []Fault{nothing()}
		for range *faultKills {
			faults = append(faults, kills())
		}
		trial.Faults = append(faults, list(trial)...)
		trial.Rounds = *faultRounds * len(trial.Faults)
		row(t, trial, "all")
		return
	}
	for i, f := range append([]Fault{nothing(), kills()}, list(&Trial{})...) {
		t.Run(f.Name, func(t *testing.T) {
			trial := make(t)
			if trial.Rounds = *faultRounds; i == 1 {
				trial.Rounds = *faultKills
			}
			trial.Faults = append([]Fault{nothing(), kills()}, list(trial)...)[i : i+1]
			row(t, trial, f.Name)
		})
	}
}

// row runs a trial and writes a row of a table.
func row(t *testing.T, trial *Trial, name string) {
	t.Helper()
	trial.Dir, trial.Volume = directory(t), *volume
	v := hold(t, trial)
	t.Logf("| %s | %d | %d | %d | %d | %d | %d |", name, trial.Rounds, v.Kills, v.Deliveries, v.Unrecorded, v.Duplicates, len(v.Violations))
	if name == nothing().Name && v.Unrecorded+v.Duplicates > 0 {
		t.Errorf("%d requests are unrecorded and %d came twice without a fault", v.Unrecorded, v.Duplicates)
	}
}
