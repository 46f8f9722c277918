package crash

import (
	"cmp"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

var (
	rounds = flag.Int("rounds", 16, "how many servers are killed")
	keep   = flag.String("keep", "", "directory for data and ledgers; default: a temporary one")
)

func TestMain(m *testing.M) {
	Main(os.Args[1:])
	os.Exit(m.Run())
}

// fullRun is how many rounds come to every point.
const fullRun = 300

// TestKills holds the promises against kills.
func TestKills(t *testing.T) {
	verdict := hold(t, &Trial{Dir: directory(t), Rounds: *rounds})
	if *rounds >= fullRun {
		reportPoints(t, verdict)
	}
}

// TestKillsOnPostgres does on PostgreSQL.
func TestKillsOnPostgres(t *testing.T) {
	if !pgtest.Need(t) {
		return
	}
	verdict := hold(t, &Trial{Dir: directory(t), Rounds: *rounds, Database: func() string { return pgtest.Database(t) }})
	if *rounds >= fullRun {
		reportPoints(t, verdict)
	}
}

// directory is where a trial leaves its data and ledgers.
func directory(t *testing.T) string {
	if *keep == "" {
		return t.TempDir()
	}
	dir := filepath.Join(*keep, t.Name())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// try runs a trial with eight clients.
func try(t *testing.T, trial *Trial) *Verdict {
	t.Helper()
	log, err := os.Create(filepath.Join(trial.Dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	trial.Clients, trial.Refuse, trial.Log, trial.Printf = 8, 0.05, log, t.Logf
	verdict, err := trial.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(verdict)
	return verdict
}

// hold fails the test for each violation.
func hold(t *testing.T, trial *Trial) *Verdict {
	t.Helper()
	verdict := try(t, trial)
	for i, violation := range verdict.Violations {
		if i == 20 {
			t.Errorf("and %d more", len(verdict.Violations)-i)
			break
		}
		t.Error(violation)
	}
	if verdict.Tasks == 0 || verdict.Deliveries == 0 {
		t.Error("nothing was submitted or delivered, so nothing is proven")
	}
	return verdict
}

// reportPoints tells how often servers died at each point. One that none came to
// needs a reason.
func reportPoints(t *testing.T, v *Verdict) {
	t.Helper()
	for _, point := range slices.Sorted(maps.Keys(v.Points)) {
		t.Logf("%-28s %d", point, v.Points[point])
	}
	for _, point := range v.Missed {
		if why := cmp.Or(unreachable(point), elsewhere(point)); why != "" {
			t.Logf("%-28s is not gone to: %s", point, why)
		} else {
			t.Errorf("no server came to %s", point)
		}
	}
}

// TestTour shows that a point that was missed is gone to again.
func TestTour(t *testing.T) {
	t.Parallel()
	tour := newTour([]string{"a", "b", "c"})
	visits := map[string]int{}
	for range 30 {
		point, visit := tour.next()
		if visit > max(tour.reach[point], 1) {
			t.Errorf("%s is to be met at visit %d, and servers come to %d", point, visit, tour.reach[point])
		}
		visits[point]++
		tour.came(point, point != "c")
	}
	if visits["a"] < 7 || visits["b"] < 7 || visits["c"] < 14 {
		t.Errorf("30 rounds go to the points %v times, want the missed one twice as often", visits)
	}
}
