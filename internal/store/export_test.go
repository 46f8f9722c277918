package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// WriterText sets up the writing connection to PostgreSQL.
const WriterText = writerText

// Statements returns the text of all statements that the store has prepared.
func (s *Store) Statements() (texts []string) {
	for _, prepared := range []*statements{&s.sqlite().writes, &s.sqlite().reads, &s.sqlite().pages} {
		prepared.known.Range(func(text, _ any) bool {
			texts = append(texts, text.(string))
			return true
		})
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

func (s *Store) sqlite() *sqliteDB { return s.db.(*sqliteDB) }

// Plan returns the steps by which SQLite answers a statement.
func (s *Store) Plan(ctx context.Context, text string) (steps []string, err error) {
	args := make([]any, strings.Count(text, "$"))
	rows, err := s.sqlite().readers.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}

// SetMaxPages bounds the size of the database, as a full disk does.
func (s *Store) SetMaxPages(ctx context.Context, pages int) (was int, err error) {
	if err := s.sqlite().conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&was); err != nil {
		return 0, err
	}
	var now int
	return was, s.sqlite().conn.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&now)
}

// Setting returns a pragma of the writing connection.
func (s *Store) Setting(ctx context.Context, pragma string) (value int, err error) {
	err = s.sqlite().conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&value)
	return value, err
}

// Prepared returns the text of all statements that the connections to PostgreSQL
// have prepared.
func (s *Store) Prepared(ctx context.Context) (texts []string, err error) {
	db := s.db.(*postgresDB)
	conns := []*pgx.Conn{db.conn}
	for _, idle := range append(db.pool.AcquireAllIdle(ctx), db.pages.AcquireAllIdle(ctx)...) {
		defer idle.Release()
		conns = append(conns, idle.Conn())
	}
	for _, conn := range conns {
		if conn.IsClosed() {
			continue
		}
		rows, err := conn.Query(ctx, "SELECT statement FROM pg_prepared_statements", pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return nil, err
		}
		some, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		texts = append(texts, some...)
	}
	return texts, nil
}

// BulkTexts returns the bulk statements for SQLite, of all sizes.
func BulkTexts() (texts []string) {
	for _, sizes := range sqliteBulk {
		for _, text := range sizes {
			texts = append(texts, text)
		}
	}
	return texts
}
