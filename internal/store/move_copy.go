package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// How much is copied in one transaction, whichever comes first.
const (
	moveBite  = 10_000   // rows
	moveBytes = 16 << 20 // of text and bodies
)

// Copy brings the rows that are not there yet to the target, table by table.
func (m *Move) Copy(ctx context.Context) error {
	for _, t := range m.tables {
		if m.mark.Tables[t.name].Done {
			continue
		}
		if err := m.copyTable(ctx, t); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	return nil
}

func (m *Move) copyTable(ctx context.Context, t *movedTable) error {
	total, err := m.count(ctx, t)
	if err != nil {
		return err
	}
	mark := m.mark.Tables[t.name]
	query, args, err := t.rest(mark.After)
	if err != nil {
		return err
	}
	found, err := m.source.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	for !mark.Done {
		m.tell(MoveProgress{"copy " + t.name, mark.Rows, total})
		b := &movedRows{row: newMovedRow(t, found), most: cmp.Or(m.options.Bite, moveBite)}
		err := m.inTarget(ctx, func(tx *postgresTx) error {
			n, err := tx.copyFrom(ctx, t, b)
			if err != nil {
				return err
			}
			if mark.Rows += n; n > 0 {
				mark.After = b.row.key()
			}
			mark.Done = !b.full()
			m.mark.Tables[t.name] = mark
			if err := m.saveMark(ctx, tx); err != nil {
				return err
			}
			return m.options.Fault.at("move:copied")
		})
		if err != nil {
			return err
		}
		if err := m.options.Fault.at("move:noted"); err != nil {
			return err
		}
	}
	m.tell(MoveProgress{"copy " + t.name, mark.Rows, total})
	return nil
}

func (m *Move) count(ctx context.Context, t *movedTable) (int64, error) {
	n, _, err := first(ctx, m.source, scanInto[int64], `SELECT count(*) FROM `+quotedName(t.name))
	return n, err
}

// copyFrom inserts rows by the COPY protocol, which reads them as it sends them.
func (t *postgresTx) copyFrom(ctx context.Context, table *movedTable, from pgx.CopyFromSource) (int64, error) {
	names := make([]string, len(table.columns))
	for i, c := range table.columns {
		names[i] = c.name
	}
	n, err := t.db.conn.CopyFrom(ctx, pgx.Identifier{table.name}, names, from)
	return n, translatePostgres(err)
}

// movedRows are the rows of one transaction: the next ones of a query.
type movedRows struct {
	row   *movedRow
	most  int
	rows  int
	bytes int
}

// full reports whether more rows may follow.
func (b *movedRows) full() bool { return b.rows >= b.most || b.bytes >= moveBytes }

// Next is of pgx.CopyFromSource.
func (b *movedRows) Next() bool {
	if b.full() || !b.row.next() {
		return false
	}
	b.rows++
	for _, v := range b.row.values {
		switch v := v.(type) {
		case string:
			b.bytes += len(v)
		case []byte:
			b.bytes += len(v)
		}
	}
	return true
}

// Values is of pgx.CopyFromSource.
func (b *movedRows) Values() ([]any, error) { return b.row.values, nil }

// Err is of pgx.CopyFromSource.
func (b *movedRows) Err() error { return b.row.err }
