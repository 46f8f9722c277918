package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// MoveOptions say what is moved where.
type MoveOptions struct {
	Dir   string    // the data directory that is moved from, which stays as it is
	URL   string    // of the PostgreSQL database that is moved to
	Bite  int       // rows of a transaction; 0: 10,000
	Fault FaultFunc // tests only
	// Told is called with how far it is, now and then; may be nil.
	Told func(MoveProgress)
}

// MoveProgress is how far a step of a move is.
type MoveProgress struct {
	Step      string // "copy deliveries"
	Done, All int64  // rows or files
}

// Move brings all rows of a data directory into an empty database of PostgreSQL. It
// may be killed at any point: the next one of the same directory goes on where it
// was, as the target says, which no server starts on meanwhile. Its methods are
// called one after the other: OpenMove, Copy, Finish, Close. After an error only Close
// is.
type Move struct {
	options MoveOptions
	lock    *Lock
	source  *sqliteDB
	target  *postgresDB
	tables  []*movedTable // who is referred to comes first
	mark    moveMark
	marked  string // the mark as it stands in the target
}

// OpenMove takes the data directory and the database for this process, as a server
// does, and makes or finds the mark of the move. The error is a sentence for the
// operator when either can't be used: a server has it, the directory is of another
// version, or the database holds something else.
func OpenMove(ctx context.Context, o MoveOptions) (*Move, error) {
	m := &Move{options: o}
	if err := m.open(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Move) open(ctx context.Context) error {
	if err := m.openSource(ctx); err != nil {
		return err
	}
	var err error
	if m.target, err = openPostgres(ctx, m.options.URL, false); err != nil {
		return err
	}
	if m.tables, err = sourceTables(ctx, m.source); err != nil {
		return fmt.Errorf("read the schema of %s: %w", m.options.Dir, err)
	}
	begun, err := m.findMark(ctx)
	if err != nil {
		return err
	}
	target := &Store{db: m.target, log: slog.New(slog.DiscardHandler)}
	if _, err := target.migrate(ctx); err != nil {
		return err
	}
	if err := m.matchTarget(ctx); err != nil {
		return err
	}
	if begun {
		return nil
	}
	return m.makeMark(ctx)
}

// Close gives directory and database back.
func (m *Move) Close() error {
	var errs []error
	if m.target != nil {
		errs = append(errs, m.target.close())
	}
	if m.source != nil {
		errs = append(errs, m.source.close())
	}
	if m.lock != nil {
		errs = append(errs, m.lock.Release())
	}
	return errors.Join(errs...)
}

// Installation is that of the source; see Store.
func (m *Move) Installation(ctx context.Context) (id string, err error) {
	return (&Store{db: m.source}).Installation(ctx)
}

// inTarget runs do in a transaction of the target.
func (m *Move) inTarget(ctx context.Context, do func(*postgresTx) error) error {
	return (&Store{db: m.target}).inTx(ctx, func(t tx) error { return do(t.(*postgresTx)) })
}

func (m *Move) tell(p MoveProgress) {
	if m.options.Told != nil {
		m.options.Told(p)
	}
}
