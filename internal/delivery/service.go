package delivery

import (
	"context"
	"encoding/json"
	"net/url"
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

// HeldStore is what the Service does about what is held.
type HeldStore interface {
	DropDeliveries(ctx context.Context, now time.Time, account, id string) (int64, error)
}

// HealthStore is what the Service asks of counters.
type HealthStore interface {
	EndpointHealth(ctx context.Context, now time.Time, account, id string) (taskhook.EndpointHealth, error)
	Overview(ctx context.Context, now time.Time, account string) (taskhook.Overview, error)
}

// ServiceOptions make a Service.
type ServiceOptions struct {
	Receivers EndpointStore
	Queue     DeliveryStore
	Held      HeldStore
	Health    HealthStore
	CheckURL  func(raw string) (*url.URL, error) // may a webhook go there
	Schedule  taskhook.Schedule                  // of endpoints without one of their own
	// EventBody and TestBody write bodies in the primary form.
	EventBody func(id, eventType string, at time.Time, data json.RawMessage) []byte
	TestBody  taskhook.RenderFunc
	Now       func() time.Time // the time that all nodes go by; nil: time.Now
}

// Service decides about endpoints and deliveries.
type Service struct{ ServiceOptions }

// NewService returns a Service.
func NewService(o ServiceOptions) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o}
}

// CreateEndpoint registers a receiver. Its secret is shown by this answer only.
func (s *Service) CreateEndpoint(ctx context.Context, account string, n taskhook.NewEndpoint) (taskhook.Endpoint, error) {
	now := s.Now()
	e := taskhook.Endpoint{ID: taskhook.NewID(taskhook.PrefixEndpoint, now), AccountID: account,
		LaneID: taskhook.NewID(taskhook.PrefixLane, now), URL: n.URL, Description: n.Description, Events: n.Events,
		Schedule: n.Schedule, Rate: n.Rate, MaxInFlight: n.MaxInFlight, State: taskhook.EndpointActive, CreatedAt: now, UpdatedAt: now,
		Secrets: []taskhook.Secret{{Text: webhook.NewSecret(), PromotedAt: now}}}
	if err := s.checkURL(e.URL); err != nil {
		return e, err
	}
	var err error
	if e.Events, err = checkTypes(e.Events); err != nil {
		return e, err
	}
	if err := checkLimit("ratePerSecond", e.Rate); err != nil {
		return e, err
	}
	if err := checkLimit("maxInFlight", e.MaxInFlight); err != nil {
		return e, err
	}
	return e, s.Receivers.CreateEndpoint(ctx, e)
}

// Endpoint returns an endpoint of the account.
func (s *Service) Endpoint(ctx context.Context, account, id string) (taskhook.Endpoint, error) {
	return find(ctx, s.Receivers.Endpoint, noEndpoint, account, id)
}

// noEndpoint returns an error for what is no id of an endpoint.
func noEndpoint(id string) error {
	if taskhook.HasIDForm(taskhook.PrefixEndpoint, id) {
		return nil
	}
	return taskhook.Errorf(taskhook.CodeNotFound, "There is no webhook %.80q in this account.", id)
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
	if err := s.checkChange(&c); err != nil {
		return taskhook.Endpoint{}, err
	}
	return s.Receivers.UpdateEndpoint(ctx, s.Now(), account, id, func(e *taskhook.Endpoint) error {
		apply(c, e)
		return nil
	})
}

// checkChange checks what is to be changed and nothing else: an endpoint whose
// URL the operator has ruled out since can still be paused.
func (s *Service) checkChange(c *taskhook.EndpointChange) error {
	if c.URL != nil {
		if err := s.checkURL(*c.URL); err != nil {
			return err
		}
	}
	if c.Events != nil {
		events, err := checkTypes(*c.Events)
		if err != nil {
			return err
		}
		c.Events = &events
	}
	for field, limit := range map[string]*int{"ratePerSecond": c.Rate, "maxInFlight": c.MaxInFlight} {
		if limit != nil {
			if err := checkLimit(field, *limit); err != nil {
				return err
			}
		}
	}
	if c.State != nil && *c.State != taskhook.EndpointActive && *c.State != taskhook.EndpointPaused {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "state", "A webhook can be made %s or %s, not %.80q.",
			taskhook.EndpointActive, taskhook.EndpointPaused, *c.State)
	}
	return nil
}

// maxLimit is beyond what any receiver is sent.
const maxLimit = 10_000

func checkLimit(field string, limit int) error {
	if limit < 0 || limit > maxLimit {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, field, "%s must be from 0 to %d; 0 is no limit.", field, maxLimit)
	}
	return nil
}

func (s *Service) checkURL(raw string) error {
	if _, err := s.CheckURL(raw); err != nil {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "url", "url can't be used: %s", err)
	}
	return nil
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
	if c.Rate != nil {
		e.Rate = *c.Rate
	}
	if c.MaxInFlight != nil {
		e.MaxInFlight = *c.MaxInFlight
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
	return s.Receivers.DeleteEndpoint(ctx, s.Now(), account, id)
}
