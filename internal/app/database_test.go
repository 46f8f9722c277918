package app_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/app"
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

// TestOneServerForADatabase starts a second server with a data directory of its own.
func TestOneServerForADatabase(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	on := onPostgres(t)
	s := program.Start(t, on)
	cfg := *s.Config
	cfg.Data = t.TempDir()
	if _, err := app.Open(t.Context(), app.Options{Config: &cfg, Logger: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "in use by another taskhook process") {
		t.Fatalf("a second server: %v", err)
	}
	if _, err := s.Balance(t.Context()); err != nil {
		t.Errorf("the first server: %v", err)
	}
}
