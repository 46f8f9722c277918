package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// webhooks makes a webhook for events of its own, changes it in all ways, and most
// often deletes it.
func (w *workload) webhooks() {
	h := w.register()
	if h == nil {
		return
	}
	w.emit(h.Type)
	steps := []func(*hook){w.change, w.rotate, w.hold}
	rand.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	for _, step := range steps[rand.IntN(len(steps)):] {
		step(h)
		w.emit(h.Type)
	}
	if rand.IntN(6) > 0 {
		w.remove(h)
	}
}

// hookSort begins the type of events that one webhook alone wants.
const hookSort = "crash.hook_"

// register makes a webhook. One whose making is not answered is looked for and
// deleted, for its secret is lost.
func (w *workload) register() *hook { return w.registerAt("") }

// registerAt makes one at a path with a mark.
func (w *workload) registerAt(mark string) *hook {
	n := w.serial.Add(1)
	h := &hook{Path: fmt.Sprintf("%s%s%d", hookPath, mark, n), Type: fmt.Sprintf("%s%d", hookSort, n)}
	var made client.Webhook
	err := once(func(ctx context.Context) (err error) {
		made, err = w.client.CreateWebhook(ctx, client.NewWebhook{URL: w.hooks + h.Path, Events: []string{h.Type}})
		return err
	})
	switch {
	case err == nil:
		h.ID = made.ID
		w.ledger.note("webhook", h, func() {
			h.secrets = []secret{{made.Secret, time.Now()}}
			w.ledger.hooks[h.Path] = h
		})
		return h
	case inDoubt(err):
		w.ledger.note("webhook in doubt", h, func() { w.ledger.hooks[h.Path] = h })
		w.removeUnknown(h)
	default:
		pause()
	}
	return nil
}

func (w *workload) removeUnknown(h *hook) {
	err := insist(func(ctx context.Context) error {
		list, err := pages(func(p client.PageQuery) (client.Page[client.Webhook], error) {
			return w.client.Webhooks(ctx, client.WebhookQuery{PageQuery: p})
		})
		if i := slices.IndexFunc(list, func(l client.Webhook) bool { return strings.HasSuffix(l.URL, h.Path) }); i >= 0 {
			h.ID = list[i].ID
		}
		return err
	})
	if err == nil && h.ID != "" {
		w.remove(h)
	}
}

func (w *workload) remove(h *hook) {
	err := insist(func(ctx context.Context) error { return w.client.DeleteWebhook(ctx, h.ID) })
	if err == nil || status(err) == http.StatusNotFound {
		w.ledger.note("webhook deleted", h, func() { h.deleted = time.Now() })
	}
}

// update changes a webhook and notes what was answered.
func (w *workload) update(h *hook, change client.WebhookChange, what string, take func()) bool {
	err := insist(func(ctx context.Context) error {
		_, err := w.client.UpdateWebhook(ctx, h.ID, change)
		return err
	})
	switch {
	case refused(err):
		w.ledger.breach("L9: the webhook " + h.ID + " was answered as made: " + err.Error())
	case err == nil:
		w.ledger.note("webhook "+what, h, take)
	}
	return err == nil
}

// change gives the webhook another URL, of the same path.
func (w *workload) change(h *hook) {
	query := fmt.Sprintf("changed=%d", w.serial.Add(1))
	url := w.hooks + h.Path + "?" + query
	w.update(h, client.WebhookChange{URL: &url}, "changed", func() { h.query, h.changed = query, time.Now() })
}

// hold pauses the webhook, lets it be owed something, and makes it active again.
func (w *workload) hold(h *hook) {
	if w.setActive(h, false) {
		w.emit(h.Type)
		if rand.IntN(3) == 0 {
			w.drop(h)
		}
		w.setActive(h, true)
	}
}

// drop cancels what is held for the webhook.
func (w *workload) drop(h *hook) {
	err := insist(func(ctx context.Context) error {
		_, err := w.client.DropHeld(ctx, h.ID)
		return err
	})
	if refused(err) {
		w.ledger.breach("L9: the webhook " + h.ID + " was answered as paused: " + err.Error())
	}
}

// gone makes a webhook whose receiver answers 410, waits until that has disabled it,
// and deletes it.
func (w *workload) gone() {
	h := w.registerAt(goneMark)
	if h == nil {
		return
	}
	w.emit(h.Type)
	for began := time.Now(); time.Since(began) < fullLife; pause() {
		var got client.Webhook
		err := insist(func(ctx context.Context) (err error) {
			got, err = w.client.Webhook(ctx, h.ID)
			return err
		})
		if err != nil || got.State == string(taskhook.EndpointDisabled) {
			break
		}
	}
	w.remove(h)
}

func (w *workload) setActive(h *hook, active bool) bool {
	asked := time.Now()
	return w.update(h, client.WebhookChange{Active: &active}, fmt.Sprintf("active %t", active), func() {
		if active {
			h.held[len(h.held)-1].to = asked
		} else {
			h.held = append(h.held, span{from: time.Now()})
		}
	})
}

// rotate gives the webhook a new secret while the old one stays valid. An answer
// that is lost takes the new one along; the repetition gives another.
func (w *workload) rotate(h *hook) {
	day := 24 * 3600 // longer than any clock is off
	var got client.Webhook
	err := insist(func(ctx context.Context) (err error) {
		got, err = w.client.RotateSecret(ctx, h.ID, client.Rotation{OverlapSeconds: &day})
		return err
	})
	if err == nil {
		w.ledger.note("webhook rotated", h, func() { h.secrets = append(h.secrets, secret{got.Secret, time.Now()}) })
	}
}

// pileUp makes a webhook that is paused and is owed more than a lane holds in memory, or more
// than one transaction cancels; then it is made active, or deleted.
func (w *workload) pileUp() {
	h := w.register()
	if h == nil || !w.setActive(h, false) {
		return
	}
	drop := rand.IntN(2) == 0
	batches := 2 // more than laneRoom of package delivery
	if drop {
		batches = 3 // more than cancelBite of package store
	}
	for range batches {
		w.emitMany(h.Type)
	}
	if drop {
		w.remove(h)
		return
	}
	w.setActive(h, true)
}

// pileSize is how many events a batch of a backlog has.
const pileSize = 400

// emitMany publishes a batch once; without an answer all of it may exist or none.
func (w *workload) emitMany(eventType string) {
	batch := make([]client.NewEvent, pileSize)
	for i := range batch {
		batch[i] = client.NewEvent{Type: eventType, Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, w.serial.Add(1)))}
	}
	w.publishBatch(eventType, batch)
}

// publishBatch returns how many events are acknowledged: all or none.
func (w *workload) publishBatch(eventType string, batch []client.NewEvent) int {
	var made []client.PublishedEvent
	err := once(func(ctx context.Context) (err error) {
		made, err = w.client.PublishBatch(ctx, batch)
		return err
	})
	if inDoubt(err) {
		w.ledger.unanswered(eventType, len(batch))
	}
	if err != nil {
		pause()
		return 0
	}
	for _, e := range made {
		w.ledger.event(e.ID)
	}
	return len(made)
}
