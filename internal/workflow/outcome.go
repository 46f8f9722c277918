package workflow

import (
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
)

// Webhook is how one face tells of ended executions by their own webhooks.
type Webhook struct {
	Render   taskhook.WorkflowRenderFunc
	Schedule taskhook.Schedule
}

// Outcomes turns ended executions into publications.
type Outcomes struct {
	Primary  taskhook.WorkflowRenderFunc // the body of the event, for feed and configured endpoints
	Schedule taskhook.Schedule           // of configured endpoints without one of their own
	Default  Webhook                     // of faces that have none of their own
	Webhooks map[string]Webhook          // by the face that an execution was started through
	Links    Linker
}

// publication returns the event of an ended execution, with the delivery to its own
// webhook where it has one.
func (o *Outcomes) publication(x *taskhook.Execution, d *Definition, now time.Time) (*taskhook.Publication, error) {
	eventType := taskhook.EventWorkflowCompleted
	if x.State == taskhook.ExecutionFailed {
		eventType = taskhook.EventWorkflowFailed
	}
	told := taskhook.WorkflowOutcome{EventID: taskhook.NewID(taskhook.PrefixEvent, now), EventType: eventType, CreatedAt: now, Execution: *x}
	if d != nil {
		var err error
		if told.Output, err = d.output(x, o.Links.Permanent); err != nil {
			return nil, err
		}
	}
	event := taskhook.Event{ID: told.EventID, AccountID: x.AccountID, Type: eventType, Subject: x.ID, Body: o.Primary(told), CreatedAt: now}
	p := &taskhook.Publication{Events: []taskhook.NewEvent{{Event: event, FanOut: true, Schedule: o.Schedule}}}
	if u, err := url.Parse(x.WebhookURL); x.WebhookURL != "" && err == nil {
		webhook, ok := o.Webhooks[x.Face]
		if !ok {
			webhook = o.Default
		}
		p.Deliveries = []taskhook.Outgoing{{Body: webhook.Render(told), Delivery: taskhook.Delivery{
			ID: taskhook.NewID(taskhook.PrefixDelivery, now), AccountID: x.AccountID, EventID: event.ID, EventType: eventType,
			Subject: x.ID, LaneID: taskhook.OriginLane(x.AccountID, u.Scheme+"://"+u.Host), URL: x.WebhookURL,
			State: taskhook.DeliveryPending, Schedule: webhook.Schedule, DueAt: now, CreatedAt: now}}}
	}
	return p, nil
}
