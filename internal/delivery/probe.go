package delivery

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

// How long TestEndpoint waits for the outcome: the 30 s that an attempt may take
// and a little for its turn; and how often it looks.
const (
	testPatience = 35 * time.Second
	testLook     = 10 * time.Millisecond
	testLookMax  = 250 * time.Millisecond
)

// TestEndpoint sends a made-up event like any configured delivery, once, and
// waits for the answer.
func (s *Service) TestEndpoint(ctx context.Context, account, id string) (taskhook.TestResult, error) {
	e, err := s.Endpoint(ctx, account, id)
	if err != nil {
		return taskhook.TestResult{}, err
	}
	if e.State != taskhook.EndpointActive {
		return taskhook.TestResult{}, taskhook.Errorf(taskhook.CodeConflict, "The webhook is %s; make it active before you test it.", e.State)
	}
	now := s.Now()
	event := s.testEvent(&e, now)
	d := taskhook.NewDelivery(&event, &e, taskhook.Schedule{}, now)
	d.Test = true
	p := &taskhook.Publication{Events: []taskhook.NewEvent{{Event: event}}, Deliveries: []taskhook.Outgoing{d}, Rouse: true}
	if err := s.Queue.Publish(ctx, now, p); err != nil {
		return taskhook.TestResult{}, err
	}
	return s.testResult(ctx, account, &d.Delivery)
}

// testEvent makes up an event of the first type that the endpoint wants.
func (s *Service) testEvent(e *taskhook.Endpoint, now time.Time) taskhook.Event {
	event := taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, now), AccountID: e.AccountID, Type: example(e.Events[0]), CreatedAt: now, Test: true}
	if !own(event.Type) {
		event.Body = s.EventBody(event.ID, event.Type, now, []byte(`{"test":true}`))
		return event
	}
	k := taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, now), Medium: taskhook.MediumImage, State: taskhook.TaskSucceeded,
		Provider: "taskhook", Model: "test", Metadata: json.RawMessage(`{"test":true}`), CreatedAt: now, FinishedAt: now}
	if event.Type == taskhook.EventTaskFailed {
		k.State = taskhook.TaskFailed
		k.Error = &taskhook.TaskError{Code: taskhook.TaskErrorProvider, Message: "This is a test event; no task failed."}
	}
	told := taskhook.Outcome{EventID: event.ID, EventType: event.Type, CreatedAt: now, Task: k}
	if taskhook.Transient(event.Type) {
		told.Task.State, told.Task.StartedAt, told.Task.FinishedAt, told.Sequence = taskhook.TaskRunning, now, time.Time{}, 1
	}
	event.Body = s.TestBody(told)
	return event
}

// testResult waits until the delivery has ended, on whichever node that is.
func (s *Service) testResult(ctx context.Context, account string, d *taskhook.Delivery) (taskhook.TestResult, error) {
	result := taskhook.TestResult{EventID: d.EventID, DeliveryID: d.ID}
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	for pause := testLook; ; pause = min(2*pause, testLookMax) {
		select {
		case <-ctx.Done():
			result.Error = "The test event is still waiting behind other deliveries of this webhook; its delivery shows how it ends."
			return result, nil
		case <-time.After(pause):
		}
		attempts, err := s.Queue.Attempts(ctx, account, d.ID)
		if err != nil && ctx.Err() == nil {
			return result, err
		}
		if len(attempts) > 0 {
			a := attempts[0]
			result.Delivered, result.Status, result.Duration, result.Error = a.Delivered(), a.Status, a.Duration, a.Error
			return result, nil
		}
	}
}
