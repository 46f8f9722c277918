package store_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

var someTime = time.UnixMilli(1_800_000_000_000)

func createAccount(t *testing.T, s *store.Store, id string) error {
	t.Helper()
	_, err := s.CreateAccount(t.Context(), taskhook.Account{ID: id, Name: "a", CreatedAt: someTime})
	return err
}

// endSessions ends all connections to the database but that which asks.
const endSessions = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`

// TestLostConnections goes on by itself when the server has ended all connections.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	s := openAt(t, store.Options{URL: url})
	for i := range 3 {
		id := fmt.Sprintf("acc_%d", i)
		if err := createAccount(t, s, id); err != nil {
			t.Fatalf("a write: %v", err)
		}
		if found, err := s.Accounts(t.Context()); err != nil || len(found) != i+1 {
			t.Fatalf("a read: %d accounts, %v", len(found), err)
		}
		pgtest.Exec(t, pgtest.AsAdmin(t, url), endSessions)
		if found, err := s.Accounts(t.Context()); err != nil || len(found) != i+1 {
			t.Fatalf("a read of a lost connection: %d accounts, %v", len(found), err)
		}
	}
}

// TestCommitInDoubt ends the connection of a commit: its caller is told that it
// failed, and may repeat it.
func TestCommitInDoubt(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	faults := &testkit.Faults{}
	s := openAt(t, store.Options{URL: url, Fault: faults.At})
	faults.Set(func(point string) error {
		if point == "commit:before" {
			pgtest.Exec(t, pgtest.AsAdmin(t, url), endSessions)
		}
		return nil
	})
	if err := createAccount(t, s, "acc_1"); taskhook.ErrorCode(err) != taskhook.CodeUnavailable {
		t.Errorf("the commit of a lost connection: %v", err)
	}
	faults.Set(nil)
	if err := createAccount(t, s, "acc_1"); err != nil {
		t.Errorf("the repeat: %v", err)
	}
	if found, err := s.Accounts(t.Context()); err != nil || len(found) != 1 {
		t.Errorf("%d accounts, %v", len(found), err)
	}
}

// TestFenced takes a node for dead: it must write nothing more before it has joined
// again.
func TestFenced(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	s := openAt(t, store.Options{URL: url})
	join := func(id string) error {
		return s.Join(t.Context(), taskhook.Node{ID: id, StartedAt: someTime}, &benchInbox{})
	}
	if err := join("node_1"); err != nil {
		t.Fatal(err)
	}
	if err := createAccount(t, s, "acc_1"); err != nil {
		t.Fatalf("a write of a node: %v", err)
	}
	pgtest.Exec(t, url, `DELETE FROM nodes`)
	if err := createAccount(t, s, "acc_2"); taskhook.ErrorCode(err) != taskhook.CodeUnavailable {
		t.Errorf("a write of a node that was taken for dead: %v", err)
	}
	if n := numberAt(t, url, `SELECT count(*) FROM accounts`); n != 1 {
		t.Error("it was written")
	}
	<-s.Evicted()
	if ok, err := s.RenewNode(t.Context(), "node_1"); ok || err != nil {
		t.Errorf("its lease is renewed: %t, %v", ok, err)
	}
	if err := join("node_2"); err != nil {
		t.Fatal(err)
	}
	if err := createAccount(t, s, "acc_2"); err != nil {
		t.Errorf("a write after it has joined again: %v", err)
	}
}

func numberAt(t *testing.T, url, query string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCommandBesideServer lets a command and the server credit an account at once.
func TestCommandBesideServer(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	server := openAt(t, store.Options{URL: url})
	if err := createAccount(t, server, "acc_1"); err != nil {
		t.Fatal(err)
	}
	command, err := store.Open(t.Context(), store.Options{URL: url, Sealer: sealer{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer command.Close()
	const each = 40
	var group sync.WaitGroup
	for side, s := range []*store.Store{server, command} {
		group.Go(func() {
			for i := range each {
				if _, err := s.CreditAccount(t.Context(), someTime, "acc_1", fmt.Sprintf("crd_%d_%d", side, i), 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if b, err := command.Balance(t.Context(), "acc_1"); err != nil || b.Available != 2*each {
		t.Errorf("the balance is %+v, %v", b, err)
	}
}

// TestTextThatCannotBeStored has bytes in it that PostgreSQL keeps in no text.
func TestTextThatCannotBeStored(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	s := openPostgres(t, storetest.Options{}).Store
	ctx := t.Context()
	if _, err := s.CreateAccount(ctx, taskhook.Account{ID: "acc_1", Name: "a\x00b\xffc", CreatedAt: someTime}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Accounts(ctx)
	if err != nil || found[0].Name != "a\uFFFDb\uFFFDc" {
		t.Errorf("it became %+v, %v", found, err)
	}
	if _, err := s.Task(ctx, "acc_1", "task_\x00"); taskhook.ErrorCode(err) != taskhook.CodeTaskNotFound {
		t.Errorf("a task of such an id: %v", err)
	}
}

// TestRefusals says in a sentence why a database can't be used.
func TestRefusals(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	full, readOnly, latin := pgtest.Database(t), pgtest.Database(t), "latin_"+strings.TrimPrefix(pgtest.Name(url), "test_")
	name := pgtest.Name(url)
	pgtest.Exec(t, pgtest.AsAdmin(t, url),
		"ALTER DATABASE "+pgtest.Name(full)+" CONNECTION LIMIT 0", "ALTER DATABASE "+pgtest.Name(readOnly)+" SET default_transaction_read_only = on",
		"CREATE DATABASE "+latin+" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
	for what, test := range map[string]struct{ url, want string }{
		"no URL":         {"host=/tmp", "does not begin with postgres://"},
		"broken URL":     {"postgres://u:wrong/word@h/d", "special characters of its password"},
		"broken setting": {"postgres://u:wrong@h/d?sslmode=maybe", "the database URL can't be used: "},
		"no server":      {"postgres://127.0.0.1:1/none", "PostgreSQL at 127.0.0.1:1 can't be used: check that it runs"},
		"no database":    {strings.Replace(url, name, "nowhere", 1), `has no database "nowhere": make it with createdb`},
		"no role":        {pgtest.As(t, url, "nobody"), `does not let the user "nobody" in`},
		"no password":    {pgtest.As(t, url, pgtest.Guarded), `does not let the user "guarded" in`},
		"wrong password": {pgtest.As(t, url, pgtest.Guarded) + "&password=wrong", `does not let the user "guarded" in`},
		"no right":       {pgtest.As(t, url, pgtest.Stranger), "the database user lacks a right"},
		"no connection":  {full, "has no connection left"},
		"read-only":      {readOnly, "is read-only, as a standby is"},
		"not Unicode":    {strings.Replace(url, name, latin, 1), "keeps text as LATIN1, and taskhook needs UTF8"},
	} {
		s, err := store.Open(t.Context(), store.Options{URL: test.url, Migrate: true, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestDatabaseTurnsReadOnly is what a failover looks like to a server.
func TestDatabaseTurnsReadOnly(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url := pgtest.Database(t)
	s := openAt(t, store.Options{URL: url})
	admin := pgtest.AsAdmin(t, url)
	pgtest.Exec(t, admin, "ALTER DATABASE "+pgtest.Name(url)+" SET default_transaction_read_only = on", endSessions)
	done := make(chan error, 1)
	go func() { done <- createAccount(t, s, "acc_1") }() // it waits for a primary
	pgtest.Exec(t, admin, "SET transaction_read_only = off; ALTER DATABASE "+pgtest.Name(url)+" RESET default_transaction_read_only")
	if err := <-done; err != nil {
		t.Errorf("a write when the database can be written to again: %v", err)
	}
}
