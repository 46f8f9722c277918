package modelhunter

import (
	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

func deliveryTypes(r *openapi.Reflector) {
	r.Answer(client.Delivery{}, openapi.Fields{
		"":                {Description: "One event that is owed to one URL."},
		"id":              {Description: "The id of the delivery.", Pattern: idSchema(taskhook.PrefixDelivery).Pattern},
		"event_id":        {Description: "The event; the webhook id that the receiver sees.", Pattern: idSchema(taskhook.PrefixEvent).Pattern},
		"event_type":      {Description: "The type of the event."},
		"subject":         {Description: "What the event is about: the id of a task."},
		"webhook_id":      {Description: "The webhook that it goes to; absent when the URL was given with the task."},
		"url":             {Description: "Where it goes."},
		"state":           {Description: "`pending` until it ends.", Enum: openapi.Enum(taskhook.DeliveryStates()...)},
		"held":            {Description: "Pending, but the webhook is paused or disabled."},
		"attempts":        {Description: "How many attempts were made so far.", Minimum: "0"},
		"last_error":      {Description: "What went wrong last, in a sentence."},
		"last_class":      {Description: "What the last attempt met, if it failed.", Enum: openapi.Enum(taskhook.Failures()...)},
		"test":            {Description: "True for a test event."},
		"replay_of":       {Description: "The delivery that this one repeats."},
		"replay_id":       {Description: "The replay that has made it."},
		"next_attempt_at": {Description: "When the next attempt is due. Absent when it is held or has ended."},
		"created_at":      {Description: "When it came to be owed."},
		"finished_at":     {Description: "When it ended."},
	})
	r.Answer(client.Attempt{}, openapi.Fields{
		"":                    {Description: "One HTTP try of a delivery."},
		"number":              {Description: "Counted from 1.", Minimum: "1"},
		"started_at":          {Description: "When it began."},
		"duration_ms":         {Description: "How long it took, in milliseconds.", Minimum: "0"},
		"delivered":           {Description: "Whether the receiver accepted it."},
		"status_code":         {Description: "The status that the receiver answered with; 0 when no answer came."},
		"class":               {Description: "What the attempt met. Only `ok` is a success.", Enum: openapi.Enum(taskhook.Classes()...)},
		"error":               {Description: "What went wrong, in a sentence."},
		"response":            {Description: "The beginning of the receiver's answer, at most 4 KB."},
		"retry_after_seconds": {Description: "How long the receiver asked to wait; 0 when it did not.", Minimum: "0"},
	})
}

func media() []any { return openapi.Enum(taskhook.Media()...) }
