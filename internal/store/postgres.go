package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresDB is a database of a PostgreSQL server: one writing connection, which is
// made anew when it is lost, and reading ones.
type postgresDB struct {
	config *pgx.ConnConfig
	pool   postgresReader
	pages  postgresReader // one connection, set up like the writing one, for what the owner of lanes reads
	conn   *pgx.Conn      // the writing connection, used by one commit at a time; nil: none yet
	locked string         // the node whose lock it holds; empty: none
	down   time.Time      // since when there is none; zero: there is
}

// How long a commit waits for the database to come back, and how often it tries.
// Once it has waited in vain the next ones try but once, until it is back.
const (
	reconnectFor   = 10 * time.Second
	reconnectEvery = 100 * time.Millisecond
	connectFor     = 5 * time.Second // a single try, unless the URL says otherwise
)

func openPostgres(ctx context.Context, url string, starts bool) (_ *postgresDB, err error) {
	config, err := postgresConfig(url)
	if err != nil {
		return nil, err
	}
	db := &postgresDB{config: config.ConnConfig}
	if db.conn, err = pgx.ConnectConfig(ctx, db.config.Copy()); err != nil {
		return nil, explain(err, db.config)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close())
		}
	}()
	if err = checkServer(db.conn); err != nil {
		return nil, err
	}
	if err = prepareWriter(ctx, db.conn); err != nil {
		return nil, err
	}
	if starts {
		if err = db.takeTurn(ctx); err != nil {
			return nil, err
		}
	}
	if db.pool.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	config = config.Copy()
	config.MaxConns, config.MinConns, config.AfterConnect = 1, 0, prepareWriter
	db.pages.Pool, err = pgxpool.NewWithConfig(ctx, config)
	return db, err
}

func (db *postgresDB) kind() databaseKind { return kindPostgres }

func (db *postgresDB) close() error {
	for _, reader := range []postgresReader{db.pool, db.pages} {
		if reader.Pool != nil {
			reader.Close()
		}
	}
	if !db.alive() {
		return nil
	}
	if err := db.conn.PgConn().Conn().SetDeadline(time.Time{}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectFor)
	defer cancel()
	return db.conn.Close(ctx)
}

func (db *postgresDB) begin(ctx context.Context, as author, limit time.Duration) (commitTx, error) {
	for began := time.Now(); ; time.Sleep(reconnectEvery) {
		err := db.tryBegin(ctx, as, limit)
		switch {
		case err == nil:
			db.down = time.Time{}
			return &postgresTx{db: db}, nil
		case errors.Is(err, errFenced):
			return nil, err
		case db.down.IsZero():
			db.down = began
		}
		if db.alive() && !errors.Is(err, errGhost) || time.Since(db.down) > reconnectFor {
			return nil, translatePostgres(err)
		}
	}
}

// alive reports whether the writing connection can be used, as far as is known.
func (db *postgresDB) alive() bool { return db.conn != nil && !db.conn.IsClosed() }

func (db *postgresDB) tryBegin(ctx context.Context, as author, limit time.Duration) error {
	if err := db.connect(ctx); err != nil {
		return err
	}
	var deadline time.Time
	if limit > 0 {
		deadline = time.Now().Add(limit)
	}
	// The deadline is of the socket, for one of ctx would cost each statement a watcher.
	if err := db.conn.PgConn().Conn().SetDeadline(deadline); err != nil {
		db.conn.Close(ctx)
		return err
	}
	if as.node != "" && as.node != db.locked {
		if err := db.takeLock(ctx, as.node); err != nil {
			return err
		}
	}
	t := &postgresTx{db: db}
	there, err := t.awaitTurn(ctx, as)
	if err == nil && !there {
		err = errFenced
	}
	if err != nil {
		t.rollback(ctx)
	}
	return err
}

// connect makes the writing connection if there is none.
func (db *postgresDB) connect(ctx context.Context) error {
	if db.alive() {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, db.config.Copy())
	if err != nil {
		return err
	}
	if err := prepareWriter(ctx, conn); err != nil {
		conn.Close(ctx) // why stands in err
		return err
	}
	db.conn, db.locked = conn, ""
	return nil
}

// simple runs statements without arguments in one round trip.
func simple(ctx context.Context, conn *pgx.Conn, text string) error {
	_, err := conn.PgConn().Exec(ctx, text).ReadAll()
	return err
}

// readLimit is how long an answer may take in all.
const readLimit = 30 * time.Second

// readTries is how often a read is tried when its connection turns out to be lost,
// as all of the pool are after a restart of the server.
const readTries = 5

// query reads outside of a transaction.
func (db *postgresDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	return db.pool.query(ctx, query, args...)
}

// postgresReader is a pool of connections that read.
type postgresReader struct{ *pgxpool.Pool }

func (p postgresReader) query(ctx context.Context, query string, args ...any) (rows, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	for try := 1; ; try++ {
		found, err := p.Query(ctx, query, storable(args)...)
		r := &postgresRows{Rows: found, done: cancel}
		if err == nil {
			err = r.peek()
		}
		switch {
		case err == nil:
			return r, nil
		case ctx.Err() != nil || try == readTries || !isLost(err):
			cancel()
			return nil, translatePostgres(err)
		}
	}
}

// postgresRows is a cursor whose connection is in use until it is closed.
type postgresRows struct {
	pgx.Rows
	done   context.CancelFunc
	peeked bool // Next has been called once more than it was asked for, and was true
}

// peek finds out whether the query was answered, which its first row tells.
func (r *postgresRows) peek() error {
	r.peeked = r.Rows.Next()
	return r.Rows.Err()
}

// Next is of rows.
func (r *postgresRows) Next() bool {
	if r.peeked {
		r.peeked = false
		return true
	}
	return r.Rows.Next()
}

func (r *postgresRows) Err() error { return translatePostgres(r.Rows.Err()) }

func (r *postgresRows) Close() error {
	r.Rows.Close()
	r.done()
	return nil
}

// postgresUnique reports whether err says that a row of the same key exists.
func postgresUnique(err error) bool { return sqlState(err) == pgUnique }

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// listen hears hints, by a connection of its own.
func (db *postgresDB) listen(ctx context.Context, heard func(from string)) error {
	conn, err := pgx.ConnectConfig(ctx, db.config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := prepareSession(ctx, conn); err != nil {
		return err
	}
	if err := simple(ctx, conn, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}
