// Package storetest is the conformance suite of the store: every database that
// taskhook runs on passes it unchanged. It speaks to the store by its methods, and
// to the database itself only to look at rows and to break rules on purpose. It
// must not know which database it is. The tests of package store call Run.
package storetest

import (
	"context"
	"database/sql"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
)

// How many unfinished tasks and pending deliveries an account may have in the
// databases under test.
const (
	MaxTasks   = 400
	MaxBacklog = 1500
)

// Options are what a test asks of the database that it is given.
type Options struct {
	Fault store.FaultFunc // may be nil
	Peers int             // further processes on the database, where it can have them
}

// Database is an empty database of a test's own. Raw is another way into it, with
// its rules enforced, where $1, $2 … are placeholders.
type Database struct {
	Store *store.Store
	Raw   *sql.DB
	Peers []*store.Store // of the further processes
	// Bytes returns all that is stored, to look for what must not be there.
	Bytes func(ctx context.Context) ([]byte, error)
	// Forgets says that what was deleted is not in Bytes after a Scrub.
	Forgets bool
}

// OpenFunc opens an empty database, which it closes when the test ends.
type OpenFunc func(t TB, o Options) Database

// TB is what the suite needs of a test; those of rapid have it too.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// Run holds the databases that open returns to everything that the store
// promises.
func Run(t *testing.T, open OpenFunc) {
	for _, suite := range []struct {
		name  string
		tests []test
	}{
		{"accounts", accountTests()},
		{"tasks", taskTests()},
		{"lists", listTests()},
		{"runs", runTests()},
		{"tell", tellTests()},
		{"posters", posterTests()},
		{"buckets", bucketTests()},
		{"batches", batchTests()},
		{"leases", leaseTests()},
		{"endpoints", endpointTests()},
		{"publish", publishTests()},
		{"deliveries", deliveryTests()},
		{"health", healthTests()},
		{"failing", failingTests()},
		{"replays", replayTests()},
		{"feed", feedTests()},
		{"lanes", laneTests()},
		{"nodes", nodeTests()},
		{"states", stateTests()},
		{"files", fileTests()},
		{"money", moneyTests()},
		{"workflows", workflowTests()},
		{"filling", fillingTests()},
		{"retention", retentionTests()},
		{"erase", eraseTests()},
	} {
		t.Run(suite.name, func(t *testing.T) {
			t.Parallel()
			for _, test := range suite.tests {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					test.run(t, newFixture(t, open(t, Options{})))
				})
			}
		})
	}
	t.Run("subscribers", func(t *testing.T) {
		t.Parallel()
		testSubscribers(t, open)
	})
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		testFaults(t, open)
	})
	t.Run("model", func(t *testing.T) {
		t.Parallel()
		testModel(t, open)
	})
	t.Run("money model", func(t *testing.T) {
		t.Parallel()
		testMoneyModel(t, open)
	})
	t.Run("model at once", func(t *testing.T) {
		t.Parallel()
		testAtOnce(t, open)
	})
}

// test is one promise.
type test struct {
	name string
	run  func(t *testing.T, f *fixture)
}
