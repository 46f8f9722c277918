package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// leastPostgres is the oldest version that its makers still maintain.
const leastPostgres = 14

// handover is how long a starting server waits for the one before to be gone.
const handover = 2 * time.Second

// The advisory locks, of two numbers each, of which the second stands for the
// schema: one that the process has which works on the database, and one that
// transactions that write take in turn. So statements mean what they do on SQLite,
// where there is one writer too.
const (
	nodeLock  = "1953001323, hashtext(current_schema())" // applicationID
	turnLock  = "1953001324, hashtext(current_schema())"
	beginText = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(" + turnLock + ")"
)

// sessionText sets up a connection. Settings are not sent as parameters of the
// connection, which poolers refuse. A commit that is not durable would break what
// 202 promises; a process that hangs must not hold up the others for good, nor a
// machine that is gone keep its lock for hours, until TCP notices by itself.
const sessionText = `SET jit = off; SET idle_in_transaction_session_timeout = '2min';
	SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s';
	SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`

// ErrTaken says that another server works on the database, in a sentence for the
// operator.
var ErrTaken = errors.New("the database is in use by another taskhook process: stop that one or name another database, for they can't share one yet")

func postgresConfig(text string) (*pgxpool.Config, error) {
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return nil, errors.New("the database URL does not begin with postgres://; write it like postgres://user:password@host:5432/database")
	}
	if _, err := url.Parse(text); err != nil { // which would show a part of the password
		return nil, errors.New("the database URL can't be read: special characters of its password must be written like %40 for @")
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		_, why, _ := strings.Cut(err.Error(), "`: ") // what comes before is the URL
		return nil, fmt.Errorf("the database URL can't be used: %s", why)
	}
	c := config.ConnConfig
	if c.ConnectTimeout == 0 || c.ConnectTimeout > connectFor && !strings.Contains(text, "connect_timeout") {
		c.ConnectTimeout = connectFor
	}
	if c.ValidateConnect == nil {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "taskhook"
	}
	config.AfterConnect = prepareSession
	return config, nil
}

func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	registerFlags(conn.TypeMap())
	return simple(ctx, conn, sessionText)
}

// checkServer refuses a server that promises less than is relied on.
func checkServer(conn *pgx.Conn) error {
	version := conn.PgConn().ParameterStatus("server_version")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err == nil && n < leastPostgres {
		return fmt.Errorf("the server is PostgreSQL %s, and taskhook needs %d or newer: upgrade it or name another", version, leastPostgres)
	}
	if encoding := conn.PgConn().ParameterStatus("server_encoding"); encoding != "UTF8" {
		return fmt.Errorf("the database keeps text as %s, and taskhook needs UTF8: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	return nil
}

// prepareWriter makes a connection the writing one: that of a server takes the
// lock.
func (db *postgresDB) prepareWriter(ctx context.Context, conn *pgx.Conn) error {
	if err := prepareSession(ctx, conn); err != nil || !db.node {
		return err
	}
	var locked bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock("+nodeLock+")").Scan(&locked); err != nil || locked {
		return err
	}
	if db.conn == nil || db.conn == conn {
		return ErrTaken
	}
	// The server may not know yet that the connection before this one is lost.
	var ghosts int
	if err := conn.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND classid = $1 AND pid = $2`, applicationID, db.conn.PgConn().PID()).Scan(&ghosts); err != nil {
		return err
	}
	if ghosts == 0 {
		return ErrTaken
	}
	return errors.New("the connection before this one is being ended")
}

// explain says at the start why a server can't be used.
func explain(err error, c *pgx.ConnConfig) error {
	at := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	var why string
	switch state := sqlState(err); {
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		why = fmt.Sprintf("PostgreSQL at %s is read-only, as a standby is: name the primary in the database URL", at)
	case state == pgBadPassword || state == pgBadRole:
		why = fmt.Sprintf("PostgreSQL at %s does not let the user %q in: check user and password in the database URL, and pg_hba.conf", at, c.User)
	case state == pgNoDatabase:
		why = fmt.Sprintf("PostgreSQL at %s has no database %q: make it with createdb, or name another in the database URL", at, c.Database)
	case state == pgTooMany:
		why = fmt.Sprintf("PostgreSQL at %s has no connection left: close others, or raise its max_connections", at)
	default:
		why = fmt.Sprintf("PostgreSQL at %s can't be used: check that it runs and that the database URL is right", at)
	}
	return fmt.Errorf("%s (%w)", why, err)
}
