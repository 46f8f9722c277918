package pgtest_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// TestRestarts keeps what was committed, however the server ends.
func TestRestarts(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	s := pgtest.Own(t)
	name, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	url := s.URL(name)
	pgtest.Exec(t, url, "CREATE TABLE numbers (n int)")
	for i, signal := range []syscall.Signal{pgtest.Fast, pgtest.Immediate, pgtest.Kill, pgtest.Kill} {
		pgtest.Exec(t, url, fmt.Sprintf("INSERT INTO numbers VALUES (%d)", i))
		if err := s.Stop(t.Context(), signal); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if n := number(t, url, "SELECT count(*) FROM numbers"); n != i+1 {
			t.Errorf("after %s there are %d rows of %d", signal, n, i+1)
		}
	}
}
