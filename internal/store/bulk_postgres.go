package store

import "strings"

// postgresTexts are written for PostgreSQL.
var postgresTexts = makePostgresTexts()

func makePostgresTexts() *texts {
	const insert = `INSERT`
	return &texts{
		insertEvents:     insertTexts(insert+intoEvents, eventWidth, ""),
		insertDeliveries: insertTexts(insert+intoDeliveries, deliveryInsertWidth, ""),
		insertAttempts:   insertTexts(insert+intoAttempts, attemptWidth, ""),
		countAttempts:    insertTexts(insert+intoCounts, tallyWidth, addCounts),
		noteHealth:       insertTexts(insert+intoHealth, standingWidth, addHealth(`greatest(excluded.success_at, h.success_at)`)),
		finishDeliveries: bulkTexts(func(n int) string {
			return `UPDATE deliveries SET claim = 0, state = v.state, attempts = v.attempts, last_error = v.last_error,
			due_at = v.due_at, finished_at = v.finished_at, last_class = v.last_class
			FROM (VALUES ` + typed(tuples(n, finishWidth), "text", "bigint", "text", "integer", "text", "bigint", "bigint", "text") + `)
				AS v (id, claim, state, attempts, last_error, due_at, finished_at, last_class)
			WHERE deliveries.id = v.id AND deliveries.state = 'pending' AND deliveries.claim = v.claim
				AND deliveries.attempts = v.attempts - 1
			RETURNING deliveries.id`
		}),
	}
}

// typed gives the placeholders of the first tuple their types, which those of the
// others follow.
func typed(tuples string, types ...string) string {
	first, rest, _ := strings.Cut(tuples, ")")
	columns := strings.Split(first, ",")
	for i, name := range types {
		columns[i] += "::" + name
	}
	return strings.Join(columns, ",") + ")" + rest
}
