package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// fetched is waiting as the index over all accounts says it, which no other statement
// is to use.
const fetched = `state = 'open' AND queue > '' AND lease = ''`

// What scanWaiting reads, of runs and of their tasks.
const (
	waitingRun = `SELECT r.id AS run, task, number, adapter AS run_adapter, submission, handle, due_at, claims, refused, epoch, sent_at, r.queue FROM `
	ofWaiting  = `SELECT ` + taskColumns + `, run, number, run_adapter, submission, handle, due_at, claims, refused, epoch, sent_at, queue FROM `
)

func scanWaiting(r scanner) (c taskhook.ClaimedRun, err error) {
	var queue string
	c, err = scanClaimedRun(longer{r, []any{&queue}})
	c.Run.Queue = queue
	return c, err
}

// Longest returns of each queue that workers fetch from the run that has waited longest,
// whoever's it is: by one step of the index for each queue, however much is in it.
func (s *Store) Longest(ctx context.Context) ([]taskhook.ClaimedRun, error) {
	return collect(ctx, s.db, scanWaiting, `WITH RECURSIVE longest (id, queue) AS (
			SELECT * FROM (SELECT id, queue FROM runs WHERE `+fetched+` ORDER BY queue, due_at, id LIMIT 1) AS one
			UNION ALL
			SELECT r.id, r.queue FROM longest q JOIN runs r ON r.id = (SELECT id FROM runs WHERE `+fetched+`
				AND queue > q.queue ORDER BY queue, due_at, id LIMIT 1))
		`+ofWaiting+`(`+waitingRun+`(SELECT id FROM longest LIMIT $1) AS q JOIN runs r ON r.id = q.id) AS late JOIN tasks ON tasks.id = late.task`, maxQueues)
}

// Waiting lists up to limit runs of a queue that have waited since before, those that
// did longest first.
func (s *Store) Waiting(ctx context.Context, queue string, before time.Time, limit int) ([]taskhook.ClaimedRun, error) {
	return collect(ctx, s.db, scanWaiting, ofWaiting+`(`+waitingRun+`runs r WHERE `+fetched+`
		AND queue = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT CAST($3 AS BIGINT)) AS late JOIN tasks ON tasks.id = late.task`, queue, ms(before), limit)
}
