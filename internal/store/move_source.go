package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// openSource takes the data directory and opens its database, only to read it.
func (m *Move) openSource(ctx context.Context) (err error) {
	dir := m.options.Dir
	if !exists(dir) {
		return fmt.Errorf("the data directory %s holds no database: name the one that the server was run with", dir)
	}
	m.lock, err = LockDir(dir)
	if _, locked := errors.AsType[*LockedError](err); locked {
		return fmt.Errorf("a taskhook server or command is using %s: stop it first, for what it does meanwhile would not be moved", dir)
	}
	if err != nil {
		return err
	}
	if m.source, err = openSQLiteReader(ctx, dir); err != nil {
		return err
	}
	if err := (&Store{db: m.source}).prepare(ctx, Options{}); err != nil {
		return fmt.Errorf("%w, with --data %s", err, dir)
	}
	return nil
}

// openSQLiteReader opens the database of a data directory so that nothing can be
// written to it: what its log holds is read from there.
func openSQLiteReader(ctx context.Context, dir string) (*sqliteDB, error) {
	path, err := filepath.Abs(filepath.Join(dir, fileName))
	if err != nil {
		return nil, fmt.Errorf("find the data directory: %w", err)
	}
	db := &sqliteDB{path: path}
	if db.readers, err = sql.Open("sqlite", dataSource(path, "query_only(1)", "cache_size(-16000)")+"&mode=ro"); err != nil {
		return nil, err
	}
	db.reads.prepare = db.readers.PrepareContext
	var id int
	if err := db.readers.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), db.close())
	}
	if id != applicationID {
		return nil, errors.Join(fmt.Errorf("%s is a database of another program", path), db.close())
	}
	return db, nil
}

// fingerprint changes whenever the files of the database do: as soon as a server or
// a command has written to it.
func (db *sqliteDB) fingerprint() (text string, err error) {
	for _, name := range []string{db.path, db.path + "-wal"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue
		}
		if err != nil {
			return "", err
		}
		text += fmt.Sprintf("%d bytes of %d; ", info.Size(), info.ModTime().UnixNano())
	}
	return text, nil
}
