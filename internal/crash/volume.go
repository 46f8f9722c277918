package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/taskhook/taskhook/client"
)

// What makes the volume.
const (
	volumeHooks = 12   // so that each node has lanes of them
	volumeBatch = 50   // events that are published at a time
	volumeAhead = 4000 // that may be published and not have arrived
)

// volumeType is the type of events that one webhook of the volume wants.
func volumeType(i int) string { return fmt.Sprintf("crash.volume_%d", i) }

// registerVolume makes the webhooks that get much.
func (t *Trial) registerVolume(ctx context.Context) error {
	if t.Volume == 0 {
		return nil
	}
	for i := range volumeHooks {
		h := &hook{Path: fmt.Sprintf("%s%d", volumePath, i), Type: volumeType(i)}
		made, err := t.client().CreateWebhook(ctx, client.NewWebhook{URL: t.receiver.name + h.Path, Events: []string{h.Type}})
		if err != nil {
			return err
		}
		h.ID, h.secrets = made.ID, []secret{{made.Secret, time.Now()}}
		t.ledger.note("webhook", h, func() { t.ledger.hooks[h.Path] = h })
	}
	return nil
}

// flood publishes as much as the rounds so far have room for, as long as it arrives.
func (t *Trial) flood(ctx context.Context, w *workload) {
	for ctx.Err() == nil {
		if t.poured.Load() >= t.allowance.Load() || t.poured.Load()-int64(t.receiver.ledger.arrived()) > volumeAhead {
			pause()
			continue
		}
		t.poured.Add(int64(w.pour(volumeType(rand.IntN(volumeHooks)))))
	}
}

// pour publishes a batch once and returns how many are acknowledged.
func (w *workload) pour(eventType string) int {
	batch := make([]client.NewEvent, volumeBatch)
	for i := range batch {
		batch[i] = client.NewEvent{Type: eventType, Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, w.serial.Add(1)))}
	}
	return w.publishBatch(eventType, batch)
}
