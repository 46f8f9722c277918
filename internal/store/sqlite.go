package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/taskhook/taskhook"
)

// applicationID marks a database file as ours: "thok".
const applicationID = 0x74686f6b

// fileName is the database below the data directory.
const fileName = "taskhook.db"

// sqliteDB is the embedded database: one writing connection with immediate
// transactions and a few reading ones.
type sqliteDB struct {
	path    string
	writer  *sql.DB
	readers *sql.DB
	pager   *sql.DB   // of one connection, so that no long list holds up what is to be sent
	conn    *sql.Conn // the writing connection, used by one commit at a time
	writes  statements
	reads   statements
	pages   statements // of pager
}

// exists reports whether the data directory holds a database.
func exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}

// How long we wait for another process to end its write: a command beside a busy
// server, or that server for the command. The writing connection asks again every
// lookEvery, for SQLite's own waiting grows to 100 ms and would find the busy
// server writing each time.
const (
	patience  = 10 * time.Second
	lookEvery = time.Millisecond
)

func openSQLite(ctx context.Context, dir string) (*sqliteDB, error) {
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	// Absolute, for what follows file:// up to the next slash is taken for a host.
	path, err := filepath.Abs(filepath.Join(dir, fileName))
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	db := &sqliteDB{path: path}
	// The commit that brings the log to 16 MB also moves it into the database, so
	// that the next one starts it anew. While writes follow one another nobody else
	// can: the log would grow as long as they do, and a growing file is slow to sync.
	if db.writer, err = sql.Open("sqlite", dataSource(path, "cache_size(-16000)", "wal_autocheckpoint(4000)", "synchronous(FULL)", "secure_delete(ON)")); err != nil {
		return nil, err
	}
	db.writer.SetMaxOpenConns(1)
	if db.conn, err = db.writer.Conn(ctx); err != nil {
		db.close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := db.identify(ctx); err != nil {
		db.close()
		return nil, err
	}
	if _, err = db.conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil { // begin waits itself
		db.close()
		return nil, err
	}
	if db.readers, err = openReaders(path, 4, "cache_size(-16000)"); err != nil {
		db.close()
		return nil, err
	}
	if db.pager, err = openReaders(path, 1, "cache_size(-4000)"); err != nil {
		db.close()
		return nil, err
	}
	db.writes.prepare = db.conn.PrepareContext
	db.reads.prepare = db.readers.PrepareContext
	db.pages.prepare = db.pager.PrepareContext
	return db, nil
}

func openReaders(path string, connections int, cache string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dataSource(path, "query_only(1)", cache))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// dataSource sets the pragmas on each connection, for a pragma that is run
// through a pool reaches only one of them.
func dataSource(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()), "foreign_keys(1)",
		"temp_store(MEMORY)", "journal_size_limit(67108864)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// identify makes an empty file ours, with the settings that can't be changed
// later, and refuses the file of another program.
func (db *sqliteDB) identify(ctx context.Context) error {
	var id, tables int
	if err := db.conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("read %s: %w", db.path, err)
	}
	if err := db.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return fmt.Errorf("read %s: %w", db.path, err)
	}
	if id == applicationID {
		return nil
	}
	if tables > 0 {
		return fmt.Errorf("%s is a database of another program: choose another --data directory", db.path)
	}
	for _, pragma := range []string{"page_size = 4096", "auto_vacuum = INCREMENTAL", "journal_mode = WAL",
		fmt.Sprintf("application_id = %d", applicationID)} { // last: the file is ours when all is set
		if _, err := db.conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return fmt.Errorf("set up %s: %w", db.path, err)
		}
	}
	return nil
}

func (db *sqliteDB) close() error {
	for _, prepared := range []*statements{&db.writes, &db.reads, &db.pages} {
		prepared.close()
	}
	var errs []error
	if db.conn != nil {
		errs = append(errs, db.conn.Close())
	}
	for _, pool := range []*sql.DB{db.pager, db.readers, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// begin needs no limit: nothing but the disk is waited for, and other processes not
// longer than patience. Nor a fence: the lock of the data directory is that of the node.
func (db *sqliteDB) begin(ctx context.Context, _ author, _ time.Duration) (commitTx, error) {
	t := &sqliteTx{db: db}
	for began := time.Now(); ; time.Sleep(lookEvery) {
		_, err := t.exec(ctx, "BEGIN IMMEDIATE")
		switch {
		case err == nil:
			return t, nil
		case taskhook.ErrorCode(err) != taskhook.CodeUnavailable || time.Since(began) > patience:
			return nil, err
		}
	}
}

func (db *sqliteDB) kind() databaseKind { return kindSQLite }

// upkeep moves what the log holds into the database file without making anyone
// wait, which keeps the log short.
func (db *sqliteDB) upkeep(ctx context.Context) error {
	var busy, log, moved int
	return db.readers.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &moved)
}

// query reads outside of a transaction.
func (db *sqliteDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	return db.reads.query(ctx, query, args...)
}

// sqliteTx is the transaction that is open on the writing connection.
type sqliteTx struct {
	db *sqliteDB
	stock
}

func (t *sqliteTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	return t.db.writes.query(ctx, query, args...)
}

func (t *sqliteTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := t.db.writes.get(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// send runs the statement at once: nothing is gained by waiting here.
func (t *sqliteTx) send(ctx context.Context, take takeFunc, query string, args ...any) error {
	if take == nil {
		_, err := t.exec(ctx, query, args...)
		return err
	}
	found, err := t.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	return take(found)
}

func (t *sqliteTx) then(do func() error) error { return do() }

func (t *sqliteTx) flush(context.Context) error { return nil }

func (t *sqliteTx) settle(context.Context) error { return nil }

func (t *sqliteTx) commit(ctx context.Context) (inDoubt bool, err error) {
	if err := writeStored(ctx, t); err != nil {
		return false, err
	}
	_, err = t.exec(ctx, "COMMIT")
	return err != nil, err
}

// rollback ends the transaction; that it may have ended already is no error.
func (t *sqliteTx) rollback(ctx context.Context) { t.exec(ctx, "ROLLBACK") }

// statements keeps each statement prepared.
type statements struct {
	prepare func(context.Context, string) (*sql.Stmt, error)
	known   sync.Map // text to *sql.Stmt
}

// placeholders are those of all statements. SQLite takes them for names, which it
// searches one after the other for each argument of a bulk statement; a plain ? has
// none. The numbers ascend in every statement, so that the order is the same.
var placeholders = regexp.MustCompile(`\$\d+`)

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.known.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.prepare(context.WithoutCancel(ctx), placeholders.ReplaceAllString(query, "?"))
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", query, translate(err))
	}
	if other, loaded := s.known.LoadOrStore(query, stmt); loaded {
		stmt.Close()
		return other.(*sql.Stmt), nil
	}
	return stmt, nil
}

func (s *statements) query(ctx context.Context, query string, args ...any) (rows, error) {
	stmt, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	found, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, translate(err)
	}
	return found, nil
}

func (s *statements) close() {
	s.known.Range(func(_, stmt any) bool {
		stmt.(*sql.Stmt).Close()
		return true
	})
}

// translate gives the driver's errors that a user can mend a code and a
// sentence.
func translate(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return &taskhook.Error{Code: taskhook.CodeStorageFull, Err: err,
			Message: "The server's disk is full, so nothing was accepted; free some space and send the request again."}
	case sqlite3.SQLITE_IOERR:
		return &taskhook.Error{Code: taskhook.CodeStorageFull, Err: err,
			Message: "The server can't write to its disk, so nothing was accepted; check the disk and send the request again."}
	case sqlite3.SQLITE_BUSY:
		return &taskhook.Error{Code: taskhook.CodeUnavailable, Err: err,
			Message: "The database is locked by another process; send the request again in a moment."}
	}
	return err
}

// sqliteUnique reports whether err says that a row of the same key exists.
func sqliteUnique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE)
}

func sqliteNoTable(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_ERROR && strings.Contains(e.Error(), "no such table")
}
