package crash

import (
	"context"
	"flag"
	"net/url"
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
	lasting     = flag.Duration("lasting", 1500*time.Millisecond, "how long a fault lasts at most")
)

// TestFaultsOnSQLite holds the promises against what happens to one server and its
// disk.
func TestFaultsOnSQLite(t *testing.T) {
	t.Run("none", func(t *testing.T) { besiege(t, &Trial{}, nothing()) })
	t.Run("kill", func(t *testing.T) { besiege(t, &Trial{}, kills()) })
	t.Run("stop", func(t *testing.T) { besiege(t, &Trial{}, freeze(*lasting)) })
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

// besiege runs a trial in which a fault strikes again and again.
func besiege(t *testing.T, trial *Trial, faults ...Fault) *Verdict {
	t.Helper()
	trial.Dir, trial.Rounds, trial.Faults, trial.Volume = directory(t), *faultRounds*len(faults), faults, *volume
	verdict := hold(t, trial)
	t.Logf("| %s | %d | %d | %d | %d | %d |", faults[0].Name, verdict.Kills, verdict.Deliveries, verdict.Unrecorded, verdict.Duplicates, len(verdict.Violations))
	return verdict
}

var _ = context.Background
var _ = url.Parse
var _ = pgtest.Need
var _ = tcpproxy.Start
