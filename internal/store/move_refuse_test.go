package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// refused tries a move that is to be refused with a sentence.
func refused(t *testing.T, o store.MoveOptions, want string) {
	t.Helper()
	if _, err := move(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
}

func TestMoveRefusesSources(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	empty := filepath.Join(t.TempDir(), "none")
	refused(t, store.MoveOptions{Dir: empty, URL: url}, empty+" holds no database")
	if _, err := os.Stat(empty); err == nil {
		t.Error("the directory was made")
	}
	dir := datadir.New(t)
	s := openStore(t, dir, nil)
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, store.MoveOptions{Dir: dir, URL: url}, "is using "+dir+": stop it first")
	lock.Release()
	s.Close()

	raw := openRaw(t, dir)
	execute(t, raw.ExecContext, `DELETE FROM migrations WHERE name = '0015_test_events.sql'`)
	refused(t, store.MoveOptions{Dir: dir, URL: url}, "is older than this program (0015_test_events.sql is missing): run `taskhook migrate`, with --data "+dir)
	other := t.TempDir()
	execute(t, openRaw(t, other).ExecContext, `CREATE TABLE theirs (n)`)
	refused(t, store.MoveOptions{Dir: other, URL: url}, "database of another program")
	if n := number(t, openURL(t, url), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); n != 0 {
		t.Errorf("%d tables were made for moves that were refused", n)
	}
}

// execute runs statements by whatever runs one.
func execute[T any](t *testing.T, run func(context.Context, string, ...any) (T, error), statements ...string) {
	t.Helper()
	for _, text := range statements {
		if _, err := run(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func TestMoveRefusesTargets(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, used := movable(t), pgtest.Database(t)
	s := openAt(t, store.Options{URL: used}) // which seals
	refused(t, store.MoveOptions{Dir: dir, URL: used}, "that of another taskhook")
	s.Close()
	refused(t, store.MoveOptions{Dir: dir, URL: used}, "that of another taskhook, whose rows it holds: name an empty one")
	refused(t, store.MoveOptions{Dir: dir, URL: "postgres://127.0.0.1:1/none"}, "can't be used: check that it runs")

	migrated := pgtest.Database(t) // by `taskhook migrate`, which seals nothing
	empty, err := store.Open(t.Context(), store.Options{URL: migrated, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	empty.Close()
	if _, err := move(t.Context(), store.MoveOptions{Dir: dir, URL: migrated}); err != nil {
		t.Errorf("to an empty database with the schema: %v", err)
	}
}

// stopAt ends a move at its n-th visit of a point.
func stopAt(point string, n int) store.FaultFunc {
	return func(p string) error {
		if p == point {
			if n--; n == 0 {
				return fmt.Errorf("ended at %s", p)
			}
		}
		return nil
	}
}

// TestMoveOfAnother goes on with another directory, or one that was used meanwhile.
func TestMoveOfAnother(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, other, url := movable(t), movable(t), pgtest.Database(t)
	o := store.MoveOptions{Dir: dir, URL: url, Bite: 60}
	o.Fault = stopAt("move:noted", 9)
	refused(t, o, "ended at")
	refused(t, store.MoveOptions{Dir: other, URL: url}, "unfinished move of "+dir+", and "+other+" is not as that was")
	execute(t, openRaw(t, dir).ExecContext, `UPDATE endpoints SET description = 'changed'`)
	refused(t, store.MoveOptions{Dir: dir, URL: url}, "or, if it was used since, empty the database and begin again")
}

// TestMoveFindsDifferences changes each side while it is moved.
func TestMoveFindsDifferences(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, url := movable(t), pgtest.Database(t)
	there := openURL(t, url)
	o := store.MoveOptions{Dir: dir, URL: url}
	for _, change := range []string{
		`UPDATE deliveries SET attempts = attempts + 1 WHERE id = 'dlv_100077'`,
		`UPDATE tasks SET echo = NULL WHERE id = 'task_100077'`,
		`DELETE FROM usage WHERE hour = 7`,
		`INSERT INTO idempotency (hash, request, task, expires_at) VALUES ('h', '', '', 0)`,
	} {
		o.Fault = func(point string) error {
			if point == "move:summed" {
				execute(t, there.ExecContext, change)
			}
			return nil
		}
		refused(t, o, "differs: ")
	}
	if n := number(t, there, `SELECT count(*) FROM moving`); n != 1 {
		t.Error("the move is not unfinished any more")
	}
	execute(t, openRaw(t, dir).ExecContext, `UPDATE keys SET name = 'changed'`) // by a command beside it
	again := store.MoveOptions{Dir: dir, URL: pgtest.Database(t)}
	once := true
	again.Fault = func(point string) error {
		if point == "move:noted" && once {
			once = false
			execute(t, openRaw(t, dir).ExecContext, `UPDATE accounts SET name = 'changed' WHERE number = 1`)
		}
		return nil
	}
	refused(t, again, "accounts differs: 100 rows")
}

// TestTwoMoves lets a second process go on with a move while the first is under way.
func TestTwoMoves(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, url := movable(t), pgtest.Database(t)
	there := openURL(t, url)
	o := store.MoveOptions{Dir: dir, URL: url, Fault: func(point string) error {
		if point == "move:noted" {
			execute(t, there.ExecContext, `UPDATE moving SET mark = mark || ' '`)
		}
		return nil
	}}
	refused(t, o, "moves into this database too")
}

// The number of the point at which the process of the role dies, and the URL.
const (
	pointVar = "STORE_TEST_POINT"
	urlVar   = "STORE_TEST_URL"
)

// moveAndDie moves and kills this process on the way.
func moveAndDie(dir string) error {
	left, err := strconv.Atoi(os.Getenv(pointVar))
	if err != nil {
		return err
	}
	_, err = move(context.Background(), store.MoveOptions{Dir: dir, URL: os.Getenv(urlVar), Bite: 110, Fault: func(string) error {
		if left--; left < 0 {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	}})
	return err
}

// TestMoveKilled kills the process again and again; each time the next one comes
// farther.
func TestMoveKilled(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	dir, url := movable(t), pgtest.Database(t)
	before := contents(t, dir)
	for kills := 0; ; kills++ {
		cmd := process(t, "move", dir)
		cmd.Env = append(cmd.Env, urlVar+"="+url, pointVar+"="+strconv.Itoa(3+5*(kills%4)))
		out, err := cmd.CombinedOutput()
		if err == nil && (string(out) == "<nil>\n" || strings.Contains(string(out), "and is complete")) {
			if kills < 5 {
				t.Errorf("it was killed %d times only", kills)
			}
			break
		}
		if err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("it ended with %v: %s", err, out)
		}
	}
	if contents(t, dir) != before {
		t.Error("the directory was changed")
	}
	checkMoved(t, dir, url)
}

// TestMoveOfAKilledServer moves what is still in the log of a database that nobody
// closed.
func TestMoveOfAKilledServer(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	from, dir, url := movable(t), datadir.New(t), pgtest.Database(t)
	raw := openRaw(t, from)
	execute(t, raw.ExecContext, `UPDATE endpoints SET description = 'in the log'`)
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(from, "taskhook.db"+suffix))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "taskhook.db"+suffix), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, dir)
	o := store.MoveOptions{Dir: dir, URL: url, Fault: stopAt("move:noted", 3)}
	refused(t, o, "ended at")
	o.Fault = nil
	if _, err := move(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if n := number(t, openURL(t, url), `SELECT count(*) FROM endpoints WHERE description = 'in the log'`); n != someRows {
		t.Errorf("%d rows of the log were moved", n)
	}
	if contents(t, dir) != before {
		t.Error("the directory was changed")
	}
}
