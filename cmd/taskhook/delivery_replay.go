//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type deliveryReplayCommand struct {
	IDs   []string `arg:"" name:"id" help:"Ids of finished deliveries."`
	Watch bool     `help:"Wait until they have ended; the exit status is 1 unless all have arrived."`
	remoteFlags
}

// Run replays deliveries one after the other, all of them even if some can't be.
func (cmd *deliveryReplayCommand) Run(ctx context.Context, c *console) error {
	return cmd.call(ctx, c, func(ctx context.Context, r *remote) error {
		var fresh []client.Delivery
		for _, id := range cmd.IDs {
			d, err := r.ReplayDelivery(ctx, id)
			if _, refused := errors.AsType[*client.Error](err); refused {
				r.log.say("%s: %s", id, r.explain(err))
				continue
			}
			if err != nil {
				return err
			}
			fresh = append(fresh, d)
			r.log.say("%s is sent again as %s", id, d.ID)
		}
		if err := r.replayed(ctx, fresh, cmd.Watch); err != nil {
			return err
		}
		if n := len(cmd.IDs) - len(fresh); n > 0 {
			return fmt.Errorf("%d of %d can't be sent again", n, len(cmd.IDs))
		}
		return nil
	})
}

// replayed prints new deliveries, when they have ended if that is to be watched.
func (r *remote) replayed(ctx context.Context, fresh []client.Delivery, watch bool) error {
	if watch {
		var err error
		if fresh, err = r.watchDeliveries(ctx, fresh); err != nil {
			return err
		}
	}
	t, now, failed := deliveryTable(), time.Now(), 0
	for _, d := range fresh {
		if d.State != string(taskhook.DeliveryDelivered) {
			failed++
		}
	}
	if err := each(r, fresh, func(d client.Delivery) { t.add(deliveryRow(now, d)...) }); err != nil {
		return err
	}
	if !r.json && len(fresh) > 0 {
		if err := t.print(r.out); err != nil {
			return err
		}
	}
	if watch && failed > 0 {
		return fmt.Errorf("%d of %d did not arrive; `taskhook delivery get ID` says why", failed, len(fresh))
	}
	return nil
}

// watchDeliveries returns the deliveries as they have ended.
func (r *remote) watchDeliveries(ctx context.Context, deliveries []client.Delivery) (ended []client.Delivery, err error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	for _, d := range deliveries {
		d, err = awaitDelivery(ctx, r, &progress{to: r.log}, d.ID)
		if errors.Is(err, context.Canceled) {
			return nil, errors.New("interrupted; what is still owed is sent all the same")
		}
		if err != nil {
			return nil, err
		}
		ended = append(ended, d)
	}
	return ended, nil
}

// deliveryReader reads a delivery.
type deliveryReader interface {
	Delivery(ctx context.Context, id string) (client.Delivery, error)
}

// awaitDelivery returns the delivery when it has ended.
func awaitDelivery(ctx context.Context, from deliveryReader, p *progress, id string) (last client.Delivery, err error) {
	defer p.end()
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		d, err := from.Delivery(ctx, id)
		if err != nil {
			return false, err
		}
		last = d
		if d.State != string(taskhook.DeliveryPending) {
			return true, nil
		}
		moment := ""
		if d.Attempts > 0 && !d.NextAttemptAt.IsZero() {
			moment = "next try " + since(time.Now(), d.NextAttemptAt)
		}
		p.tell(fmt.Sprintf("%s  %s, tries: %d", d.ID, shownState(d), d.Attempts), moment, d.LastError)
		return false, nil
	})
	return last, err
}
