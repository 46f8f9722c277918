package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
)

// TableSum says what a table holds. Two tables with the same rows, in whatever
// order, have the same.
type TableSum struct {
	Table string
	Rows  int64
	Sum   [4]uint64 // of the SHA-256 of each row, in four parts
}

// String returns the beginning of the sum, to be shown.
func (s TableSum) String() string { return fmt.Sprintf("%016x", s.Sum[0]) }

// Finish compares all that is in directory and database, and makes the database one
// that a server may start on: only if there is no difference.
func (m *Move) Finish(ctx context.Context) (proven []TableSum, err error) {
	for _, t := range m.tables {
		if !m.mark.Tables[t.name].Done {
			return nil, fmt.Errorf("finish the move: %s is not copied yet", t.name)
		}
		sum, err := m.sum(ctx, t, m.source)
		if err != nil {
			return nil, err
		}
		proven = append(proven, sum)
	}
	if err := m.options.Fault.at("move:summed"); err != nil {
		return nil, err
	}
	err = m.inTarget(ctx, func(tx *postgresTx) error {
		if _, err := tx.exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil { // a role may have one, and tables are large
			return err
		}
		for i, t := range m.tables {
			sum, err := m.sum(ctx, t, tx)
			if err != nil {
				return err
			}
			if sum != proven[i] {
				return fmt.Errorf("%s differs: %d rows (%s) in %s, %d rows (%s) in the database. The directory was changed while it was moved, as "+
					"`taskhook key create` does: empty the database and begin again", t.name, proven[i].Rows, proven[i], m.mark.From, sum.Rows, sum)
			}
		}
		if err := m.release(ctx, tx); err != nil {
			return err
		}
		return m.options.Fault.at("move:proven")
	})
	if err != nil {
		return nil, err
	}
	return proven, m.options.Fault.at("move:finished")
}

// sum reads a table of either side.
func (m *Move) sum(ctx context.Context, t *movedTable, from reader) (s TableSum, err error) {
	s.Table = t.name
	step := "compare " + t.name + " in the database"
	if from == m.source {
		step = "compare " + t.name + " in the directory"
	}
	found, err := from.query(ctx, `SELECT `+t.list()+` FROM `+quotedName(t.name))
	if err != nil {
		return s, fmt.Errorf("compare %s: %w", t.name, err)
	}
	defer found.Close()
	row, h := newMovedRow(t, found), sha256.New()
	for row.next() {
		s.add(row.values, h)
		if s.Rows%moveBite == 0 {
			m.tell(MoveProgress{step, s.Rows, m.mark.Tables[t.name].Rows})
		}
	}
	if row.err != nil {
		return s, fmt.Errorf("compare %s: %w", t.name, row.err)
	}
	return s, nil
}

// add counts a row in.
func (s *TableSum) add(values []any, h hash.Hash) {
	h.Reset()
	var head [9]byte // what kind of value it is, and its length or the number
	for _, v := range values {
		var body []byte
		switch v := v.(type) {
		case nil:
			head[0] = 0
		case int64:
			head[0] = byte(kindNumber)
			binary.BigEndian.PutUint64(head[1:], uint64(v))
			h.Write(head[:])
			continue
		case string:
			head[0], body = byte(kindText), []byte(v)
		case []byte:
			head[0], body = byte(kindBytes), v
		}
		binary.BigEndian.PutUint64(head[1:], uint64(len(body)))
		h.Write(head[:])
		h.Write(body)
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	for i := range s.Sum {
		s.Sum[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	s.Rows++
}

// release makes the target a database like any other: its counters go on from where
// those of the source were, and its planner knows what it holds.
func (m *Move) release(ctx context.Context, tx *postgresTx) error {
	for _, t := range m.tables {
		if err := m.setCounter(ctx, tx, t); err != nil {
			return fmt.Errorf("set the counter of %s: %w", t.name, err)
		}
		if _, err := tx.exec(ctx, `ANALYZE `+quotedName(t.name)); err != nil {
			return fmt.Errorf("analyze %s: %w", t.name, err)
		}
	}
	if err := m.saveMark(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DROP TABLE moving`); err != nil {
		return fmt.Errorf("remove the mark of the move: %w", err)
	}
	return nil
}

func (m *Move) setCounter(ctx context.Context, tx *postgresTx, t *movedTable) error {
	for _, c := range t.columns {
		if !c.counted {
			continue
		}
		last, _, err := first(ctx, m.source, scanInto[int64], `SELECT max(coalesce((SELECT max(`+quotedName(c.name)+`) FROM `+quotedName(t.name)+`), 0),
			coalesce((SELECT seq FROM sqlite_sequence WHERE name = $1), 0))`, t.name)
		if err != nil {
			return err
		}
		if last == 0 {
			continue
		}
		if _, _, err := first(ctx, tx, scanInto[int64], `SELECT setval(pg_get_serial_sequence(quote_ident($1), $2), $3)`, t.name, c.name, last); err != nil {
			return err
		}
	}
	return nil
}
