package store

import "fmt"

// The bulk statements of the hot path, written for SQLite, by number of rows. OR
// FAIL leaves the rows before a failing one: who fails here undoes all of the
// transaction or the savepoint anyway, and SQLite need not copy pages aside to undo
// the one statement.
var (
	insertEventsText = bulkTexts(func(n int) string {
		return `INSERT OR FAIL INTO events (seq, id, account, type, subject, body, created_at) VALUES ` + tuples(n, 7)
	})
	insertDeliveriesText = bulkTexts(func(n int) string {
		return `INSERT OR FAIL INTO deliveries (id, account, event, event_type, subject, endpoint, lane, url, body,
			state, claim, schedule, test, replay_of, due_at, created_at) VALUES ` + tuples(n, deliveryInsertWidth)
	})
	// The list is read once and each of its rows is one search by primary key, which
	// a test of the plan holds it to.
	finishDeliveriesText = bulkTexts(func(n int) string {
		return `UPDATE OR FAIL deliveries SET claim = 0, state = v.column3, attempts = v.column4, last_error = v.column5,
			due_at = v.column6, finished_at = v.column7, last_class = v.column8
			FROM (VALUES ` + tuples(n, finishWidth) + `) AS v
			WHERE deliveries.id = v.column1 AND deliveries.state = 'pending' AND deliveries.claim = v.column2
				AND deliveries.attempts = v.column4 - 1
			RETURNING deliveries.id`
	})
	insertAttemptsText = bulkTexts(func(n int) string {
		return `INSERT OR FAIL INTO attempts (delivery, number, started_at, duration, status, class, error, response, retry_after)
			VALUES ` + tuples(n, attemptWidth)
	})
	countAttemptsText = bulkTexts(func(n int) string {
		return `INSERT OR FAIL INTO attempt_counts (account, endpoint, minute, class, attempts, ended) VALUES ` + tuples(n, tallyWidth) + `
			ON CONFLICT (account, endpoint, minute, class) DO UPDATE SET attempts = attempt_counts.attempts + excluded.attempts,
				ended = attempt_counts.ended + excluded.ended`
	})
	// Batches of different lanes may overtake each other: only the later failure is
	// kept, and a success ends the row of failures.
	noteHealthText = bulkTexts(func(n int) string {
		const later = `CASE WHEN excluded.failure_at >= coalesce(h.failure_at, 0) THEN excluded.%[1]s ELSE h.%[1]s END`
		text := `INSERT OR FAIL INTO endpoint_health AS h (endpoint, success_at, failure_at, class, status, error, failures, failing_since)
			VALUES ` + tuples(n, standingWidth) + ` ON CONFLICT (endpoint) DO UPDATE SET
			success_at = coalesce(max(excluded.success_at, h.success_at), excluded.success_at, h.success_at),
			failures = excluded.failures + CASE WHEN excluded.success_at IS NULL THEN h.failures ELSE 0 END,
			failing_since = CASE WHEN excluded.success_at IS NULL THEN coalesce(h.failing_since, excluded.failing_since) ELSE excluded.failing_since END,
			warned_at = CASE WHEN excluded.success_at IS NULL THEN h.warned_at END`
		for _, column := range []string{"failure_at", "class", "status", "error"} {
			text += fmt.Sprintf(", %[1]s = "+later, column)
		}
		return text
	})
)

// The columns of a row in each of them.
const (
	deliveryInsertWidth = 16
	finishWidth         = 8
	attemptWidth        = 9
	tallyWidth          = 6
	standingWidth       = 8
)

// bulkTexts makes the text for each of the bulk sizes.
func bulkTexts(text func(n int) string) map[int]string {
	texts := make(map[int]string, len(bulkSizes))
	for _, n := range bulkSizes {
		texts[n] = text(n)
	}
	return texts
}
