package store_test

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

func TestPostgres(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	p := &postgresPlans{plans: map[string]string{}}
	t.Cleanup(func() { p.complete(t) })
	storetest.Run(t, p.watch)
}

// postgresTemplate is an empty database with the schema.
var postgresTemplate = pgtest.NewTemplate(func(ctx context.Context, url string) error {
	s, err := store.Open(ctx, store.Options{URL: url, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Close()
}, storetest.Clear())

// openPostgres opens an empty database of its own.
func openPostgres(t storetest.TB, o storetest.Options) storetest.Database {
	t.Helper()
	url := postgresTemplate.Copy(t)
	s := openAt(t, store.Options{URL: url, Fault: o.Fault})
	var peers []*store.Store
	for range o.Peers {
		peer, err := store.Open(t.Context(), store.Options{URL: url, Fault: o.Fault, Sealer: sealer{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatalf("open another store: %v", err)
		}
		t.Cleanup(func() { peer.Close() })
		peers = append(peers, peer)
	}
	raw, err := sql.Open("pgx", url+"&default_query_exec_mode=simple_protocol") // few statements are made twice
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() { raw.Close() })
	return storetest.Database{Store: s, Raw: raw, Peers: peers, Bytes: func(context.Context) ([]byte, error) { return postgresBytes(t, url) }}
}

// postgresBytes reads the files of all databases.
func postgresBytes(t storetest.TB, url string) (all []byte, err error) {
	pgtest.Exec(t, pgtest.AsAdmin(t, url), "CHECKPOINT")
	err = filepath.WalkDir(filepath.Join(pgtest.Folder(t), "base"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // another test's database that went meanwhile
		}
		part, err := os.ReadFile(path)
		if err != nil {
			return nil // the same
		}
		all = append(all, part...)
		return nil
	})
	return all, err
}
