package store

// sqliteTexts are written for SQLite. OR FAIL leaves the rows before a failing one:
// who fails here undoes all of the transaction or the savepoint anyway, and SQLite
// need not copy pages aside to undo the one statement.
var sqliteTexts = makeSQLiteTexts()

func makeSQLiteTexts() *texts {
	const insert = `INSERT OR FAIL`
	return &texts{
		insertEvents:     insertTexts(insert+intoEvents, eventWidth, ""),
		insertDeliveries: insertTexts(insert+intoDeliveries, deliveryInsertWidth, ""),
		insertAttempts:   insertTexts(insert+intoAttempts, attemptWidth, ""),
		countAttempts:    insertTexts(insert+intoCounts, tallyWidth, addCounts),
		noteHealth: insertTexts(insert+intoHealth, standingWidth,
			addHealth(`coalesce(max(excluded.success_at, h.success_at), excluded.success_at, h.success_at)`)),
		// The list is read once and each of its rows is one search by primary key, which
		// a test of the plan holds it to.
		finishDeliveries: bulkTexts(func(n int) string {
			return `UPDATE OR FAIL deliveries SET claim = 0, state = v.column3, attempts = v.column4, last_error = v.column5,
			due_at = v.column6, finished_at = v.column7, last_class = v.column8
			FROM (VALUES ` + tuples(n, finishWidth) + `) AS v
			WHERE deliveries.id = v.column1 AND deliveries.state = 'pending' AND deliveries.claim = v.column2
				AND deliveries.attempts = v.column4 - 1
			RETURNING deliveries.id`
		}),
	}
}
