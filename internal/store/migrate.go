package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// migration is one numbered file. Files only move forward and are never changed
// once released, which the checksum holds them to.
type migration struct {
	name, text, sum string
	additive        bool // programs that do not know it can go on
}

func readMigrations(database databaseKind) ([]migration, error) {
	names, err := fs.Glob(migrations, path.Join("migrations", string(database), "*.sql"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var list []migration
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		list = append(list, migration{path.Base(name), string(text), hex.EncodeToString(sum[:]), strings.HasPrefix(string(text), "-- additive\n")})
	}
	return list, nil
}

const createMigrations = `CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sum TEXT NOT NULL)`

// migrate brings the schema up to date, in one transaction, and returns the names
// of the files that it applied. It refuses a database that a newer program wrote.
func (s *Store) migrate(ctx context.Context) (applied []string, err error) {
	list, err := readMigrations(s.db.kind())
	if err != nil {
		return nil, err
	}
	err = s.inTx(ctx, func(t tx) error {
		if _, err := t.exec(ctx, createMigrations); err != nil {
			return fmt.Errorf("create the table of migrations: %w", err)
		}
		done, err := appliedMigrations(ctx, t)
		if err != nil {
			return err
		}
		pending, err := pendingMigrations(ctx, t, list, done)
		if err != nil {
			return err
		}
		if len(done) > 0 {
			if err := s.checkOthers(ctx, t, pending); err != nil {
				return err
			}
		}
		for _, m := range pending {
			if err := m.apply(ctx, t); err != nil {
				return fmt.Errorf("apply migration %s: %w", m.name, err)
			}
			applied = append(applied, m.name)
		}
		return nil
	})
	return applied, err
}

// appliedMigrations returns the checksums of the applied files by name.
func appliedMigrations(ctx context.Context, from reader) (map[string]string, error) {
	type row struct{ name, sum string }
	found, err := collect(ctx, from, func(r scanner) (m row, err error) {
		err = r.Scan(&m.name, &m.sum)
		return m, err
	}, `SELECT name, sum FROM migrations`)
	if err != nil {
		return nil, fmt.Errorf("read the table of migrations: %w", err)
	}
	done := map[string]string{}
	for _, m := range found {
		done[m.name] = m.sum
	}
	return done, nil
}

// checkOthers refuses migrations that servers which run can't go on with.
func (s *Store) checkOthers(ctx context.Context, t tx, pending []migration) error {
	breaks := slices.IndexFunc(pending, func(m migration) bool { return !m.additive })
	if breaks < 0 || !s.Shared() {
		return nil
	}
	n, _, err := first(ctx, t, scanInto[int], `SELECT count(*) FROM nodes WHERE expires_at > `+s.clock())
	if err == nil && n > 0 {
		err = fmt.Errorf("%d servers run on the database that can't go on when it is brought up to date (%s): stop them first", n, pending[breaks].name)
	}
	return err
}

// pendingMigrations returns those of the list that were not applied. Others than
// those of the list may have been, by a newer program, if they are additive.
func pendingMigrations(ctx context.Context, r reader, list []migration, done map[string]string) (pending []migration, err error) {
	known := 0
	for _, m := range list {
		sum, ok := done[m.name]
		switch {
		case !ok:
			pending = append(pending, m)
		case sum != m.sum:
			return nil, fmt.Errorf("migration %s was applied with other text: this database was made by a build that was never released", m.name)
		default:
			known++
		}
	}
	if known == len(done) {
		return pending, nil
	}
	additive, err := collect(ctx, r, scanInto[string], `SELECT name FROM migrations WHERE additive = 1`)
	if err != nil {
		return nil, fmt.Errorf("read the table of migrations: %w", err)
	}
	for _, m := range list {
		delete(done, m.name)
	}
	for name := range done {
		if !slices.Contains(additive, name) {
			return nil, fmt.Errorf("the database was written by a newer taskhook (%s): run that version, or restore the copy made before the upgrade", name)
		}
	}
	return pending, nil
}

func (m migration) apply(ctx context.Context, t tx) error {
	for _, statement := range splitStatements(m.text) {
		if _, err := t.exec(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `INSERT INTO migrations (name, sum) VALUES ($1, $2)`, m.name, m.sum); err != nil || !m.additive {
		return err
	}
	_, err := t.exec(ctx, `UPDATE migrations SET additive = 1 WHERE name = $1`, m.name)
	return err
}

// splitStatements cuts a file at the semicolons that end a line; comments may
// hold others.
func splitStatements(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(part) != "" {
			list = append(list, part)
		}
	}
	return list
}
