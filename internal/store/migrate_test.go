package store_test

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// TestNewerSchema opens a database that a newer program has brought up to date: it is
// one to work on if that only added to it.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lite := openStore(t, dir, nil)
	if err := lite.Close(); err != nil {
		t.Fatal(err)
	}
	testNewerSchema(t, store.Options{Dir: dir}, openRaw(t, dir))
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	post := openAt(t, store.Options{URL: url})
	if err := post.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	testNewerSchema(t, store.Options{URL: url}, raw)
}

func testNewerSchema(t *testing.T, o store.Options, raw *sql.DB) {
	t.Helper()
	o.Sealer, o.Migrate, o.Logger = sealer{}, true, slog.New(slog.DiscardHandler)
	for _, step := range []struct{ change, want string }{
		{`INSERT INTO migrations (name, sum, additive) VALUES ('8000_adds.sql', 'x', 1)`, ""},
		{`INSERT INTO migrations (name, sum, additive) VALUES ('9000_breaks.sql', 'x', 0)`, "written by a newer taskhook (9000_breaks.sql)"},
	} {
		if _, err := raw.ExecContext(t.Context(), step.change); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), o)
		if err == nil {
			s.Close()
		}
		if (err == nil) != (step.want == "") || err != nil && !strings.Contains(err.Error(), step.want) {
			t.Errorf("after %s: %v", step.change, err)
		}
	}
}

// TestBreakingMigration refuses to bring a database up to date while a server runs on
// it that can't go on then.
func TestBreakingMigration(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	s := openAt(t, store.Options{URL: url})
	if err := s.Join(t.Context(), taskhook.Node{ID: "node_1", StartedAt: someTime}, &benchInbox{}); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, `INSERT INTO migrations (name, sum) VALUES ('0000_before.sql', 'x'); DELETE FROM migrations WHERE name = '0001_start.sql';
		UPDATE migrations SET additive = 1`)
	_, err := store.Open(t.Context(), store.Options{URL: url, Sealer: sealer{}, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "1 servers run on the database that can't go on") {
		t.Errorf("a breaking migration: %v", err)
	}
}
