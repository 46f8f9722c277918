package store

// bulk is a statement on many rows at once. Those of the hot path are written for
// each database.
type bulk int

// All of them, with what a row of their arguments is.
const (
	eventRows    bulk = iota // seq, id, account, type, subject, body, created_at, test
	deliveryRows             // id, account, event, event_type, subject, endpoint, lane, url, body, state, claim, schedule, test, replay_of, replay, due_at, created_at
	resultRows               // as in given; answers with the ids that were changed
	attemptRows              // delivery, number, started_at, duration, status, class, error, response, retry_after
	countRows                // account, endpoint, minute, class, attempts, ended
	healthRows               // endpoint, success_at, failure_at, class, status, error, failures, failing_since
	wokenRows                // as in given
	markedRows               // as in given
	stockRows                // as in given

	laneRows // as in given; answers with what scanLaneRow reads

	taskRows      // as in intoTasks; answers with the ids that were not there
	runRows       // as in intoRuns
	takenRows     // as in given
	submittedRows // as in given; answers with the runs and epochs that were changed
	startedRows   // as in given
	doneRows      // as in given; answers with the ids that were changed
	endedRows     // as in given; answers with what scanEnded reads
	artifactRows  // as in intoArtifacts
	contentRows   // artifact, bytes
)

// bulkColumns has a letter for each column: i for integers, t for text, b for bytes.
var bulkColumns = [...]string{eventRows: "ittttbii", deliveryRows: "ttttttttbtitittii", resultRows: "ttititiit", attemptRows: "tiiiittbi",
	countRows: "ttitii", healthRows: "tiititii", wokenRows: "ti", markedRows: "ti", stockRows: "tii", laneRows: "t",
	taskRows: "tttttttbbtiittibtiittit", runRows: "tttittttiti", takenRows: "tt", submittedRows: "ttitti", startedRows: "tit", doneRows: "tttt", endedRows: "ttbii",
	artifactRows: "tttitttititiiiit", contentRows: "tb"}

// given are the columns of the rows by which others are changed.
var given = map[bulk][]string{
	resultRows:    {"id", "lane", "epoch", "state", "attempts", "last_error", "due_at", "finished_at", "last_class"},
	wokenRows:     {"id", "due"},
	markedRows:    {"id", "changed"},
	stockRows:     {"kind", "amount", "bytes"},
	laneRows:      {"id"},
	takenRows:     {"id", "owner"},
	submittedRows: {"id", "owner", "epoch", "submission", "handle", "sent_at"},
	startedRows:   {"id", "started_at", "adapter"},
	doneRows:      {"id", "owner", "submission", "lease"},
	endedRows:     {"id", "state", "error", "progress", "finished_at"},
}

// change is the rest of an update by the rows v. That a delivery is pending is said by
// finished_at, for PostgreSQL would take the state for a hint to go through the index
// of all that are pending.
func change(b bulk, v string) string {
	switch b {
	case resultRows:
		return ` deliveries SET claim = 0, state = v.state, attempts = v.attempts, last_error = v.last_error,
			due_at = v.due_at, finished_at = v.finished_at, last_class = v.last_class FROM ` + v +
			` WHERE deliveries.id = v.id AND deliveries.finished_at IS NULL AND deliveries.attempts = v.attempts - 1
			AND (SELECT epoch FROM lanes WHERE lanes.id = v.lane) = v.epoch RETURNING deliveries.id`
	case wokenRows:
		return ` lanes SET next_due = v.due FROM ` + v + ` WHERE lanes.id = v.id`
	case markedRows:
		const number = `(SELECT marks FROM feed_head)`
		return ` lanes SET mark = ` + number + `, changed = CASE WHEN v.changed = 1 THEN ` + number + ` ELSE lanes.changed END FROM ` + v +
			` WHERE lanes.id = v.id`
	case stockRows:
		return ` stored SET amount = stored.amount + v.amount, bytes = stored.bytes + v.bytes FROM ` + v + ` WHERE stored.kind = v.kind`
	}
	return changeRuns(b, v)
}

// selection is a query by the rows v; empty: the bulk is none.
func selection(b bulk, v string) string {
	if b == laneRows {
		return `SELECT lanes.id, owner, epoch, held, next_due FROM ` + v + ` CROSS JOIN lanes WHERE lanes.id = v.id`
	}
	return ""
}

// insertion is an INSERT but for its rows, which each database takes from elsewhere.
type insertion struct{ into, after string }

// insertionOf returns the insertion of a bulk; ok is false when it is an update.
// LaterSuccess is the later of two times in SQL, which the databases write differently.
func insertionOf(b bulk, laterSuccess string) (i insertion, ok bool) {
	switch b {
	case eventRows:
		return insertion{intoEvents, ""}, true
	case deliveryRows:
		return insertion{intoDeliveries, ""}, true
	case attemptRows:
		return insertion{intoAttempts, ""}, true
	case countRows:
		return insertion{intoCounts, addCounts}, true
	case healthRows:
		return insertion{intoHealth, addHealth(laterSuccess)}, true
	case taskRows:
		return insertion{intoTasks, orKeepTask}, true
	case runRows:
		return insertion{intoRuns, ""}, true
	case artifactRows:
		return insertion{intoArtifacts, ""}, true
	case contentRows:
		return insertion{intoContents, ""}, true
	}
	return insertion{}, false
}

// What deliveries and attempts are inserted into.
const (
	intoEvents     = ` INTO events (seq, id, account, type, subject, body, created_at, test) `
	intoDeliveries = ` INTO deliveries (id, account, event, event_type, subject, endpoint, lane, url, body,
			state, claim, schedule, test, replay_of, replay, due_at, created_at) `
	intoAttempts = ` INTO attempts (delivery, number, started_at, duration, status, class, error, response, retry_after) `
	intoCounts   = ` INTO attempt_counts (account, endpoint, minute, class, attempts, ended) `
	addCounts    = ` ON CONFLICT (account, endpoint, minute, class) DO UPDATE SET attempts = attempt_counts.attempts + excluded.attempts,
				ended = attempt_counts.ended + excluded.ended`
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
