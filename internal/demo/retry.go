//go:build unix

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// showRetry has one event refused by the receiver, and accepted when it is sent
// again.
func (d *demo) showRetry(ctx context.Context) error {
	seen := len(d.ledger.since(0))
	d.receiver.failOnce()
	event, err := d.api.Publish(ctx, client.NewEvent{Type: ownEvent, Data: json.RawMessage(`{"order":1}`)})
	if err != nil {
		return err
	}
	d.ledger.owe(event.ID)
	d.screen.event("an event of our own is published, %s", ownEvent)
	if err := d.wait(ctx, "the first attempt", func() (bool, error) { return d.receiver.lastFailed() != nil, nil }); err != nil {
		return err
	}
	d.screen.event("attempt 1: the receiver answers 500; the next attempt is due in 1 s")
	delivery, err := d.settled(ctx, event.ID)
	if err != nil {
		return err
	}
	attempts, err := d.api.Attempts(ctx, delivery.ID)
	if err != nil {
		return err
	}
	if len(attempts) != 2 || attempts[0].StatusCode != http.StatusInternalServerError || !attempts[1].Delivered {
		return fmt.Errorf("the log of attempts does not show 500 and then success: %+v", attempts)
	}
	before, came := d.receiver.lastFailed(), d.ledger.since(seen)
	if len(came) != 1 || came[0].id != before.id || !bytes.Equal(came[0].body, before.body) || came[0].signature == before.signature {
		return errors.New("the second attempt did not bring the same id and bytes under a new signature")
	}
	pause := attempts[1].StartedAt.Sub(attempts[0].StartedAt)
	d.screen.good("attempt 2, %s later: accepted; the same id and bytes, a new signature", seconds(pause))
	return nil
}

// settled waits until the only delivery of an event is no longer pending.
func (d *demo) settled(ctx context.Context, event string) (delivery client.Delivery, err error) {
	err = d.wait(ctx, "the end of the delivery", func() (bool, error) {
		page, err := d.api.Deliveries(ctx, client.DeliveryQuery{EventID: event})
		if err != nil {
			return false, err
		}
		if len(page.Items) != 1 {
			return false, errors.New("the event does not have one delivery")
		}
		delivery = page.Items[0]
		return delivery.State != string(taskhook.DeliveryPending), nil
	})
	return delivery, err
}
