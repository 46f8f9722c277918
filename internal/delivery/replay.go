package delivery

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// Deliveries lists deliveries, newest first.
func (s *Service) Deliveries(ctx context.Context, f taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error) {
	return s.Queue.Deliveries(ctx, f)
}

// Delivery returns a delivery of the account.
func (s *Service) Delivery(ctx context.Context, account, id string) (taskhook.Delivery, error) {
	return find(ctx, s.Queue.Delivery, noDelivery, account, id)
}

// noDelivery returns an error for what is no id of a delivery.
func noDelivery(id string) error {
	if taskhook.HasIDForm(taskhook.PrefixDelivery, id) {
		return nil
	}
	return taskhook.Errorf(taskhook.CodeNotFound, "There is no delivery %.80q in this account.", id)
}

// Attempts returns the attempts of a delivery, in order.
func (s *Service) Attempts(ctx context.Context, account, id string) ([]taskhook.Attempt, error) {
	return find(ctx, s.Queue.Attempts, noDelivery, account, id)
}

// Replay sends a finished delivery again: a new delivery of the same event, with
// the same id and bytes, to where its endpoint is now.
func (s *Service) Replay(ctx context.Context, account, id string) (taskhook.Delivery, error) {
	old, err := s.Outgoing(ctx, account, id)
	if err != nil {
		return old.Delivery, err
	}
	if !old.State.Final() {
		return old.Delivery, taskhook.Errorf(taskhook.CodeConflict,
			"The delivery is still pending: its next attempt is due at %s. Replay it when it has ended.", old.DueAt.Format(time.RFC3339))
	}
	if taskhook.Transient(old.EventType) {
		return old.Delivery, taskhook.Errorf(taskhook.CodeConflict, "Events of type %s pass and can't be replayed; read the task to see how far it is.", old.EventType)
	}
	if old.EndpointID != "" {
		if _, err := s.Endpoint(ctx, account, old.EndpointID); err != nil {
			return old.Delivery, taskhook.Errorf(taskhook.CodeConflict, "The webhook of this delivery was deleted, so it can't be replayed.")
		}
	}
	now := s.Now()
	again := taskhook.Outgoing{Delivery: repeated(old.Delivery, now), Body: old.Body}
	p := &taskhook.Publication{Deliveries: []taskhook.Outgoing{again}, Rouse: true}
	if err := s.Queue.Publish(ctx, now, p); err != nil {
		return old.Delivery, err
	}
	return p.Deliveries[0].Delivery, nil
}

// repeated returns a new delivery like one that has ended.
func repeated(old taskhook.Delivery, now time.Time) taskhook.Delivery {
	d := old
	d.ID, d.ReplayOf, d.ReplayID = taskhook.NewID(taskhook.PrefixDelivery, now), old.ID, ""
	d.State, d.Attempts, d.LastError, d.LastClass, d.Test = taskhook.DeliveryPending, 0, "", "", false
	d.DueAt, d.CreatedAt, d.FinishedAt = now, now, time.Time{}
	return d
}

// Publish makes events of the account's own types durable and owed to the
// endpoints that want them.
func (s *Service) Publish(ctx context.Context, account string, events []taskhook.Publish) ([]taskhook.Event, error) {
	now := s.Now()
	p := &taskhook.Publication{Events: make([]taskhook.NewEvent, len(events))}
	for i, e := range events {
		switch {
		case own(e.Type):
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "type", "Types that begin with task., batch., workflow. or endpoint. are taskhook's own; choose another.")
		case !typeForm(e.Type):
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "type", "%.80q is not an event type; %s", e.Type, typeRule)
		}
		id := taskhook.NewID(taskhook.PrefixEvent, now)
		p.Events[i] = taskhook.NewEvent{FanOut: true, Schedule: s.Schedule, Event: taskhook.Event{ID: id, AccountID: account,
			Type: e.Type, Body: s.EventBody(id, e.Type, now, e.Data), CreatedAt: now}}
	}
	if err := s.Queue.Publish(ctx, now, p); err != nil {
		return nil, err
	}
	published := make([]taskhook.Event, len(p.Events))
	for i := range p.Events {
		published[i] = p.Events[i].Event
	}
	return published, nil
}
