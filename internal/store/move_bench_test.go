package store_test

import (
	"fmt"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// BenchmarkMove moves the history of 300,000 deliveries that were tried once: 900,000
// rows, of 600 bytes in the middle.
func BenchmarkMove(b *testing.B) {
	if !pgtest.Need(b) {
		return
	}
	const deliveries = 300_000
	dir := datadir.Migrated(b)
	raw := openRaw(b, dir)
	for _, insert := range []string{
		fmt.Sprintf(`events (seq, id, account, type, subject, body, created_at)
			SELECT i, printf('evt_%%026d', i), 'acc_1', 'task.completed', printf('task_%%026d', i), CAST('%s' AS BLOB), i FROM n`, body),
		`deliveries (id, account, event, event_type, subject, endpoint, lane, state, claim, attempts, schedule, test, due_at, created_at, finished_at)
			SELECT printf('dlv_%026d', i), 'acc_1', printf('evt_%026d', i), 'task.completed', printf('task_%026d', i), 'wh_' || (i % 100), 'lane_' || (i % 100),
			'delivered', 7, 1, '1m0s,5m0s,30m0s', 0, i, i, i FROM n`,
		`attempts (delivery, number, started_at, duration, status, class, response)
			SELECT printf('dlv_%026d', i), 1, i, 40000, 200, 'ok', x'6f6b' FROM n`,
	} {
		if _, err := raw.ExecContext(b.Context(), fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO %s`, deliveries, insert)); err != nil {
			b.Fatal(err)
		}
	}
	raw.Close()
	for b.Loop() {
		b.StopTimer()
		o := store.MoveOptions{Dir: dir, URL: pgtest.Database(b)}
		b.StartTimer()
		if _, err := move(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(3*deliveries*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(deliveries*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
