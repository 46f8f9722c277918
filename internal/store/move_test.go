package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// series is how filling counts on PostgreSQL only.
var series = regexp.MustCompile(`generate_series\(1, (\d+)\)`)

// oddities are what the databases keep differently, and what a process that died
// leaves behind.
var oddities = []string{
	`INSERT INTO nodes (id, started_at) VALUES ('node_dead', 1)`,
	`UPDATE lanes SET owner = 'node_dead' WHERE next_due IS NOT NULL`,
	`UPDATE runs SET owner = 'node_dead', submission = 'sending' WHERE state = 'open'`,
	`UPDATE deliveries SET claim = 7 WHERE state = 'pending'`,
	`UPDATE tasks SET input = CAST(input AS BLOB), metadata = x'', echo = CAST('["x"]' AS BLOB) WHERE id < 'task_100100'`,
	`UPDATE endpoints SET secrets = x'00ff' WHERE id < 'wh_2'`,
	`UPDATE deliveries SET last_error = 'a' || char(0) || 'b' WHERE id = 'dlv_100001'`,
	`UPDATE deliveries SET last_error = CAST(x'ff41' AS TEXT) WHERE id = 'dlv_100002'`,
	`UPDATE attempts SET response = x'00ff41' WHERE delivery < 'dlv_100100'`,
	`UPDATE feed_head SET seq = 123456`,
	`INSERT INTO seal (one, sealed) VALUES (1, x'0a0b')`,
	`INSERT INTO accounts (number, id, name, created_at) VALUES (5000, 'acc_gone', '', 0)`,
	`DELETE FROM accounts WHERE id = 'acc_gone'`,
}

// How many rows the tables of filling have here, the large and the small ones.
const (
	manyRows = 300
	someRows = 100
)

// smaller makes a statement of filling one for SQLite, and for fewer rows.
func smaller(text string) string {
	text = strings.NewReplacer("20000", strconv.Itoa(manyRows), "2000", strconv.Itoa(someRows)).Replace(text)
	return series.ReplaceAllString(text, `(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i FROM n)`)
}

// filled is the file of a database with rows in every table, made once.
var filled = sync.OnceValues(func() (_ []byte, err error) {
	file, err := datadir.File()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "taskhook-store-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "taskhook.db")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		return nil, err
	}
	raw, err := sql.Open("sqlite", "file:"+name+"?_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	for _, text := range slices.Concat(filling, oddities) {
		if _, err := raw.Exec(smaller(text)); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", text, err), raw.Close())
		}
	}
	if err := raw.Close(); err != nil { // which empties the log
		return nil, err
	}
	return os.ReadFile(name)
})

// movable is a data directory with rows in every table.
func movable(t *testing.T) (dir string) {
	t.Helper()
	dir = datadir.New(t)
	file, err := filled()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "taskhook.db"), file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// contents is the hashes of the files of the database in a directory.
func contents(t *testing.T, dir string) (sums string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(dir, "taskhook.db"+suffix))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		sums += fmt.Sprintf("%x ", sha256.Sum256(data))
	}
	return sums
}

// move moves until the end or the first error.
func move(ctx context.Context, o store.MoveOptions) (proven []store.TableSum, err error) {
	m, err := store.OpenMove(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if err := m.Copy(ctx); err != nil {
		return nil, err
	}
	return m.Finish(ctx)
}

func openURL(t *testing.T, url string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}

func number(t *testing.T, db *sql.DB, query string) (n int64) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// checkMoved compares the rows of every table, by the words of another reader.
func checkMoved(t *testing.T, dir, url string) {
	t.Helper()
	here, there := openRaw(t, dir), openURL(t, url)
	tables := texts(t, there, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	for _, table := range tables {
		n := number(t, there, `SELECT count(*) FROM `+table)
		switch table {
		case "migrations":
			continue
		case "nodes":
			if n != 0 {
				t.Errorf("%d nodes were moved", n)
			}
			continue
		}
		if want := number(t, here, `SELECT count(*) FROM `+table); n != want || n == 0 {
			t.Errorf("%s has %d rows, want %d, and some: a new table needs rows in filling_test.go", table, n, want)
		}
	}
	for query, want := range map[string]int64{
		`SELECT count(*) FROM lanes WHERE owner IS NOT NULL`:                                                        0,
		`SELECT count(*) FROM runs WHERE owner IS NOT NULL`:                                                         0,
		`SELECT count(*) FROM runs WHERE submission = 'sending'`:                                                    6,
		`SELECT count(*) FROM deliveries WHERE claim = 7`:                                                           15,
		`SELECT seq FROM feed_head`:                                                                                 123456,
		`SELECT count(*) FROM tasks WHERE input = convert_to('{}', 'UTF8')`:                                         manyRows,
		`SELECT count(*) FROM tasks WHERE metadata = ''`:                                                            99,
		`SELECT count(*) FROM tasks WHERE echo = convert_to('["x"]', 'UTF8')`:                                       99,
		`SELECT count(*) FROM deliveries WHERE last_error IN ('a' || chr(65533) || 'b', chr(65533) || 'A')`:         2,
		`SELECT count(*) FROM attempts WHERE response = '\x00ff41'`:                                                 99,
		`SELECT count(*) FROM seal WHERE sealed = '\x0a0b'`:                                                         1,
		`SELECT count(*) FROM information_schema.tables WHERE table_name = 'moving'`:                                0,
		`INSERT INTO accounts (id, name, created_at) VALUES ('acc_new', '', 0) RETURNING number`:                    5001,
		`INSERT INTO ledger (account, kind, subject, amount, at) VALUES ('acc_1', 'hold', 's', 1, 0) RETURNING seq`: manyRows + 1,
	} {
		if got := number(t, there, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, url := movable(t), pgtest.Database(t)
	before := contents(t, dir)
	var told store.MoveProgress
	proven, err := move(t.Context(), store.MoveOptions{Dir: dir, URL: url, Told: func(p store.MoveProgress) {
		if p.Step == "copy deliveries" {
			told = p
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if told.Done != manyRows || told.All != manyRows {
		t.Errorf("the last word of deliveries is %+v", told)
	}
	if contents(t, dir) != before {
		t.Error("the directory was changed")
	}
	at := slices.IndexFunc(proven, func(s store.TableSum) bool { return s.Table == "deliveries" })
	if at < 0 || proven[at].Rows != manyRows || proven[at].Sum == [4]uint64{} {
		t.Errorf("proven is %v", proven)
	}
	checkMoved(t, dir, url)
	if _, err := move(t.Context(), store.MoveOptions{Dir: dir, URL: url}); err == nil || !strings.Contains(err.Error(), "what was moved from "+dir+" before") {
		t.Errorf("again: %v", err)
	}
}

// TestMoveInterrupted ends a move at each of its points in turn.
func TestMoveInterrupted(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, url := movable(t), pgtest.Database(t)
	ended := errors.New("ended here")
	for round := 0; ; round++ {
		left := round % 7
		_, err := move(t.Context(), store.MoveOptions{Dir: dir, URL: url, Bite: 110, Fault: func(point string) error {
			if left--; left < 0 {
				return fmt.Errorf("%w: %s", ended, point)
			}
			return nil
		}})
		if err == nil {
			break
		}
		if strings.Contains(err.Error(), "and is complete") {
			break // it was ended with nothing left to do
		}
		if !errors.Is(err, ended) || round > 500 {
			t.Fatal(err)
		}
		whole := strings.Contains(err.Error(), "move:finished")
		s, err := store.Open(t.Context(), store.Options{URL: url, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
		switch {
		case err == nil && !whole:
			t.Fatal("a server starts on half a database")
		case err == nil:
			s.Close()
		case !strings.Contains(err.Error(), "taskhook migrate --from "+dir):
			t.Fatalf("a server on half a database says: %v", err)
		}
	}
	checkMoved(t, dir, url)
}
