package store

// bulk is a statement on many rows at once. Those of the hot path are written for
// each database.
type bulk int

// All of them, with what a row of their arguments is.
const (
	eventRows    bulk = iota // seq, id, account, type, subject, body, created_at, test
	deliveryRows             // id, account, event, event_type, subject, endpoint, lane, url, body, state, claim, schedule, test, replay_of, replay, due_at, created_at
	resultRows               // id, claim, state, attempts, last_error, due_at, finished_at, last_class; answers with the ids that were changed
	attemptRows              // delivery, number, started_at, duration, status, class, error, response, retry_after
	countRows                // account, endpoint, minute, class, attempts, ended
	taskRows                 // as intoTasks says
	runRows                  // as intoRuns says; all are open
	healthRows               // endpoint, success_at, failure_at, class, status, error, failures, failing_since
)

// bulkColumns has a letter for each column: i for integers, t for text, b for bytes.
var bulkColumns = [...]string{eventRows: "ittttbii", deliveryRows: "ttttttttbtitittii", resultRows: "tititiit", attemptRows: "tiiiittbi",
	taskRows: "tttttttbbtiittibtiitt", runRows: "tttitttti",
	countRows: "ttitii", healthRows: "tiititii"}

// The insertions, which differ in where rows come from and in how the later of two
// successes is written.
const (
	intoEvents     = ` INTO events (seq, id, account, type, subject, body, created_at, test) `
	intoDeliveries = ` INTO deliveries (id, account, event, event_type, subject, endpoint, lane, url, body,
			state, claim, schedule, test, replay_of, replay, due_at, created_at) `
	intoAttempts = ` INTO attempts (delivery, number, started_at, duration, status, class, error, response, retry_after) `
	intoCounts   = ` INTO attempt_counts (account, endpoint, minute, class, attempts, ended) `
	addCounts    = ` ON CONFLICT (account, endpoint, minute, class) DO UPDATE SET attempts = attempt_counts.attempts + excluded.attempts,
				ended = attempt_counts.ended + excluded.ended`
	intoTasks = ` INTO tasks (id, account, face, provider, capability, model, medium, input, metadata,
			webhook_url, test, sandbox, retry_of, key, price, echo, state, estimated, created_at, execution, batch) `
	intoRuns   = ` INTO runs (id, task, account, number, adapter, state, submission, handle, due_at) `
	intoHealth = ` INTO endpoint_health AS h (endpoint, success_at, failure_at, class, status, error, failures, failing_since) `
)

// addHealth is what becomes of a row of endpoint_health that is there. Batches of
// different lanes may overtake each other: only the later failure is kept, and a
// success ends the row of failures.
func addHealth(laterSuccess string) string {
	text := ` ON CONFLICT (endpoint) DO UPDATE SET success_at = ` + laterSuccess + `,
			failures = excluded.failures + CASE WHEN excluded.success_at IS NULL THEN h.failures ELSE 0 END,
			failing_since = CASE WHEN excluded.success_at IS NULL THEN coalesce(h.failing_since, excluded.failing_since) ELSE excluded.failing_since END,
			warned_at = CASE WHEN excluded.success_at IS NULL THEN h.warned_at END`
	for _, column := range []string{"failure_at", "class", "status", "error"} {
		text += `, ` + column + ` = CASE WHEN excluded.failure_at >= coalesce(h.failure_at, 0) THEN excluded.` + column + ` ELSE h.` + column + ` END`
	}
	return text
}

// bulkSizes are the row counts of statements whose text depends on it: few
// different ones, so that each is prepared once.
var bulkSizes = [...]int{64, 32, 16, 8, 4, 2, 1}

// inBites calls apply with as many of the items at a time as one of bulkSizes.
func inBites[T any](items []T, apply func(some []T) error) error {
	for len(items) > 0 {
		n := biteOf(len(items))
		if err := apply(items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// biteOf is the largest of bulkSizes that is not more than n.
func biteOf(n int) int {
	for _, size := range bulkSizes {
		if size <= n {
			return size
		}
	}
	return n
}
