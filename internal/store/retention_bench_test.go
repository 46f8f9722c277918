package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// oldDeliveries is how many finished deliveries there are to remove, and loadTime how
// long others are published beside that and without it.
const (
	oldDeliveries = 200_000
	loadTime      = 10 * time.Second
)

// BenchmarkRetention removes deliveries with their events and attempts while others
// are published and delivered, and says what a removed row costs and how many are
// published in a second with and without it. Run it once: -benchtime=1x.
func BenchmarkRetention(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkRetention(b, openStore(b, b.TempDir(), nil)) })
	if pgtest.Need(b) {
		b.Run("PostgreSQL", func(b *testing.B) { benchmarkRetention(b, openPostgres(b, storetest.Options{}).Store) })
	}
}

func benchmarkRetention(b *testing.B, s *store.Store) {
	inbox := &benchInbox{}
	prepareBench(b, s, inbox)
	fill := func() time.Time {
		for range oldDeliveries / 500 {
			publishAll(b, s, 500)
			finishAll(b, s, inbox.take())
		}
		return time.Now()
	}
	filled := fill()
	cpu := cpuTime(b)
	quiet := removeAll(b, s, filled, 0)
	cpu = cpuTime(b) - cpu
	filled = fill()
	load := func(until func() bool) (perSecond float64) {
		began, n := time.Now(), 0
		for ; !until(); n += 64 {
			publishAll(b, s, 64)
			finishAll(b, s, inbox.take())
		}
		return float64(n) / time.Since(began).Seconds()
	}
	b.ResetTimer()
	began := time.Now()
	alone := load(func() bool { return time.Since(began) > loadTime })
	done := make(chan cost, 1)
	go func() { done <- removeAll(b, s, filled, 4) }()
	var c cost
	beside := load(func() bool {
		select {
		case c = <-done:
			return true
		default:
			return false
		}
	})
	b.ReportMetric(float64(cpu.Microseconds())/float64(quiet.rows), "cpu-µs/row")
	b.ReportMetric(quiet.all.Seconds(), "quiet-s")
	b.ReportMetric(alone, "alone/s")
	b.ReportMetric(beside, "beside/s")
	b.ReportMetric(float64(c.working.Microseconds())/float64(c.rows), "µs/row")
	b.ReportMetric(float64(c.rows), "rows")
	b.ReportMetric(c.all.Seconds(), "s")
}

// cost is what it took to remove rows: the time of the bites, and with the rests.
type cost struct {
	rows         int64
	working, all time.Duration
}

// removeAll does what the sweeper does, and rests so many times as long as it works.
func removeAll(b *testing.B, s *store.Store, before time.Time, rest time.Duration) (c cost) {
	ctx, place := context.WithoutCancel(b.Context()), ""
	for began := time.Now(); ; {
		bite := time.Now()
		old, err := s.Old(ctx, taskhook.PartEvents, place, before, 250)
		if err != nil {
			b.Error(err)
		}
		if err != nil || len(old) == 0 {
			c.all = time.Since(began)
			return c
		}
		ids := make([]string, len(old))
		for i := range old {
			ids[i], place = old[i].ID, old[i].Place
		}
		removed, err := s.Remove(ctx, taskhook.PartEvents, ids, before)
		if err != nil {
			b.Error(err)
		}
		took := time.Since(bite)
		c.rows, c.working = c.rows+removed.Rows(), c.working+took
		<-time.After(rest * took)
	}
}
