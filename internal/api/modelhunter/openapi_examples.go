package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// The ids in the examples.
const (
	exampleTask     = "task_7f3k2m"
	exampleWebhook  = "wh_5d8p1q"
	exampleDelivery = "dlv_3n6w0z"
	exampleKey      = "key_2c5x7b"
	exampleEventID  = "evt_9x2c4v"
	exampleFileID   = "file_2r5t8k"
)

// exampleTime is a moment of the story that the examples tell.
func exampleTime(after time.Duration) time.Time {
	return time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC).Add(after)
}

func exampleSubmission() client.Submission {
	return client.Submission{Model: "viduq3-turbo", Input: json.RawMessage(`{"prompt":"a river at dawn","duration":4}`),
		WebhookURL: "https://example.com/hooks/video", Metadata: json.RawMessage(`{"order":"17"}`)}
}

func exampleAccepted(kind, original string) client.AcceptedTask {
	id := exampleTask
	if original != "" {
		id = "task_8h4m3n"
	}
	return client.AcceptedTask{ID: id, OriginalTaskID: original, Status: string(taskhook.TaskPending), Type: kind, Provider: "vidu",
		Model: "viduq3-turbo", CreatedAt: exampleTime(0), EstimatedSeconds: 30, Metadata: json.RawMessage(`{"order":"17"}`)}
}

func exampleTaskIn(state taskhook.TaskState) client.Task {
	t := client.Task{ID: exampleTask, Type: string(taskhook.MediumVideo), Status: string(state), Provider: "vidu", Model: "viduq3-turbo",
		Capability: "text-to-video", CreatedAt: exampleTime(0), CompletedAt: exampleTime(41 * time.Second), Metadata: json.RawMessage(`{"order":"17"}`), KeyID: exampleKey}
	if state == taskhook.TaskSucceeded {
		t.Progress, t.StartedAt, t.Cost = 100, exampleTime(time.Second), "0.32"
		t.Result = []client.Result{{URL: "https://example.com/results/art_4b7r2s.mp4?expires=1772358341&signature=…", Duration: 4, Format: "mp4", SizeBytes: 1048576}}
	}
	return t
}

func exampleNewHook() client.NewWebhook {
	return client.NewWebhook{URL: "https://example.com/hooks/tasks", Events: []string{taskhook.EventTaskCompleted, taskhook.EventTaskFailed}}
}

func exampleHook() client.Webhook {
	return client.Webhook{ID: exampleWebhook, URL: "https://example.com/hooks/tasks", Events: []string{taskhook.EventTaskCompleted, taskhook.EventTaskFailed},
		Active: true, State: string(taskhook.EndpointActive), CreatedAt: exampleTime(0), UpdatedAt: exampleTime(0)}
}

func exampleFreshHook() client.Webhook {
	w := exampleHook()
	w.Secret = "whsec_…"
	return w
}

func exampleRotated() client.Webhook {
	w := exampleFreshHook()
	w.UpdatedAt = exampleTime(time.Hour)
	w.SecretPromotedAt, w.PreviousSecretExpiresAt = exampleTime(25*time.Hour), exampleTime(25*time.Hour)
	return w
}

func exampleChange() client.WebhookChange {
	active := true
	return client.WebhookChange{Active: &active, RetrySchedule: &[]float64{10, 60, 600}}
}

func exampleRotation() client.Rotation {
	overlap := int(defaultOverlap.Seconds())
	return client.Rotation{OverlapSeconds: &overlap}
}

func exampleFeed() client.FeedPage {
	return client.FeedPage{Events: []client.FeedEvent{{Cursor: "2f", Event: exampleOwnEvent()}}, Next: "2f"}
}

func exampleTest() client.TestResult {
	return client.TestResult{EventID: exampleEventID, DeliveryID: exampleDelivery, Delivered: true, StatusCode: 204, DurationMS: 87}
}

func exampleDeliveryIn(state taskhook.DeliveryState) client.Delivery {
	d := client.Delivery{ID: exampleDelivery, EventID: exampleEventID, EventType: taskhook.EventTaskCompleted, Subject: exampleTask,
		WebhookID: exampleWebhook, URL: "https://example.com/hooks/tasks", State: string(state), Attempts: 1, CreatedAt: exampleTime(41 * time.Second)}
	if state == taskhook.DeliveryPending {
		d.LastError, d.LastClass, d.NextAttemptAt = "the receiver answered 503", string(taskhook.ClassStatus), exampleTime(101*time.Second)
	} else {
		d.FinishedAt = exampleTime(42 * time.Second)
	}
	return d
}

func exampleReplay() client.Delivery {
	d := exampleDeliveryIn(taskhook.DeliveryPending)
	d.ID, d.ReplayOf, d.Attempts, d.LastError, d.LastClass = "dlv_6q9y2b", exampleDelivery, 0, "", ""
	return d
}

func exampleAttempt() client.Attempt {
	return client.Attempt{Number: 1, StartedAt: exampleTime(41 * time.Second), DurationMS: 212, StatusCode: 503, Class: string(taskhook.ClassStatus),
		Error: "the receiver answered 503", Response: "try later"}
}

func exampleEvent() client.NewEvent {
	return client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{"order":17,"total":12.5}`)}
}

func examplePublished() client.PublishedEvent {
	return client.PublishedEvent{ID: exampleEventID, Type: "order.paid", CreatedAt: exampleTime(0)}
}

func exampleModel() client.Model {
	return client.Model{ID: "viduq3-turbo", Provider: "vidu", Capability: "text-to-video", Type: string(taskhook.MediumVideo), Available: true,
		EstimatedSeconds: 30, Cost: "0.32", InputSchema: json.RawMessage(`{"type":"object","required":["prompt"],"properties":{"prompt":{"type":"string"}}}`)}
}

// exampleOutcome is a real webhook body.
func exampleOutcome(state taskhook.TaskState) json.RawMessage {
	o := taskhook.Outcome{EventID: exampleEventID, EventType: taskhook.EventTaskCompleted, CreatedAt: exampleTime(41 * time.Second),
		Task: taskhook.Task{ID: exampleTask, Medium: taskhook.MediumVideo, State: state, Provider: "vidu", Model: "viduq3-turbo",
			CreatedAt: exampleTime(0), FinishedAt: exampleTime(41 * time.Second), Metadata: json.RawMessage(`{"order":"17"}`)}}
	if state == taskhook.TaskFailed {
		o.EventType = taskhook.EventTaskFailed
		o.Task.Error = &taskhook.TaskError{Code: taskhook.TaskErrorProvider, Message: "the provider refused the prompt"}
		return EventBody(o)
	}
	o.Task.Results = []taskhook.Artifact{{Format: "mp4", Size: 1048576, Duration: 4 * time.Second}}
	o.Links = []string{"https://example.com/results/art_4b7r2s.mp4?signature=…"}
	return EventBody(o)
}

func exampleOwnEvent() json.RawMessage {
	return GenericBody(exampleEventID, "order.paid", exampleTime(0), json.RawMessage(`{"order":17,"total":12.5}`))
}
