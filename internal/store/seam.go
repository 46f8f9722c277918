package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// database is what the store runs on.
type database interface {
	reader
	// begin starts the one transaction that writes. A limit other than 0 is for all
	// of it: a connection that does not answer in time is given up. The error wraps
	// errFenced when the author says that the node has joined, and it is not there.
	begin(ctx context.Context, as author, limit time.Duration) (commitTx, error)
	// duePages reads, for each page and by no order, due deliveries that are not in the
	// memory of their lane's owner: all of them, or one more than the limit. Then it
	// reads their lanes, see selectLaneStates.
	duePages(ctx context.Context, now int64, pages []taskhook.LanePage) ([]taskhook.Outgoing, []*laneRow, error)
	// kind names the folder of its migrations.
	kind() databaseKind
	close() error
}

// databaseKind is SQLite, which one process has to itself, or PostgreSQL, which
// several share.
type databaseKind string

// Both kinds.
const (
	kindSQLite   databaseKind = "sqlite"
	kindPostgres databaseKind = "postgres"
)

// author is as whom a transaction is made.
type author struct {
	node   string // its lock is held while the connection lives; empty: a command, which is no node
	joined bool   // its row must be there
}

// errFenced says that this process was taken for dead.
var errFenced = errors.New("the node is not among those of the database any more")

// tx is what a use case sees of a database inside a transaction. Statements use
// $1, $2 … in ascending order, which both databases bind alike.
type tx interface {
	reader
	exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	sender
	counter
}

// sender runs statements whose answers nobody waits for. They go with the next one
// that somebody does, at last with the commit, in the order in which they came. What
// fails fails the transaction as a whole: not even a savepoint saves it.
type sender interface {
	// send runs a statement. Take, unless it is nil, is given the answer later; what
	// it sends goes with the next round.
	send(ctx context.Context, take takeFunc, query string, args ...any) error
	// many does so with a bulk statement, whose rows args are, one after the other.
	// Take may be called several times, for some of the rows each.
	many(ctx context.Context, take takeFunc, b bulk, args []any) error
	// then does something when all that was sent before has been answered.
	then(do func() error) error
	// flush waits for the answers to all that was sent.
	flush(ctx context.Context) error
	// settle is flush until no answer is awaited that may make something else be sent.
	settle(ctx context.Context) error
}

// takeFunc takes the answer to a statement in.
type takeFunc = func(rows) error

// into adds the rows of an answer to a list.
func into[T any](list *[]T, scan func(scanner) (T, error)) takeFunc {
	return func(found rows) error {
		for found.Next() {
			item, err := scan(found)
			if err != nil {
				return err
			}
			*list = append(*list, item)
		}
		return found.Err()
	}
}

// counter gathers how a transaction changes what there is of each kind; see stock.
type counter interface {
	note(kind taskhook.Kind, change taskhook.Amount)
	noted() map[taskhook.Kind]taskhook.Amount
	renote(changes map[taskhook.Kind]taskhook.Amount)
}

// reader answers queries, inside a transaction or outside of one.
type reader interface {
	query(ctx context.Context, query string, args ...any) (rows, error)
}

// rows is a cursor over an answer; it must be closed.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// scanner reads the columns of one row.
type scanner interface{ Scan(dest ...any) error }

// isUnique reports whether err says that a row of the same key exists.
func isUnique(err error) bool { return sqliteUnique(err) || postgresUnique(err) }

// noTable reports whether err says that there is no such table.
func noTable(err error) bool { return sqliteNoTable(err) || sqlState(err) == pgNoTable }

// collect reads all rows of a query.
func collect[T any](ctx context.Context, r reader, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	found, err := r.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var items []T
	err = into(&items, scan)(found)
	return items, err
}

// collectMany runs a bulk statement and reads all rows of its answer.
func collectMany[T any](ctx context.Context, t tx, scan func(scanner) (T, error), b bulk, args []any) (items []T, err error) {
	if err = t.many(ctx, into(&items, scan), b, args); err == nil {
		err = t.flush(ctx)
	}
	return items, err
}

// first reads the first row of a query; ok says whether there was one.
func first[T any](ctx context.Context, r reader, scan func(scanner) (T, error), query string, args ...any) (item T, ok bool, err error) {
	items, err := collect(ctx, r, scan, query, args...)
	if err != nil || len(items) == 0 {
		return item, false, err
	}
	return items[0], true, nil
}

// scanInto is the scan function of a single column.
func scanInto[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// ms is the stored form of a time; the zero time is stored as NULL by msOrNil.
func ms(t time.Time) int64 { return t.UnixMilli() }

func msOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func atOrZero(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return at(*ms)
}

// flag is the stored form of a boolean on both databases.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// marks returns n placeholders from $from on: "$3,$4,$5".
func marks(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// tuples returns n groups of width placeholders: "($1,$2),($3,$4)".
func tuples(n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		b.WriteString(marks(1+i*width, width))
		b.WriteByte(')')
	}
	return b.String()
}
