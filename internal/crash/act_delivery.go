package crash

import (
	"context"
	"math/rand/v2"

	"github.com/taskhook/taskhook/client"
)

// test sends a test event to the webhook that is there all the time.
func (w *workload) test() {
	var got client.TestResult
	err := once(func(ctx context.Context) (err error) {
		got, err = w.client.TestWebhook(ctx, w.main)
		return err
	})
	switch {
	case err == nil:
		w.ledger.event(got.EventID)
	case inDoubt(err):
		w.ledger.unanswered(taskSort, 1)
		pause()
	default:
		pause()
	}
}

// replay asks for one of the last deliveries again.
func (w *workload) replay() {
	var again client.Delivery
	asked := false
	err := once(func(ctx context.Context) error {
		done, err := w.client.Deliveries(ctx, client.DeliveryQuery{WebhookID: w.main, State: "delivered", PageQuery: client.PageQuery{Limit: 20}})
		if err != nil || len(done.Items) == 0 {
			return err
		}
		asked = true
		again, err = w.client.ReplayDelivery(ctx, done.Items[rand.IntN(len(done.Items))].ID)
		return err
	})
	switch {
	case !asked:
		pause()
	case err == nil:
		w.ledger.note("replay", again.ID, func() { w.ledger.replays[again.ID] = true })
	case inDoubt(err):
		w.ledger.note("replay in doubt", "", func() { w.ledger.unknowns++ })
		pause()
	}
}
