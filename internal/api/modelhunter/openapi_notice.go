package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

type (
	// endpointEvent is the body of endpoint.disabling and endpoint.disabled.
	endpointEvent struct {
		ID        string            `json:"id"`
		Type      string            `json:"type"`
		CreatedAt time.Time         `json:"created_at"`
		Data      endpointEventData `json:"data"`
	}

	endpointEventData struct {
		WebhookID    string                `json:"webhook_id"`
		URL          string                `json:"url"`
		Reason       string                `json:"reason"`
		FailingSince time.Time             `json:"failing_since"`
		DisablesAt   time.Time             `json:"disables_at,omitzero"`
		DisabledAt   time.Time             `json:"disabled_at,omitzero"`
		LastFailure  client.WebhookFailure `json:"last_failure"`
	}
)

func exampleNotice(eventType string) json.RawMessage {
	since := exampleTime(0)
	n := &taskhook.EndpointNotice{EventID: exampleEventID, EventType: eventType, At: since.Add(96 * time.Hour), DisablesAt: since.Add(120 * time.Hour),
		FailingEndpoint: taskhook.FailingEndpoint{Since: since, ID: exampleWebhook, URL: "https://example.com/hooks/tasks",
			Last: taskhook.Failure{At: since.Add(96 * time.Hour), Class: taskhook.ClassStatus, Status: 500, Error: "The receiver answered 500."}}}
	return NoticeBody(n)
}
