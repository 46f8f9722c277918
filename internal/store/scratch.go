package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// Scratch is a schema of a PostgreSQL database that is somebody's own for a while.
type Scratch struct {
	URL     string // leads to the schema
	Version string // of PostgreSQL
	name    string
	conn    *pgx.Conn
}

// NewScratch makes a schema, or with keep takes the one of the name that is there.
func NewScratch(ctx context.Context, database, name string, keep bool) (_ *Scratch, err error) {
	config, err := postgresConfig(database)
	if err != nil {
		return nil, err
	}
	s := &Scratch{name: pgx.Identifier{name}.Sanitize()}
	if s.conn, err = pgx.ConnectConfig(ctx, config.ConnConfig); err != nil {
		return nil, explain(err, config.ConnConfig)
	}
	create := "CREATE SCHEMA "
	if keep {
		create += "IF NOT EXISTS "
	}
	if err := simple(ctx, s.conn, create+s.name); err != nil {
		return nil, errors.Join(fmt.Errorf("make a schema of its own: %w", err), s.conn.Close(ctx))
	}
	u, err := url.Parse(database)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	s.URL, s.Version = u.String(), s.conn.PgConn().ParameterStatus("server_version")
	return s, nil
}

// Remove drops the schema with all that is in it.
func (s *Scratch) Remove(ctx context.Context) error {
	return simple(ctx, s.conn, "DROP SCHEMA "+s.name+" CASCADE")
}

// Close leaves the schema as it is.
func (s *Scratch) Close(ctx context.Context) error { return s.conn.Close(ctx) }
