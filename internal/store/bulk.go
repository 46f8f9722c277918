package store

// texts are the statements that are written for each database: the bulk ones of
// the hot path, by number of rows.
type texts struct {
	insertEvents     map[int]string
	insertDeliveries map[int]string
	finishDeliveries map[int]string
	insertAttempts   map[int]string
	countAttempts    map[int]string
	noteHealth       map[int]string
}

// The columns of a row in each of them.
const (
	eventWidth          = 7
	deliveryInsertWidth = 16
	finishWidth         = 8
	attemptWidth        = 9
	tallyWidth          = 6
	standingWidth       = 8
)

// bulkSizes are the row counts of bulk statements: few different texts, so that
// each is prepared once.
var bulkSizes = [...]int{64, 32, 16, 8, 4, 2, 1}

// bulk runs a statement made by text for n rows at a time over all rows.
func bulk[T any](items []T, apply func(chunk []T) error) error {
	for len(items) > 0 {
		for _, n := range bulkSizes {
			if len(items) < n {
				continue
			}
			if err := apply(items[:n]); err != nil {
				return err
			}
			items = items[n:]
			break
		}
	}
	return nil
}

// bulkTexts makes the text for each of the bulk sizes.
func bulkTexts(text func(n int) string) map[int]string {
	texts := make(map[int]string, len(bulkSizes))
	for _, n := range bulkSizes {
		texts[n] = text(n)
	}
	return texts
}

// insertTexts makes the texts of an insertion, into as many columns as there are.
func insertTexts(into string, width int, rest string) map[int]string {
	return bulkTexts(func(n int) string { return into + " VALUES " + tuples(n, width) + rest })
}

// The insertions, which differ in how they begin and in what a row that is there
// already becomes.
const (
	intoEvents     = ` INTO events (seq, id, account, type, subject, body, created_at)`
	intoDeliveries = ` INTO deliveries (id, account, event, event_type, subject, endpoint, lane, url, body,
			state, claim, schedule, test, replay_of, due_at, created_at)`
	intoAttempts = ` INTO attempts (delivery, number, started_at, duration, status, class, error, response, retry_after)`
	intoCounts   = ` INTO attempt_counts (account, endpoint, minute, class, attempts, ended)`
	addCounts    = ` ON CONFLICT (account, endpoint, minute, class) DO UPDATE SET attempts = attempt_counts.attempts + excluded.attempts,
				ended = attempt_counts.ended + excluded.ended`
	intoHealth = ` INTO endpoint_health AS h (endpoint, success_at, failure_at, class, status, error, failures, failing_since)`
)

// addHealth is what noteHealth does where there is a row; success is how the later
// of two successes is written. Batches of different lanes may overtake each other:
// only the later failure is kept, and a success ends the row of failures.
func addHealth(success string) string {
	text := ` ON CONFLICT (endpoint) DO UPDATE SET success_at = ` + success + `,
			failures = excluded.failures + CASE WHEN excluded.success_at IS NULL THEN h.failures ELSE 0 END,
			failing_since = CASE WHEN excluded.success_at IS NULL THEN coalesce(h.failing_since, excluded.failing_since) ELSE excluded.failing_since END,
			warned_at = CASE WHEN excluded.success_at IS NULL THEN h.warned_at END`
	for _, column := range []string{"failure_at", "class", "status", "error"} {
		text += `, ` + column + ` = CASE WHEN excluded.failure_at >= coalesce(h.failure_at, 0) THEN excluded.` + column + ` ELSE h.` + column + ` END`
	}
	return text
}
