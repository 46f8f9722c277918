package delivery

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/webhook"
)

// EndpointStore is what the Service asks of endpoints.
type EndpointStore interface {
	CreateEndpoint(ctx context.Context, e taskhook.Endpoint) error
	Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error)
	Endpoints(ctx context.Context, f taskhook.EndpointFilter) (taskhook.List[taskhook.Endpoint], error)
	UpdateEndpoint(ctx context.Context, now time.Time, account, id string, change func(*taskhook.Endpoint) error) (taskhook.Endpoint, error)
	DeleteEndpoint(ctx context.Context, now time.Time, account, id string) error
}

// DeliveryStore is what the Service asks of deliveries. Publish is durable on
// return.
type DeliveryStore interface {
	Publish(ctx context.Context, now time.Time, p *taskhook.Publication) error
	Deliveries(ctx context.Context, f taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error)
	Delivery(ctx context.Context, account, id string) (taskhook.Delivery, error)
	Outgoing(ctx context.Context, account, id string) (taskhook.Outgoing, error)
	Attempts(ctx context.Context, account, delivery string) ([]taskhook.Attempt, error)
}

// ServiceOptions make a Service.
type ServiceOptions struct {
	Receivers EndpointStore
	Queue     DeliveryStore
	CheckURL  func(raw string) (*url.URL, error) // may a webhook go there
	Schedule  taskhook.Schedule                  // of endpoints without one of their own
	// EventBody and TestBody write bodies in the primary form.
	EventBody func(id, eventType string, at time.Time, data json.RawMessage) []byte
	TestBody  taskhook.RenderFunc
}

// Service decides about endpoints and deliveries.
type Service struct{ ServiceOptions }

// NewService returns a Service.
func NewService(o ServiceOptions) *Service { return &Service{o} }

// CreateEndpoint registers a receiver. Its secret is shown by this answer only.
func (s *Service) CreateEndpoint(ctx context.Context, account string, n taskhook.NewEndpoint) (taskhook.Endpoint, error) {
	now := time.Now()
	e := taskhook.Endpoint{ID: taskhook.NewID(taskhook.PrefixEndpoint, now), AccountID: account,
		LaneID: taskhook.NewID(taskhook.PrefixLane, now), URL: n.URL, Description: n.Description, Events: n.Events,
		Schedule: n.Schedule, State: taskhook.EndpointActive, CreatedAt: now, UpdatedAt: now,
		Secrets: []taskhook.Secret{{Text: webhook.NewSecret(), PromotedAt: now}}}
	if err := s.check(&e); err != nil {
		return e, err
	}
	return e, s.Receivers.CreateEndpoint(ctx, e)
}

// check says what is wrong with an endpoint, and puts its events in order.
func (s *Service) check(e *taskhook.Endpoint) error {
	if _, err := s.CheckURL(e.URL); err != nil {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "url", "url can't be used: %s", err)
	}
	if len(e.Events) == 0 {
		return taskhook.FieldErrorf(taskhook.CodeMissing, "events", "Say which events to send, such as [%q, %q].",
			taskhook.EventTaskCompleted, taskhook.EventTaskFailed)
	}
	if len(e.Events) > maxTypes {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "events has more than %d entries.", maxTypes)
	}
	e.Events = slices.Compact(slices.Sorted(slices.Values(e.Events)))
	for _, name := range e.Events {
		if own(name) && name != taskhook.EventTaskCompleted && name != taskhook.EventTaskFailed {
			return taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "There is no event type %.80q; taskhook sends %s and %s.",
				name, taskhook.EventTaskCompleted, taskhook.EventTaskFailed)
		}
		if !typeForm(name) {
			return taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "%.80q is not an event type; %s", name, typeRule)
		}
	}
	return nil
}

// The rule of event types.
const (
	maxTypes = 100
	typeRule = "write words of lower-case letters, digits and _ with full stops between them, such as order.paid, at most 100 characters."
)

// own reports whether only taskhook may publish events of the type.
func own(eventType string) bool {
	for _, prefix := range []string{"task.", "workflow.", "endpoint."} {
		if strings.HasPrefix(eventType, prefix) {
			return true
		}
	}
	return false
}

// typeForm reports whether the type keeps to the rule; at least two words.
func typeForm(eventType string) bool {
	words := strings.Split(eventType, ".")
	if len(words) < 2 || len(eventType) > 100 {
		return false
	}
	for _, word := range words {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}

// Endpoint returns an endpoint of the account.
func (s *Service) Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error) {
	if !taskhook.HasIDForm(taskhook.PrefixEndpoint, id) {
		return taskhook.Endpoint{}, taskhook.Errorf(taskhook.CodeNotFound, "There is no webhook %.80q in this account.", id)
	}
	return s.Receivers.Endpoint(ctx, account, id)
}

// Endpoints lists endpoints, newest first.
func (s *Service) Endpoints(ctx context.Context, f taskhook.EndpointFilter) (taskhook.List[taskhook.Endpoint], error) {
	return s.Receivers.Endpoints(ctx, f)
}

// UpdateEndpoint changes an endpoint. Pausing it holds what it is owed; making it
// active again sends that.
func (s *Service) UpdateEndpoint(ctx context.Context, account, id string, c taskhook.EndpointChange) (taskhook.Endpoint, error) {
	if _, err := s.Endpoint(ctx, account, id); err != nil {
		return taskhook.Endpoint{}, err
	}
	return s.Receivers.UpdateEndpoint(ctx, time.Now(), account, id, func(e *taskhook.Endpoint) error {
		apply(c, e)
		return s.check(e)
	})
}

func apply(c taskhook.EndpointChange, e *taskhook.Endpoint) {
	if c.URL != nil {
		e.URL = *c.URL
	}
	if c.Description != nil {
		e.Description = *c.Description
	}
	if c.Events != nil {
		e.Events = *c.Events
	}
	if c.Schedule != nil {
		e.Schedule = *c.Schedule
	}
	if c.State != nil && *c.State != e.State {
		e.State, e.Reason = *c.State, ""
		if *c.State == taskhook.EndpointPaused {
			e.Reason = "Paused on request."
		}
	}
}

// DeleteEndpoint deletes an endpoint and cancels what it is owed.
func (s *Service) DeleteEndpoint(ctx context.Context, account, id string) error {
	if _, err := s.Endpoint(ctx, account, id); err != nil {
		return err
	}
	return s.Receivers.DeleteEndpoint(ctx, time.Now(), account, id)
}

// maxOverlap is how long an old secret can stay valid.
const maxOverlap = 30 * 24 * time.Hour

// RotateSecret gives an endpoint a new secret. For the time of the overlap both
// are valid: the list in webhook-signature carries both, X-Webhook-Signature
// still the old one, for it has room for one.
func (s *Service) RotateSecret(ctx context.Context, account, id string, overlap time.Duration) (taskhook.Endpoint, error) {
	if _, err := s.Endpoint(ctx, account, id); err != nil {
		return taskhook.Endpoint{}, err
	}
	if overlap < 0 || overlap > maxOverlap {
		return taskhook.Endpoint{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "overlapSeconds",
			"overlapSeconds must be from 0 to %d.", int(maxOverlap.Seconds()))
	}
	now := time.Now()
	return s.Receivers.UpdateEndpoint(ctx, now, account, id, func(e *taskhook.Endpoint) error {
		end := now.Add(overlap)
		valid := []taskhook.Secret{{Text: webhook.NewSecret(), PromotedAt: end}}
		for _, old := range e.Secrets {
			if old.ExpiresAt.IsZero() || old.ExpiresAt.After(end) {
				old.ExpiresAt = end
			}
			if old.ExpiresAt.After(now) && len(valid) < maxSecrets {
				valid = append(valid, old)
			}
		}
		e.Secrets = valid
		return nil
	})
}

// maxSecrets is how many secrets can be valid at a time.
const maxSecrets = 4
