package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// database sets which one a program uses.
type database func(*config.Config)

// onEach runs a test on each database that the program can use.
func onEach(t *testing.T, test func(t *testing.T, on database)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		if pgtest.Need(t) {
			test(t, onPostgres(t))
		}
	})
}

// onPostgres is an empty database of PostgreSQL.
func onPostgres(t *testing.T) database {
	url := config.NewSecret(pgtest.Database(t))
	return func(c *config.Config) { c.DatabaseURL = url }
}

// TestDatabaseEndsSessions publishes while the database ends all sessions again and
// again: what is acknowledged arrives.
func TestDatabaseEndsSessions(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	s := program.Start(t, onPostgres(t))
	r := program.NewReceiver(t)
	if _, err := s.CreateWebhook(t.Context(), client.NewWebhook{URL: r.URL, Events: []string{"order.paid", "task.completed"}}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	owed := map[string]bool{} // by the task or event
	var group sync.WaitGroup
	publishing, end := context.WithCancel(t.Context())
	defer end()
	for range 4 {
		group.Go(func() {
			for publishing.Err() == nil {
				e, err := s.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{}`)})
				mu.Lock()
				if err == nil {
					owed[e.ID] = true
				} else if !strings.HasPrefix(code(err), "503") {
					t.Errorf("publish: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	admin := pgtest.AsAdmin(t, s.Config.DatabaseURL.Reveal())
	for range 6 {
		r.Wait(t, len(r.Wait(t, 0))+5)
		pgtest.Exec(t, admin, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	end()
	group.Wait()
	if len(owed) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	for id := range owed {
		r.WaitFor(t, 1, func(q program.Request) bool { return q.Header.Get("webhook-id") == id })
	}
}
