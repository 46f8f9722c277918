package store

import (
	"context"
	"fmt"
	"strings"
)

// sqliteBulk is written for SQLite, by number of rows. OR FAIL leaves the rows
// before a failing one: who fails here undoes all of the transaction or the
// savepoint anyway, and SQLite need not copy pages aside to undo the one statement.
var sqliteBulk = makeSQLiteBulk()

func makeSQLiteBulk() (all [len(bulkColumns)]map[int]string) {
	for b := range all {
		all[b] = map[int]string{}
		for _, n := range bulkSizes {
			all[b][n] = sqliteText(bulk(b), tuples(n, len(bulkColumns[b])))
		}
	}
	return all
}

func sqliteText(b bulk, tuples string) string {
	if i, ok := insertionOf(b, `coalesce(max(excluded.success_at, h.success_at), excluded.success_at, h.success_at)`); ok {
		return `INSERT OR FAIL` + i.into + `VALUES ` + tuples + i.after
	}
	// The list is read once and each of its rows is one search by primary key, which
	// a test of the plan holds it to.
	var columns []string
	for i, name := range given[b] {
		columns = append(columns, fmt.Sprintf("column%d AS %s", i+1, name))
	}
	v := `(SELECT ` + strings.Join(columns, ", ") + ` FROM (VALUES ` + tuples + `) AS given) AS v`
	if text := selection(b, v); text != "" {
		return text
	}
	return `UPDATE OR FAIL` + change(b, v)
}

func (t *sqliteTx) many(ctx context.Context, take takeFunc, b bulk, args []any) error {
	width := len(bulkColumns[b])
	for len(args) > 0 {
		n := biteOf(len(args) / width)
		if err := t.send(ctx, take, sqliteBulk[b][n], args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}
