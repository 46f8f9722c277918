package store

import "context"

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
	const insert, values = `INSERT OR FAIL`, `VALUES `
	switch b {
	case eventRows:
		return insert + intoEvents + values + tuples
	case deliveryRows:
		return insert + intoDeliveries + values + tuples
	case attemptRows:
		return insert + intoAttempts + values + tuples
	case taskRows:
		return insert + intoTasks + values + tuples
	case runRows:
		return insert + intoRuns + values + tuples
	case countRows:
		return insert + intoCounts + values + tuples + addCounts
	case healthRows:
		return insert + intoHealth + values + tuples + addHealth(`coalesce(max(excluded.success_at, h.success_at), excluded.success_at, h.success_at)`)
	}
	// The list is read once and each of its rows is one search by primary key, which
	// a test of the plan holds it to.
	return `UPDATE OR FAIL deliveries SET claim = 0, state = v.column3, attempts = v.column4, last_error = v.column5,
		due_at = v.column6, finished_at = v.column7, last_class = v.column8
		FROM (VALUES ` + tuples + `) AS v
		WHERE deliveries.id = v.column1 AND deliveries.state = 'pending' AND deliveries.claim = v.column2
			AND deliveries.attempts = v.column4 - 1
		RETURNING deliveries.id`
}

func (t *sqliteTx) many(ctx context.Context, b bulk, args []any) (ids []string, err error) {
	width := len(bulkColumns[b])
	for len(args) > 0 {
		n := biteOf(len(args) / width)
		bite := args[:n*width]
		if b == resultRows {
			changed, err := collect(ctx, t, scanInto[string], sqliteBulk[b][n], bite...)
			if err != nil {
				return nil, err
			}
			ids = append(ids, changed...)
		} else if _, err := t.exec(ctx, sqliteBulk[b][n], bite...); err != nil {
			return nil, err
		}
		args = args[len(bite):]
	}
	return ids, nil
}
