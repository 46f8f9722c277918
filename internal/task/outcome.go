package task

import (
	"net/url"
	"time"

	"github.com/taskhook/taskhook"
)

// Linker makes the links that stand in bodies, valid as long as the result is
// kept.
type Linker interface {
	Permanent(a taskhook.Artifact) string
}

// FaceWebhook is how one face tells of outcomes by per-job webhooks.
type FaceWebhook struct {
	Render   taskhook.RenderFunc
	Schedule taskhook.Schedule
}

// Outcomes turns finished tasks into publications.
type Outcomes struct {
	Primary  taskhook.RenderFunc    // the body of the event, for feed and configured endpoints
	Schedule taskhook.Schedule      // of configured endpoints without one of their own
	Faces    map[string]FaceWebhook // by the face that a task came through
	Links    Linker
}

// report returns a transient event of a running task, for those alone who ask for
// the type: the receiver of a per-job delivery does not.
func (o *Outcomes) report(k taskhook.Task, eventType string, now time.Time) taskhook.NewEvent {
	k.State = taskhook.TaskRunning
	told := taskhook.Outcome{EventID: taskhook.NewID(taskhook.PrefixEvent, now), EventType: eventType, CreatedAt: now, Task: k, Sequence: k.Told}
	return taskhook.NewEvent{FanOut: true, Schedule: o.Schedule, Event: taskhook.Event{ID: told.EventID, AccountID: k.AccountID,
		Type: eventType, Subject: k.ID, Body: o.Primary(told), CreatedAt: now}}
}

// Publication returns the event of a finished task, with its per-job delivery
// where one was asked for. Both kinds carry the same event id.
func (o *Outcomes) Publication(k taskhook.Task, now time.Time) *taskhook.Publication {
	eventType := taskhook.EventTaskCompleted
	if k.State == taskhook.TaskFailed {
		eventType = taskhook.EventTaskFailed
	}
	told := taskhook.Outcome{EventID: taskhook.NewID(taskhook.PrefixEvent, now), EventType: eventType, CreatedAt: now, Task: k}
	for _, a := range k.Results {
		told.Links = append(told.Links, o.Links.Permanent(a))
	}
	event := taskhook.Event{ID: told.EventID, AccountID: k.AccountID, Type: eventType, Subject: k.ID,
		Body: o.Primary(told), CreatedAt: now}
	p := &taskhook.Publication{Events: []taskhook.NewEvent{{Event: event, FanOut: true, Schedule: o.Schedule}}}
	if u, err := url.Parse(k.WebhookURL); k.WebhookURL != "" && err == nil {
		face, ok := o.Faces[k.Face]
		if !ok {
			face.Render = o.Primary // a face that this version no longer has
		}
		p.Deliveries = []taskhook.Outgoing{{Body: face.Render(told), Delivery: taskhook.Delivery{
			ID: taskhook.NewID(taskhook.PrefixDelivery, now), AccountID: k.AccountID, EventID: event.ID, EventType: eventType,
			Subject: k.ID, LaneID: taskhook.OriginLane(k.AccountID, u.Scheme+"://"+u.Host), URL: k.WebhookURL,
			State: taskhook.DeliveryPending, Schedule: face.Schedule, DueAt: now, CreatedAt: now}}}
	}
	return p
}
