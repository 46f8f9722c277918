package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	made := pgtest.NewTemplate(func(ctx context.Context, url string) error {
		pgtest.Exec(t, url, "CREATE TABLE numbers (n int)", "INSERT INTO numbers VALUES (1)")
		return nil
	}, "DELETE FROM numbers WHERE n > 1")
	t.Run("used before", func(t *testing.T) { pgtest.Exec(t, made.Copy(t), "INSERT INTO numbers VALUES (3)") })
	first, second, empty := made.Copy(t), made.Copy(t), pgtest.Database(t)
	pgtest.Exec(t, first, "INSERT INTO numbers VALUES (2)")
	for url, want := range map[string]int{first: 2, second: 1} {
		if got := number(t, url, "SELECT count(*) FROM numbers"); got != want {
			t.Errorf("%d rows, want %d", got, want)
		}
	}
	if n := number(t, empty, "SELECT count(*) FROM pg_tables WHERE tablename = 'numbers'"); n != 0 {
		t.Error("an empty database has a table")
	}
	if n := number(t, empty, "SELECT count(*) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'on'"); n != 3 {
		t.Error("commits are not durable")
	}
}

func number(t *testing.T, url, query string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
