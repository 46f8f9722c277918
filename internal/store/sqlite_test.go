package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	p := &plans{steps: map[string][]string{}}
	t.Cleanup(func() { p.complete(t) })
	storetest.Run(t, p.watch)
}

// openSQLite opens an empty database in a folder of its own.
func openSQLite(t storetest.TB, o storetest.Options) storetest.Database {
	t.Helper()
	dir := datadir.Migrated(t)
	return storetest.Database{Store: openStore(t, dir, o.Fault), Raw: openRaw(t, dir), Forgets: true, Bytes: func(context.Context) ([]byte, error) {
		var all []byte
		for _, suffix := range []string{"", "-wal"} {
			part, err := os.ReadFile(filepath.Join(dir, "taskhook.db"+suffix))
			if err != nil {
				return nil, err
			}
			all = append(all, part...)
		}
		return all, nil
	}}
}

func openStore(t storetest.TB, dir string, fault store.FaultFunc) *store.Store {
	t.Helper()
	return openAt(t, store.Options{Dir: dir, Fault: fault})
}

func openAt(t storetest.TB, o store.Options) *store.Store {
	t.Helper()
	o.Sealer, o.Logger, o.Migrate, o.MaxTasks, o.MaxBacklog = sealer{}, slog.New(slog.DiscardHandler), true, storetest.MaxTasks, storetest.MaxBacklog
	o.Posters = true
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// openRaw is another way into the database.
func openRaw(t storetest.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "taskhook.db")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// sealer is a toy that does what a keyring promises: it hides the text, and
// refuses what was sealed for another row.
type sealer struct{}

func (sealer) Seal(about string, plain []byte) []byte {
	return append([]byte(about+"\n"), flip(plain)...)
}

func (sealer) Open(about string, sealed []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, []byte(about+"\n"))
	if !ok {
		return nil, fmt.Errorf("this was sealed for another row")
	}
	return flip(plain), nil
}

func flip(b []byte) []byte {
	flipped := bytes.Clone(b)
	for i := range flipped {
		flipped[i] ^= 0xa5
	}
	return flipped
}
