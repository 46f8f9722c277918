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

// The advisory locks, of two numbers each. Transactions that write take one in
// turn, whose second number stands for the schema: so statements mean what they do
// on SQLite, where there is one writer too. The other, whose second number stands
// for a node, is that of the session by which it writes: when it is free, the
// process is dead or has lost its connection.
const (
	nodeLock  = 1953001323 // applicationID
	turnLock  = "1953001324, hashtext(current_schema())"
	startLock = "1953001325, hashtext(current_schema())" // see takeTurn
)

// sessionText sets up a connection. Settings are not sent as parameters of the
// connection, which poolers refuse. A commit that is not durable would break what
// 202 promises; a process that hangs must not hold up the others, nor a machine
// that is gone keep its locks for hours, until TCP notices by itself.
const sessionText = `SET jit = off; SET idle_in_transaction_session_timeout = '5s';
	SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '10s';
	SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`

// writerText sets up the writing connection besides. Its statements are planned once,
// which may be while the tables are empty, so they are to search, however few rows
// there seem to be.
const writerText = `SET plan_cache_mode = force_generic_plan; SET enable_memoize = off;
	SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off`

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

func prepareWriter(ctx context.Context, conn *pgx.Conn) error {
	if err := prepareSession(ctx, conn); err != nil {
		return err
	}
	return simple(ctx, conn, writerText)
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

// startFor is how long a server that starts waits for another that does.
const startFor = time.Minute

// takeTurn makes servers start one after the other, up to when they join as nodes: so
// one finds what the one before has made, such as the first account.
func (db *postgresDB) takeTurn(ctx context.Context) error {
	for began := time.Now(); ; {
		var locked bool
		if err := db.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock("+startLock+")").Scan(&locked); err != nil || locked {
			return err
		}
		if time.Since(began) > startFor {
			return errors.New("another server of the database is starting and does not get ready: see what keeps it")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(reconnectEvery):
		}
	}
}

// takeLock makes the session of the writing connection that of a node. When the
// server does not know yet that the connection before this one is lost, it is told.
func (db *postgresDB) takeLock(ctx context.Context, node string) error {
	var locked bool
	if err := db.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, hashtext($2)) FROM (SELECT pg_advisory_unlock_all()) AS others`,
		nodeLock, node).Scan(&locked); err != nil {
		return err
	}
	if locked {
		db.locked = node
		return nil
	}
	var ghosts int
	if err := db.conn.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE `+heldBy("$1"), node).Scan(&ghosts); err != nil {
		return err
	}
	return errGhost
}

// errGhost passes: see takeLock.
var errGhost = errors.New("the connection before this one is being ended")

// heldBy is the condition for the row of pg_locks that is the lock of a node.
func heldBy(node string) string {
	return fmt.Sprintf(`locktype = 'advisory' AND granted AND objsubid = 2 AND classid = %d
		AND objid::bigint = hashtext(%s)::bigint & 4294967295 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, nodeLock, node)
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
