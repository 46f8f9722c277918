package store

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// emptyPostgres opens a database without tables.
func emptyPostgres(t *testing.T) *postgresDB {
	t.Helper()
	db, err := openPostgres(t.Context(), pgtest.Database(t), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.close() })
	return db
}

// begun returns a transaction in which a table of numbers was made.
func begun(t *testing.T, db *postgresDB) *postgresTx {
	t.Helper()
	made, err := db.begin(t.Context(), author{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.exec(t.Context(), `CREATE TABLE numbers (n BIGINT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	return made.(*postgresTx)
}

const insertNumber, readNumbers = `INSERT INTO numbers VALUES ($1)`, `SELECT n FROM numbers ORDER BY n`

// TestSent holds statements that are sent to their order, and to one round trip with
// the next that is waited for.
func TestSent(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	ctx, turn := t.Context(), begun(t, emptyPostgres(t))
	var before, after []int64
	var told []string
	for _, err := range []error{
		turn.send(ctx, into(&before, scanInto[int64]), readNumbers),
		turn.send(ctx, nil, insertNumber, 1),
		turn.then(func() error {
			told = append(told, "then")
			return turn.send(ctx, nil, insertNumber, 2) // goes with the next
		}),
		turn.send(ctx, into(&after, scanInto[int64]), readNumbers),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	found, err := collect(ctx, turn, scanInto[int64], readNumbers)
	if err != nil || len(before) != 0 || !slices.Equal(after, []int64{1}) || !slices.Equal(found, []int64{1}) || len(told) != 1 {
		t.Errorf("found %v, before %v, after %v, told %v: %v", found, before, after, told, err)
	}
	if inDoubt, err := turn.commit(ctx); err != nil || inDoubt {
		t.Errorf("the commit: %t, %v", inDoubt, err)
	}
	if found, err := collect(ctx, turn.db, scanInto[int64], readNumbers); err != nil || !slices.Equal(found, []int64{1, 2}) {
		t.Errorf("committed %v: %v", found, err)
	}
}

// TestSentInVain has a statement fail that was sent: the transaction is lost as a
// whole, whoever meets the error, and nothing of it is in doubt.
func TestSentInVain(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	ctx, db := t.Context(), emptyPostgres(t)
	for name, meet := range map[string]func(*postgresTx) error{
		"a query":  func(turn *postgresTx) error { _, err := turn.query(ctx, readNumbers); return err },
		"an exec":  func(turn *postgresTx) error { _, err := turn.exec(ctx, insertNumber, 3); return err },
		"a flush":  func(turn *postgresTx) error { return turn.flush(ctx) },
		"a commit": func(turn *postgresTx) error { return nil },
		"a savepoint that is undone": func(turn *postgresTx) error {
			return inSavepoint(ctx, turn, &write{}, func(ctx context.Context, _ tx) error {
				if _, err := turn.query(ctx, readNumbers); err == nil {
					t.Error("a query did not meet it")
				}
				return taskhook.Errorf(taskhook.CodeConflict, "refused")
			})
		},
	} {
		turn := begun(t, db)
		turn.send(ctx, nil, insertNumber, 1)
		turn.send(ctx, nil, insertNumber, 1)
		err := meet(turn)
		inDoubt, committed := turn.commit(ctx)
		if (err == nil) != (name == "a commit") || !isUnique(committed) || inDoubt {
			t.Errorf("%s: %v, then the commit: in doubt %t, %v", name, err, inDoubt, committed)
		}
		if err != nil && !strings.Contains(err.Error(), "INSERT INTO numbers") {
			t.Errorf("%s: the error does not say which statement failed: %v", name, err)
		}
		turn.rollback(ctx)
	}
}

// TestTakeFails ends a transaction as well, and not the connection.
func TestTakeFails(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	ctx, db := t.Context(), emptyPostgres(t)
	for _, take := range []takeFunc{func(rows) error { return errBad }, func(rows) error { panic(errBad.Error()) }} {
		turn := begun(t, db)
		turn.send(ctx, take, readNumbers)
		if inDoubt, err := turn.commit(ctx); err == nil || !strings.Contains(err.Error(), errBad.Error()) || inDoubt {
			t.Errorf("in doubt %t: %v", inDoubt, err)
		}
		turn.rollback(ctx)
	}
}

// TestRefusedBesideSent refuses an item of a batch: that undoes all of its own, and
// nothing of what an answer made another one send.
func TestRefusedBesideSent(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	ctx, turn := t.Context(), begun(t, emptyPostgres(t))
	sendTwice := func(n int) error {
		turn.send(ctx, nil, insertNumber, n)
		return turn.then(func() error { return turn.send(ctx, nil, insertNumber, n+1) })
	}
	if err := sendTwice(1); err != nil {
		t.Fatal(err)
	}
	refused := &write{}
	err := inSavepoint(ctx, turn, refused, func(ctx context.Context, _ tx) error {
		if found, err := collect(ctx, turn, scanInto[int64], readNumbers); err != nil || !slices.Equal(found, []int64{1, 2}) {
			t.Errorf("the item finds %v: %v", found, err)
		}
		sendTwice(3)
		return taskhook.Errorf(taskhook.CodeConflict, "refused")
	})
	if err != nil || taskhook.ErrorCode(refused.err) != taskhook.CodeConflict {
		t.Errorf("the item ends with %v, the batch with %v", refused.err, err)
	}
	if _, err := turn.commit(ctx); err != nil {
		t.Error(err)
	}
	if found, err := collect(ctx, turn.db, scanInto[int64], readNumbers); err != nil || !slices.Equal(found, []int64{1, 2}) {
		t.Errorf("committed %v: %v", found, err)
	}
}
