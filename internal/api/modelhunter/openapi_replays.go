package modelhunter

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

const exampleReplayID = "rpl_4t6y8p"

func replayNotes() map[string]operationNote {
	pause := operationNote{id: "pauseReplay", tag: tagDeliveries, failures: []failure{conflict}, answer: exampleReplayIn(taskhook.ReplayPaused),
		text: "Nothing more is made until it is resumed; what was made is sent. One that has ended is a conflict."}
	resume, cancel := pause, pause
	resume.id, resume.answer, resume.text = "resumeReplay", exampleReplayIn(taskhook.ReplayRunning), "It goes on where it was. One that has ended is a conflict."
	cancel.id, cancel.answer, cancel.text = "cancelReplay", exampleReplayIn(taskhook.ReplayCancelled), "Nothing more is made; what was made is still sent. One that is completed is a conflict."
	return map[string]operationNote{
		"POST /api/v1/replays/preview": {id: "previewReplay", tag: tagDeliveries, request: exampleNewReplay(), answer: examplePreview(), failures: []failure{notFound},
			text: "Takes what `POST /api/v1/replays` takes, and changes nothing."},
		"POST /api/v1/replays": {id: "startReplay", tag: tagDeliveries, request: exampleNewReplay(), answer: exampleReplayIn(taskhook.ReplayRunning),
			parameters: []openapi.Parameter{idempotencyParameter()}, failures: []failure{notFound, conflict},
			text: "Makes new deliveries, at a limited rate, of the events of the deliveries in `deliveryIds`, of all that match the filter, or, with `since`, of all that a webhook has not got since then. " +
				"They have the same ids and bytes. What is pending is passed by; an event goes to the same receiver once; what is made after the request is never part of it. " +
				"The answer means that the replay is on disk and goes on by itself, over restarts. An account may have 20 that have not ended."},
		"GET /api/v1/replays": {id: "listReplays", tag: tagDeliveries, paged: true, cursor: exampleReplayID, answer: []client.Replay{exampleReplayIn(taskhook.ReplayCompleted)},
			parameters: append([]openapi.Parameter{inQuery("state", "Only those in this state.", &openapi.Schema{Type: "string", Enum: openapi.Enum(taskhook.ReplayStates()...)})},
				pageParameters(defaultLimit, taskhook.PrefixReplay)...)},
		"GET /api/v1/replays/{replay_id}": {id: "getReplay", tag: tagDeliveries, answer: exampleReplayIn(taskhook.ReplayCompleted),
			text: "`deliveries` says what became of what it has made. `GET /api/v1/deliveries?replayId=…` lists that."},
		"PATCH /api/v1/replays/{replay_id}": {id: "changeReplay", tag: tagDeliveries, failures: []failure{conflict}, request: exampleReplayChange(),
			answer: exampleReplayIn(taskhook.ReplayRunning), text: "Only the fields that are given are changed. One that has ended is a conflict."},
		"POST /api/v1/replays/{replay_id}/pause":  pause,
		"POST /api/v1/replays/{replay_id}/resume": resume,
		"POST /api/v1/replays/{replay_id}/cancel": cancel,
	}
}

func replayTypes(r *openapi.Reflector) {
	most := json.Number(strconv.Itoa(taskhook.MaxReplayRate))
	rate := openapi.Schema{Description: "How many deliveries are made in a second; 50 if absent.", Minimum: "1", Maximum: most}
	r.Request(client.NewReplay{}, openapi.Fields{
		"": {Description: "What to send again: `deliveryIds`, a filter, or `webhookId` with `since`."},
		"deliveryIds": {Description: "These, and nothing else is given but `toWebhookId` and `ratePerSecond`.", MinItems: count(1), MaxItems: count(taskhook.MaxReplayed),
			Items: idSchema(taskhook.PrefixDelivery)},
		"webhookId":     {Description: "Deliveries to this webhook.", Pattern: optional(taskhook.PrefixEndpoint)},
		"eventId":       {Description: "Deliveries of this event.", Pattern: optional(taskhook.PrefixEvent)},
		"taskId":        {Description: "Deliveries of this task's outcome.", Pattern: optional(taskhook.PrefixTask)},
		"eventType":     {Description: "Deliveries of events of this type.", Pattern: plainText},
		"state":         {Description: "Deliveries that have ended so.", Enum: openapi.Enum("", taskhook.DeliveryDelivered, taskhook.DeliveryFailed, taskhook.DeliveryCancelled)},
		"lastClass":     {Description: "Deliveries whose last attempt failed in this way, or in `any`.", Enum: append(openapi.Enum(append(taskhook.Failures(), anyFailure)...), "")},
		"startDate":     {Description: "Deliveries made at this time or later."},
		"endDate":       {Description: "Deliveries, or with `since` events, made before this time."},
		"since":         {Description: "Recovers `webhookId`: all events from then on that it should have got, and has not. Besides, only `eventType`, `endDate` and `missing` may be given."},
		"missing":       {Description: "With `since`: also events of the types that the webhook wants now, which it was never owed."},
		"toWebhookId":   {Description: "Send all to this webhook, signed with its secret; absent: each to where it went.", Pattern: optional(taskhook.PrefixEndpoint)},
		"ratePerSecond": rate,
	})
	r.Request(client.ReplayChange{}, openapi.Fields{"": {Description: "What to change."}, "ratePerSecond": rate})
	r.Answer(client.Replay{}, openapi.Fields{
		"":                {Description: "A job that sends deliveries again."},
		"id":              {Description: "The id of the replay.", Pattern: idSchema(taskhook.PrefixReplay).Pattern},
		"state":           {Description: "`completed` when all is made; `deliveries` says what has arrived.", Enum: openapi.Enum(taskhook.ReplayStates()...)},
		"reason":          {Description: "Why the server has cancelled it."},
		"selection":       {Description: "What was asked for."},
		"rate_per_second": {Description: "How many deliveries are made in a second.", Minimum: "1"},
		"found":           {Description: "How many deliveries were found at its start, to be made or passed by.", Minimum: "0", Maximum: "10000"},
		"found_more":      {Description: "Whether there may be more than `found`."},
		"percent":         {Description: "How much is done; absent when that is not known.", Minimum: "0", Maximum: "100"},
		"created":         {Description: "How many deliveries were made.", Minimum: "0"},
		"skipped":         {Description: "How many were passed by: they are owed already, or to a webhook that is deleted.", Minimum: "0"},
		"deliveries":      {Description: "What became of what was made, of the first 10,000. Only where one replay is read."},
		"created_at":      {Description: "When it was asked for."},
		"finished_at":     {Description: "When it ended."},
	})
	r.Answer(client.ReplayOutcome{}, openapi.Fields{
		"":          {Description: "What became of the deliveries of a replay."},
		"pending":   {Description: "How many are owed.", Minimum: "0"},
		"delivered": {Description: "How many have arrived.", Minimum: "0"},
		"failed":    {Description: "How many were given up.", Minimum: "0"},
		"cancelled": {Description: "How many were cancelled.", Minimum: "0"},
	})
	r.Answer(client.ReplayPreview{}, openapi.Fields{
		"":                  {Description: "What a replay would do."},
		"count":             {Description: "How many deliveries it would make.", Minimum: "0", Maximum: "10000"},
		"more":              {Description: "Whether there may be more: the count ends at 10,000, and the search after 20,000 entries."},
		"skipped":           {Description: "How many it would pass by: they are owed already, or to a webhook that is deleted.", Minimum: "0"},
		"purged_files":      {Description: "How many are about results whose files are no longer kept.", Minimum: "0"},
		"estimated_seconds": {Description: "How long that would take at the rate, at least.", Minimum: "0"},
		"warnings":          {Description: "What may not be wanted, in sentences."},
		"sample":            {Description: "The first ten."},
	})
	r.Answer(client.ReplayItem{}, openapi.Fields{
		"":            {Description: "Something that a replay would send."},
		"delivery_id": {Description: "The delivery that is repeated; absent when the event was never owed to the webhook."},
		"event_id":    {Description: "The event; the webhook id that the receiver sees."},
		"event_type":  {Description: "The type of the event."},
		"subject":     {Description: "What the event is about."},
		"state":       {Description: "How the delivery has ended."},
		"url":         {Description: "Where the delivery went."},
		"last_error":  {Description: "What went wrong last, in a sentence."},
		"created_at":  {Description: "When the delivery, or without one the event, was made."},
	})
}

// optional is the pattern of an id that may be empty.
func optional(prefix string) string { return "^(" + prefix + "[0-9a-z]{1,64})?$" }

func exampleNewReplay() client.NewReplay {
	return client.NewReplay{WebhookID: exampleWebhook, Since: exampleTime(-time.Hour), RatePerSecond: taskhook.DefaultReplayRate}
}

func exampleReplayChange() client.ReplayChange {
	rate := 200
	return client.ReplayChange{RatePerSecond: &rate}
}

func exampleReplayIn(state taskhook.ReplayState) client.Replay {
	percent := 60
	r := client.Replay{ID: exampleReplayID, State: string(state), Selection: exampleNewReplay(), RatePerSecond: taskhook.DefaultReplayRate, Found: 500, Percent: &percent,
		Created: 300, Deliveries: &client.ReplayOutcome{Pending: 4, Delivered: 296}, CreatedAt: exampleTime(time.Hour)}
	r.Selection.RatePerSecond = 0
	if state == taskhook.ReplayCompleted {
		*r.Percent, r.Created, r.Deliveries, r.FinishedAt = 100, 500, &client.ReplayOutcome{Delivered: 500}, exampleTime(time.Hour+10*time.Second)
	}
	return r
}

func examplePreview() client.ReplayPreview {
	return client.ReplayPreview{Count: 500, EstimatedSeconds: 10, Warnings: []string{}, Sample: []client.ReplayItem{{DeliveryID: exampleDelivery, EventID: exampleEventID,
		EventType: taskhook.EventTaskCompleted, Subject: exampleTask, State: string(taskhook.DeliveryFailed), URL: "https://example.com/hooks/tasks",
		LastError: "the receiver answered 503", CreatedAt: exampleTime(41 * time.Second)}}}
}
