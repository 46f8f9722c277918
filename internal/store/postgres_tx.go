package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresTx is the transaction that is open on the writing connection. What is sent
// waits here, so that many statements cost one round trip.
type postgresTx struct {
	db     *postgresDB
	queue  []statement
	broken error // a statement that was sent has failed: nothing more can be done
	stock
}

// statement is one that waits to be sent; or none, but something to do in its place.
type statement struct {
	text string
	args []any
	take takeFunc // nil: nobody asks for the answer
	then func() error
}

// awaitTurn begins the transaction and waits for its turn, in one round trip. Of an
// author that has joined it says whether it is still there.
func (t *postgresTx) awaitTurn(ctx context.Context, as author) (there bool, err error) {
	nodes := []int{1}
	t.queue = []statement{{text: "BEGIN ISOLATION LEVEL READ COMMITTED"}, {text: "SELECT pg_advisory_xact_lock(" + turnLock + ")"}}
	if as.joined {
		nodes = nil
		t.queue = append(t.queue, statement{"SELECT 1 FROM nodes WHERE id = $1", []any{as.node}, into(&nodes, scanInto[int]), nil})
	}
	err = t.flush(ctx)
	return len(nodes) == 1, err
}

func (t *postgresTx) send(_ context.Context, take takeFunc, query string, args ...any) error {
	t.queue = append(t.queue, statement{text: query, args: storable(args), take: take})
	return t.broken
}

func (t *postgresTx) then(do func() error) error {
	t.queue = append(t.queue, statement{then: do})
	return t.broken
}

func (t *postgresTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	if len(t.queue) == 0 && t.broken == nil {
		found, err := t.db.conn.Query(ctx, query, storable(args)...)
		if err != nil {
			return nil, t.db.failed(ctx, err)
		}
		return &postgresRows{Rows: found, done: func() {}}, nil
	}
	answers, err := t.answers(ctx, &statement{text: query, args: storable(args)})
	if err != nil {
		return nil, err
	}
	found, err := answers.Query()
	if err != nil {
		answers.Close() // why stands in err
		return nil, t.db.failed(ctx, err)
	}
	return &postgresRows{Rows: found, done: func() { answers.Close() }}, nil // of which found tells
}

func (t *postgresTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.run(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t *postgresTx) run(ctx context.Context, query string, args ...any) (tag pgconn.CommandTag, err error) {
	if len(t.queue) == 0 && t.broken == nil {
		tag, err = t.db.conn.Exec(ctx, query, storable(args)...)
		return tag, t.db.failed(ctx, err)
	}
	answers, err := t.answers(ctx, &statement{text: query, args: storable(args)})
	if err != nil {
		return tag, err
	}
	tag, err = answers.Exec()
	if closed := answers.Close(); err == nil {
		err = closed
	}
	return tag, t.db.failed(ctx, err)
}

func (t *postgresTx) flush(ctx context.Context) error {
	if len(t.queue) == 0 {
		return t.broken
	}
	answers, err := t.answers(ctx, nil)
	if err != nil {
		return err
	}
	if err := answers.Close(); err != nil {
		t.broken = t.db.failed(ctx, err)
	}
	return t.broken
}

// answers sends what waits, and last, unless that is nil. It has the answers to the
// first taken in and returns with that to the last.
func (t *postgresTx) answers(ctx context.Context, last *statement) (pgx.BatchResults, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	sent := t.queue
	t.queue = nil
	batch := &pgx.Batch{}
	for _, s := range sent {
		if s.then == nil {
			batch.Queue(s.text, s.args...)
		}
	}
	if last != nil {
		batch.Queue(last.text, last.args...)
	}
	answers := t.db.conn.SendBatch(ctx, batch)
	for _, s := range sent {
		if err := s.answered(answers); err != nil {
			answers.Close() // why stands in err
			t.broken = fmt.Errorf("%.60q: %w", s.text, t.db.failed(ctx, err))
			return nil, t.broken
		}
	}
	return answers, nil
}

func (s *statement) answered(answers pgx.BatchResults) (err error) {
	defer recovered(&err) // here, so that the connection can be used again
	if s.then != nil {
		return s.then()
	}
	if s.take == nil {
		_, err := answers.Exec()
		return err
	}
	found, err := answers.Query()
	if err != nil {
		return err
	}
	defer found.Close()
	if err := s.take(&postgresRows{Rows: found, done: func() {}}); err != nil {
		return err
	}
	found.Close()
	return found.Err()
}

// commit fails as well when the server ended a failed transaction otherwise. It goes
// with what was sent last, after everything whose answer makes something else be sent.
func (t *postgresTx) commit(ctx context.Context) (inDoubt bool, err error) {
	if err := t.settle(ctx); err != nil {
		return false, err
	}
	if err := writeStored(ctx, t); err != nil {
		return false, err
	}
	tag, err := t.run(ctx, "COMMIT")
	if err != nil {
		// The server answers in order: if it refused one before, it has not come to COMMIT.
		_, refused := errors.AsType[*pgconn.PgError](t.broken)
		return !refused, err
	}
	if tag.String() != "COMMIT" {
		return true, fmt.Errorf("commit: the server answered %s", tag)
	}
	return false, nil
}

func (t *postgresTx) settle(ctx context.Context) error {
	for t.asks() {
		if err := t.flush(ctx); err != nil {
			return err
		}
	}
	return t.broken
}

// asks reports whether someone wants an answer to what waits.
func (t *postgresTx) asks() bool {
	for _, s := range t.queue {
		if s.take != nil || s.then != nil {
			return true
		}
	}
	return false
}

// rollback ends the transaction; that it may have ended already is no error.
func (t *postgresTx) rollback(ctx context.Context) {
	if conn := t.db.conn; !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		conn.Exec(ctx, "ROLLBACK")
	}
}

// failed gives up a connection to a server that has become read-only: another may
// have taken its place.
func (db *postgresDB) failed(ctx context.Context, err error) error {
	if sqlState(err) == pgReadOnly {
		db.conn.Close(ctx) // why stands in err
	}
	return translatePostgres(err)
}
