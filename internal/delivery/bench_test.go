package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/webhook"
)

// noStore owns all lanes and keeps nothing.
type noStore struct{ lanes []taskhook.OwnedLane }

func (s *noStore) ClaimLanes(context.Context, time.Time, string, int) (lanes []taskhook.OwnedLane, next time.Time, err error) {
	lanes, s.lanes = s.lanes, nil
	return lanes, time.Time{}, nil
}

func (s *noStore) LaneEndpoints(_ context.Context, lanes []string) (endpoints []taskhook.Endpoint, err error) {
	for _, l := range lanes {
		endpoints = append(endpoints, taskhook.Endpoint{ID: "wh_" + l, LaneID: l, URL: "https://example.com/",
			State: taskhook.EndpointActive, Secrets: []taskhook.Secret{{Text: webhook.NewSecret()}}})
	}
	return endpoints, nil
}

func (s *noStore) SettleLane(context.Context, string, string, int64, bool) (time.Time, bool, error) {
	return time.Time{}, true, nil
}

func (s *noStore) RaiseEpoch(context.Context, time.Time, string, string, taskhook.Rest) (int64, bool, error) {
	return 1, true, nil
}

func (s *noStore) SweepLanes(context.Context, time.Time) (int64, error) { return 0, nil }

func (s *noStore) DuePages(_ context.Context, _ time.Time, _ string, pages []taskhook.LanePage) ([]taskhook.LaneDue, error) {
	return make([]taskhook.LaneDue, len(pages)), nil
}

func (s *noStore) FinishDeliveries(context.Context, []*taskhook.AttemptResult) error { return nil }

// noSender takes everything.
type noSender struct{}

func (noSender) Send(context.Context, *egress.Request) egress.Result { return ok() }

// BenchmarkWorker measures what a delivery costs beside database and network:
// from the commit that hands it over to its record.
func BenchmarkWorker(b *testing.B) {
	for _, lanes := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d lanes", lanes), func(b *testing.B) { benchmarkWorker(b, lanes) })
	}
}

func benchmarkWorker(b *testing.B, lanes int) {
	s := &noStore{}
	for i := range lanes {
		id := fmt.Sprintf("lane_%d", i)
		s.lanes = append(s.lanes, taskhook.OwnedLane{ID: id, EndpointID: "wh_" + id, Epoch: 1})
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan struct{})
	w := NewWorker(WorkerOptions{Lanes: s, Queue: s, Sender: noSender{}, Logger: slog.New(slog.DiscardHandler), Slots: 256, Timeout: 30 * time.Second,
		Sent: func() {
			if left.Add(-1) == 0 {
				close(done)
			}
		}})
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	body := make([]byte, 1024)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; {
		id := fmt.Sprintf("lane_%d", i%lanes)
		if !w.Inbox().Reserve(id, 1, len(body)) {
			<-time.After(100 * time.Microsecond) // full: as publishing waits for its commit
			continue
		}
		w.Inbox().Push([]taskhook.Outgoing{{Body: body, Epoch: 1, Delivery: taskhook.Delivery{
			ID: "dlv_1", LaneID: id, EventID: "evt_1", State: taskhook.DeliveryPending}}})
		i++
	}
	<-done
	b.StopTimer()
	stop()
	<-ended
}
