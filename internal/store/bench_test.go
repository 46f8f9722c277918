package store_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

// benchInbox has room for everything.
type benchInbox struct {
	mu     sync.Mutex
	pushed []taskhook.Outgoing
}

func (*benchInbox) Reserve(string, int64, int) bool { return true }
func (*benchInbox) Cancel(string, int64, int)       {}
func (*benchInbox) Wake(string, bool)               {}
func (*benchInbox) Refresh(string, bool)            {}
func (b *benchInbox) Push(fresh []taskhook.Outgoing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pushed = append(b.pushed, fresh...)
}

func (b *benchInbox) take() []taskhook.Outgoing {
	b.mu.Lock()
	defer b.mu.Unlock()
	pushed := b.pushed
	b.pushed = nil
	return pushed
}

// BenchmarkDelivery is what a delivery costs the store: its event is published by
// a caller of its own, and its attempt recorded. The CPU of the whole process is
// counted, for commits have a goroutine of their own.
func BenchmarkDelivery(b *testing.B) {
	open := map[string]func(*testing.B) *store.Store{
		"SQLite": func(b *testing.B) *store.Store { return openStore(b, datadir.New(b), nil) },
	}
	if pgtest.Need(b) {
		open["PostgreSQL"] = func(b *testing.B) *store.Store { return openPostgres(b, storetest.Options{}).Store }
	}
	for database, open := range open {
		benchmarkDelivery(b, database, open)
	}
}

func benchmarkDelivery(b *testing.B, database string, open func(*testing.B) *store.Store) {
	for _, size := range []int{1, 64, 500} {
		b.Run(fmt.Sprintf("%s/batch=%d", database, size), func(b *testing.B) {
			inbox := &benchInbox{}
			s := open(b)
			prepareBench(b, s, inbox)
			b.ReportAllocs()
			cpu, began := cpuTime(b), time.Now()
			for b.Loop() {
				publishAll(b, s, size)
				finishAll(b, s, inbox.take())
			}
			deliveries := float64(b.N * size)
			b.ReportMetric(float64(cpuTime(b)-cpu)/deliveries, "cpu-ns/delivery")
			b.ReportMetric(float64(time.Since(began))/deliveries, "ns/delivery")
		})
	}
}

// prepareBench makes a node own the lane of an endpoint.
func prepareBench(b *testing.B, s *store.Store, inbox taskhook.Inbox) {
	ctx, now := b.Context(), time.Now()
	e := taskhook.Endpoint{ID: "wh_1", AccountID: "acc_1", URL: "https://receiver.example/", Events: []string{"task.completed", "task.failed"},
		State: taskhook.EndpointActive, LaneID: "lane_1", CreatedAt: now, UpdatedAt: now}
	if err := s.CreateEndpoint(ctx, e); err != nil {
		b.Fatal(err)
	}
	if err := s.Join(ctx, taskhook.Node{ID: "node_1", StartedAt: now}, inbox); err != nil {
		b.Fatal(err)
	}
	publishAll(b, s, 1)
	lanes, _, err := s.ClaimLanes(ctx, time.Now(), "node_1", 1)
	if err != nil || len(lanes) != 1 {
		b.Fatalf("claimed %d lanes: %v", len(lanes), err)
	}
}

// body is as long as that of a common event.
var body = fmt.Appendf(nil, `{"data":{"pad":%0800d}}`, 1)

func publishAll(b *testing.B, s *store.Store, n int) {
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			now := time.Now()
			p := &taskhook.Publication{Events: []taskhook.NewEvent{{FanOut: true,
				Schedule: taskhook.Schedule{time.Minute, 5 * time.Minute, 30 * time.Minute},
				Event: taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, now), AccountID: "acc_1", Type: "task.completed",
					Subject: taskhook.NewID(taskhook.PrefixTask, now), Body: body, CreatedAt: now}}}}
			if err := s.Publish(b.Context(), now, p); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
}

func finishAll(b *testing.B, s *store.Store, sent []taskhook.Outgoing) {
	now := time.Now()
	results := make([]*taskhook.AttemptResult, len(sent))
	for i := range sent {
		d := sent[i].Delivery
		d.State, d.Attempts, d.FinishedAt = taskhook.DeliveryDelivered, 1, now
		results[i] = &taskhook.AttemptResult{Delivery: d, Epoch: sent[i].Epoch, Attempt: taskhook.Attempt{DeliveryID: d.ID, Number: 1,
			StartedAt: now, Duration: 40 * time.Millisecond, Status: 200, Class: taskhook.ClassOK, Response: []byte("ok")}}
	}
	if err := s.FinishDeliveries(b.Context(), results); err != nil {
		b.Fatal(err)
	}
	for _, r := range results {
		if r.Stale {
			b.Fatal("a result is stale")
		}
	}
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPage reads pages of a lane with little and with much that waits:
// both cost the same.
func BenchmarkPage(b *testing.B) {
	const page = 384
	for _, backlog := range []int{1_000, 200_000} {
		b.Run(fmt.Sprintf("backlog=%d", backlog), func(b *testing.B) {
			dir := datadir.New(b)
			s := openStore(b, dir, nil)
			now := time.Now()
			if err := s.Publish(b.Context(), now, &taskhook.Publication{Events: []taskhook.NewEvent{{
				Event: taskhook.Event{ID: "evt_1", AccountID: "acc_1", Type: "a.b", Body: body, CreatedAt: now}}}}); err != nil {
				b.Fatal(err)
			}
			for _, insert := range []string{
				`INSERT INTO lanes (id, account, epoch, next_due) VALUES ('lane_1', 'acc_1', 1, 1)`,
				fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
				INSERT INTO deliveries (id, account, event, event_type, lane, url, state, claim, schedule, test, due_at, created_at)
				SELECT printf('dlv_%%026d', i), 'acc_1', 'evt_1', 'a.b', 'lane_1', 'https://r.example/', 'pending', 0, '1m0s', 0, i, i FROM n`, backlog),
			} {
				if _, err := openRaw(b, dir).ExecContext(b.Context(), insert); err != nil {
					b.Fatal(err)
				}
			}
			if err := s.Join(b.Context(), taskhook.Node{ID: "node_1", StartedAt: now}, &benchInbox{}); err != nil {
				b.Fatal(err)
			}
			lanes, _, err := s.ClaimLanes(b.Context(), now, "node_1", 1)
			if err != nil || len(lanes) != 1 {
				b.Fatalf("claimed %d lanes: %v", len(lanes), err)
			}
			cpu := cpuTime(b)
			for b.Loop() {
				dues, err := s.DuePages(b.Context(), now, "node_1", []taskhook.LanePage{{Lane: "lane_1", Epoch: lanes[0].Epoch, Limit: page}})
				if err != nil || len(dues[0].Deliveries) != page {
					b.Fatalf("the page has %d: %v", len(dues[0].Deliveries), err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-cpu)/float64(b.N*page), "cpu-ns/delivery")
		})
	}
}
