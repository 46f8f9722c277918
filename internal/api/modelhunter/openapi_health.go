package modelhunter

import (
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

func healthTypes(r *openapi.Reflector) {
	r.Answer(client.WebhookHealth{}, openapi.Fields{
		"":                     {Description: "How a webhook fares. Test events count like others."},
		"webhook_id":           {Description: "The id of the webhook.", Pattern: idSchema(taskhook.PrefixEndpoint).Pattern},
		"state":                {Description: "Only an active one is sent to.", Enum: hookStates()},
		"reason":               {Description: "Why it is not active."},
		"last_success_at":      {Description: "When an attempt last succeeded; absent if none has."},
		"consecutive_failures": {Description: "How many attempts have failed since one succeeded.", Minimum: "0"},
		"pending":              {Description: "How many deliveries it is owed, counted to 10,000. They are held while it is not active.", Minimum: "0", Maximum: "10000"},
		"oldest_due_at":        {Description: "When the first of them is due."},
		"rests_until":          {Description: "Present while the webhook is left alone, since it fails or has asked for it: when the next attempt may be made."},
		"breaker_trips":        {Description: "Above 0 while the webhook counts as down: what is owed waits, and after each rest one delivery is tried.", Minimum: "0"},
		"last_failure":         {Description: "The last attempt that failed; absent if none has."},
		"last_hour":            {Description: "The last 60 minutes."},
		"last_day":             {Description: "The last 24 hours."},
		"hours":                {Description: "The last 24 hours, oldest first; the last one ends with the present minute. Absent in the webhook itself."},
	})
	r.Answer(client.WebhookFailure{}, openapi.Fields{
		"":            {Description: "The last attempt that failed."},
		"at":          {Description: "When it ended."},
		"class":       {Description: "What it met.", Enum: openapi.Enum(taskhook.Failures()...)},
		"status_code": {Description: "The status that the receiver answered with; 0 when no answer came."},
		"error":       {Description: "What went wrong, in a sentence."},
		"hint":        {Description: "What to do about it."},
	})
	r.Answer(client.Traffic{}, openapi.Fields{
		"":             {Description: "Attempts of a span of time, and the deliveries that they ended."},
		"succeeded":    {Description: "Attempts that succeeded.", Minimum: "0"},
		"failed":       {Description: "Attempts that failed.", Minimum: "0"},
		"success_rate": {Description: "The part of the attempts that succeeded; absent when there was none.", Minimum: "0", Maximum: "1"},
		"failures":     {Description: "The attempts that failed, by what they met."},
		"delivered":    {Description: "Deliveries that arrived.", Minimum: "0"},
		"given_up":     {Description: "Deliveries that ended as failed.", Minimum: "0"},
	})
	r.Answer(client.TrafficHour{}, openapi.Fields{
		"":          {Description: "The attempts of 60 minutes."},
		"start":     {Description: "When they begin."},
		"succeeded": {Description: "Attempts that succeeded.", Minimum: "0"},
		"failed":    {Description: "Attempts that failed.", Minimum: "0"},
	})
}

func exampleReadHook() client.Webhook {
	w, h := exampleHook(), exampleHealth()
	h.Hours = nil
	w.Health = &h
	return w
}

func exampleHealth() client.WebhookHealth {
	good, half := 0.98, 0.5
	return client.WebhookHealth{WebhookID: exampleWebhook, State: string(taskhook.EndpointActive), LastSuccessAt: exampleTime(41 * time.Second),
		LastFailure: &client.WebhookFailure{At: exampleTime(101 * time.Second), Class: string(taskhook.ClassStatus), StatusCode: 503,
			Error: "the receiver answered 503", Hint: (&taskhook.Failure{Class: taskhook.ClassStatus, Status: 503}).Hint()},
		ConsecutiveFailures: 1, Pending: 1, OldestDueAt: exampleTime(161 * time.Second),
		LastHour: client.Traffic{Succeeded: 1, Failed: 1, SuccessRate: &half, Failures: map[string]int{"status": 1}, Delivered: 1},
		LastDay:  client.Traffic{Succeeded: 49, Failed: 1, SuccessRate: &good, Failures: map[string]int{"status": 1}, Delivered: 49},
		Hours:    []client.TrafficHour{{Start: exampleTime(-time.Hour), Succeeded: 48}, {Start: exampleTime(0), Succeeded: 1, Failed: 1}}}
}
