//go:build unix

package main

import (
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestCommandsOnPostgres administers a database of PostgreSQL, empty and beside a
// running server.
func TestCommandsOnPostgres(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url, dir := pgtest.Database(t), filepath.Join(t.TempDir(), "data")
	at := []string{"--data", dir, "--database", url}
	on := func(code int, args ...string) (string, string) { return invoke(t, code, append(args, at...)...) }
	_, stderr := on(1, "key", "list")
	expect(t, stderr, "holds nothing of taskhook yet: start `taskhook serve`")
	stdout, _ := on(0, "migrate")
	expect(t, stdout, "applied 0001_start.sql")
	stdout, _ = on(0, "migrate")
	expect(t, stdout, "up to date")
	stdout, _ = on(0, "key", "create", "--account", "studio")
	expect(t, stdout, "thk_live_")
	on(0, "account", "credit", "studio", "20")
	s := program.Start(t, func(c *config.Config) { c.DatabaseURL = config.NewSecret(url) })
	on(0, "account", "credit", "studio", "5")
	stdout, _ = on(0, "account", "audit")
	expect(t, stdout, `"studio"  25 `, "yes")
	stdout, _ = on(0, "config")
	expect(t, stdout, "database-url: (set) # --database-url")
	stdout, _ = on(0, "node", "list")
	expect(t, stdout, "ID ", " LEASE ", "  alive  1", "s    0      0     ")
	stdout, _ = on(0, "migrate")
	expect(t, stdout, "up to date")
	if _, err := s.Balance(t.Context()); err != nil {
		t.Errorf("the server beside which the commands ran: %v", err)
	}
	_, stderr = invoke(t, 1, "key", "list", "--data", dir, "--database", "postgres://127.0.0.1:1/none")
	expect(t, stderr, "PostgreSQL at 127.0.0.1:1 can't be used: check that it runs")
	_, stderr = invoke(t, 2, "key", "list", "--data", dir, "--database", "mysql://db")
	expect(t, stderr, "database-url does not begin with postgres://")
}
