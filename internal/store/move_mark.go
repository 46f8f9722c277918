package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

// moveMark is what the target knows of a move that has not finished. It is the one
// row of a table that only such a database has.
type moveMark struct {
	From   string                 `json:"from"`  // the data directory
	State  string                 `json:"state"` // its fingerprint
	Tables map[string]tableMark   `json:"tables"`
	Files  map[FileKind]FilesMark `json:"files"`
}

// tableMark is how far a table is.
type tableMark struct {
	After []string `json:"after"` // the primary key of the last row copied
	Rows  int64    `json:"rows"`
	Done  bool     `json:"done"`
}

const createMoving = `CREATE TABLE moving (mark TEXT NOT NULL)`

// readMark looks for the mark of a move in a database of PostgreSQL, and returns its
// text; empty: there is none.
func readMark(ctx context.Context, r reader) (mark moveMark, text string, err error) {
	there, _, err := first(ctx, r, scanInto[bool], `SELECT to_regclass(quote_ident(current_schema()) || '.moving') IS NOT NULL`)
	if err != nil || !there {
		return mark, "", err
	}
	text, _, err = first(ctx, r, scanInto[string], `SELECT mark FROM moving`)
	if err == nil {
		err = json.Unmarshal([]byte(text), &mark)
	}
	if err != nil {
		return mark, "", fmt.Errorf("read how far the move is: %w", err)
	}
	return mark, text, nil
}

// ErrMoving says that a database holds a part of what it is to hold.
var ErrMoving = errors.New("a move into this database has not finished")

// refuseMoving refuses to work on a database that is being moved to.
func refuseMoving(ctx context.Context, r reader) error {
	mark, text, err := readMark(ctx, r)
	if err != nil || text == "" {
		return err
	}
	return fmt.Errorf("%w: run `taskhook migrate --from %s --to URL` with the URL of this database, which goes on where it was; or empty "+
		"the database", ErrMoving, mark.From)
}

// findMark looks at the target before anything is changed there: it is empty, or
// holds this very move.
func (m *Move) findMark(ctx context.Context) (begun bool, err error) {
	state, err := m.source.fingerprint()
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", m.options.Dir, err)
	}
	from, err := filepath.Abs(m.options.Dir)
	if err != nil {
		return false, err
	}
	m.mark, m.marked, err = readMark(ctx, m.target)
	switch {
	case err != nil:
		return false, err
	case m.marked == "":
		m.mark = moveMark{From: from, State: state, Tables: map[string]tableMark{}, Files: map[FileKind]FilesMark{}}
		return false, m.checkEmpty(ctx, m.target)
	case m.mark.State != state || m.mark.From != from:
		return false, fmt.Errorf("the database holds an unfinished move of %s, and %s is not as that was when the move began: name the same "+
			"directory, or, if it was used since, empty the database and begin again", m.mark.From, from)
	}
	return true, nil
}

// checkEmpty refuses a target that holds rows, or has counted.
func (m *Move) checkEmpty(ctx context.Context, r reader) error {
	for _, t := range m.tables {
		there, _, err := first(ctx, r, scanInto[bool], `SELECT to_regclass(quote_ident(current_schema()) || '.' || quote_ident($1)) IS NOT NULL`, t.name)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		query := `SELECT EXISTS (SELECT 1 FROM ` + quotedName(t.name) + `)`
		if counter := seeded()[t.name]; counter != "" {
			query = `SELECT EXISTS (SELECT 1 FROM ` + quotedName(t.name) + ` WHERE ` + counter + ` <> 0)`
		}
		full, _, err := first(ctx, r, scanInto[bool], query)
		if err != nil {
			return fmt.Errorf("look if the database is empty: %w", err)
		}
		if full {
			return m.refuseFull(ctx, r)
		}
	}
	return nil
}

// seeded are the tables that have rows from the start, by what these count.
func seeded() map[string]string { return map[string]string{"feed_head": "seq", "stored": "amount"} }

// refuseFull tells a database that this directory was moved to from one of another's.
func (m *Move) refuseFull(ctx context.Context, r reader) error {
	const id = `SELECT id FROM accounts ORDER BY number LIMIT 1`
	theirs, _, err := first(ctx, r, scanInto[string], id)
	if err != nil {
		return err
	}
	ours, ok, err := first(ctx, m.source, scanInto[string], id)
	if err != nil {
		return err
	}
	if ok && ours == theirs {
		return fmt.Errorf("the database holds what was moved from %s before, and is complete: start the server on it, or name an empty "+
			"database to move again", m.options.Dir)
	}
	return errors.New("the database to move to is that of another taskhook, whose rows it holds: name an empty one")
}

// makeMark makes the target that of this move.
func (m *Move) makeMark(ctx context.Context) error {
	err := m.inTarget(ctx, func(t *postgresTx) error {
		if err := m.checkEmpty(ctx, t); err != nil {
			return err
		}
		statements := []string{createMoving, `INSERT INTO moving (mark) VALUES ('')`}
		for table := range seeded() {
			statements = append(statements, `DELETE FROM `+table)
		}
		for _, statement := range statements {
			if _, err := t.exec(ctx, statement); err != nil {
				return fmt.Errorf("mark the database: %w", err)
			}
		}
		return m.saveMark(ctx, t)
	})
	if err != nil {
		return err
	}
	return m.options.Fault.at("move:marked")
}

// saveMark stores how far the move is, in the transaction that brings it there. Of
// two processes that move, one finds here that the mark is not what it left.
func (m *Move) saveMark(ctx context.Context, t tx) error {
	text, err := json.Marshal(m.mark)
	if err != nil {
		return err
	}
	changed, err := t.exec(ctx, `UPDATE moving SET mark = $1 WHERE mark = $2`, string(text), m.marked)
	switch {
	case err != nil:
		return fmt.Errorf("note how far the move is: %w", err)
	case changed != 1:
		return errors.New("another `taskhook migrate` moves into this database too: let one of them finish")
	}
	m.marked = string(text)
	return nil
}
