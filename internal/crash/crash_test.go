package crash

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var (
	rounds = flag.Int("rounds", 16, "how many servers are killed")
	keep   = flag.String("keep", "", "directory for data and ledgers; default: a temporary one")
)

func TestMain(m *testing.M) {
	Main(os.Args[1:])
	os.Exit(m.Run())
}

// TestKills holds the promises of L1 to L4 and L6 against kills.
func TestKills(t *testing.T) {
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	trial := &Trial{Dir: dir, Rounds: *rounds, Clients: 4, Refuse: 0.05, Log: log, Printf: t.Logf}
	verdict, err := trial.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(verdict)
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
}
