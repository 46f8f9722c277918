package modelhunter

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

// The forms of webhook bodies, which EventBody and GenericBody write by hand.
type (
	// taskEvent is the body of task.completed and task.failed.
	taskEvent struct {
		ID        string        `json:"id"`
		Type      string        `json:"type"`
		CreatedAt time.Time     `json:"created_at"`
		Data      taskEventData `json:"data"`
	}

	// taskEventData is what the event of a task holds.
	taskEventData struct {
		Task eventTask `json:"task"`
	}

	// eventTask is a task as its event shows it.
	eventTask struct {
		ID          string            `json:"id"`
		Type        string            `json:"type"`
		Status      string            `json:"status"`
		Provider    string            `json:"provider"`
		Model       string            `json:"model"`
		Result      []eventResult     `json:"result,omitempty"`
		Error       *client.TaskError `json:"error,omitempty"`
		CreatedAt   time.Time         `json:"created_at"`
		CompletedAt time.Time         `json:"completed_at"`
		Metadata    json.RawMessage   `json:"metadata,omitempty"`
		Sandbox     bool              `json:"sandbox,omitempty"`
	}

	// eventResult is a file as an event shows it.
	eventResult client.Result

	// ownEvent is the body of an event that a client published.
	ownEvent struct {
		ID        string          `json:"id"`
		Type      string          `json:"type"`
		CreatedAt time.Time       `json:"created_at"`
		Data      json.RawMessage `json:"data"`
	}
)

// taskEvents are the types of event that are the server's own.
func taskEvents() []any { return openapi.Enum(taskhook.EventTaskCompleted, taskhook.EventTaskFailed) }

// ownType is the schema of the types of event that a client may publish.
func ownType() *openapi.Schema {
	return &openapi.Schema{Type: "string", MaxLength: count(100), Pattern: `^[a-z0-9_]+(\.[a-z0-9_]+)+$`,
		Not: &openapi.Schema{Pattern: `^(task|batch|workflow|endpoint)\.`}}
}

func eventTypes(r *openapi.Reflector) {
	own := *ownType()
	own.Description = "Words of lower-case letters, digits and `_` with full stops between them. `task.`, `batch.`, `workflow.` and `endpoint.` are the server's."
	r.Request(client.NewEvent{}, openapi.Fields{
		"": {Description: "An event to publish."}, "type": own,
		"data": {Type: "object", Description: "What receivers get as `data`."},
	})
	r.Request(client.EventBatch{}, openapi.Fields{
		"":       {Description: "Several events, accepted all or none."},
		"events": {Description: "The events, in their order.", MinItems: count(1), MaxItems: count(client.MaxEvents)},
	})
	r.Answer(client.PublishedEvent{}, openapi.Fields{
		"":           {Description: "An event that is on disk."},
		"id":         {Description: "The id of the event; the webhook id that receivers see.", Pattern: idSchema(taskhook.PrefixEvent).Pattern},
		"type":       {Description: "Its type."},
		"created_at": {Description: "When it was accepted."},
	})
	r.Answer(client.PublishedEvents{}, openapi.Fields{
		"": {Description: "The events of a batch."}, "events": {Description: "In the order of the request."},
	})
	bodyTypes(r)
}

func bodyTypes(r *openapi.Reflector) {
	id := openapi.Schema{Description: "The id of the event, the same on every attempt. Drop what you have seen.", Pattern: idSchema(taskhook.PrefixEvent).Pattern}
	r.Answer(taskEvent{}, openapi.Fields{
		"": {Description: "Tells of a task that ended."}, "id": id,
		"type":       {Description: "What happened.", Enum: taskEvents()},
		"created_at": {Description: "When it happened."},
		"data":       {Description: "What it happened to."},
	})
	r.Answer(taskEventData{}, openapi.Fields{"task": {Description: "The task as it ended."}})
	r.Answer(eventTask{}, openapi.Fields{
		"":             {Description: "A task that ended."},
		"id":           {Description: "The id of the task."},
		"type":         {Description: "What is made.", Enum: media()},
		"status":       {Description: "How it ended.", Enum: openapi.Enum(taskhook.TaskSucceeded, taskhook.TaskFailed)},
		"provider":     {Description: "Who ran it."},
		"model":        {Description: "The name of the model."},
		"result":       {Description: "The files that it made. Present in `task.completed`."},
		"error":        {Description: "Present in `task.failed`."},
		"created_at":   {Description: "When it was submitted."},
		"completed_at": {Description: "When it ended."},
		"metadata":     {Type: "object", Description: "As it was submitted, in the form in which JavaScript prints it."},
		"sandbox":      {Description: "True when the results are made up, and no model ran."},
	})
	r.Answer(eventResult{}, resultFields("Where the file is. This link does not expire as long as the file is kept."))
	r.Answer(ownEvent{}, openapi.Fields{
		"": {Description: "An event that you published."}, "id": id,
		"type":       {Description: "Its type."},
		"created_at": {Description: "When it was published."},
		"data":       {Type: "object", Description: "What was published, in the form in which JavaScript prints it."},
	})
	r.Answer(client.FeedPage{}, openapi.Fields{
		"":       {Description: "A piece of the feed."},
		"events": {Description: "What follows the cursor, oldest first."},
		"next":   {Description: "The cursor to go on with."},
		"more":   {Description: "Whether there may be more already."},
	})
	r.Answer(client.FeedEvent{}, openapi.Fields{
		"":        {Description: "An event and its place in the feed."},
		"cursor":  {Description: "Its place: what follows comes `after` it."},
		"event":   {Type: "object", Description: "The body that webhooks are sent."},
		"headers": {Description: "The headers of an attempt to deliver it to the webhook now. Present with `webhookId`."},
	})
	r.Answer(endpointEvent{}, openapi.Fields{
		"": {Description: "What happens to a webhook that fails."}, "id": id,
		"type":       {Description: "What happened.", Enum: openapi.Enum(taskhook.EventEndpointDisabling, taskhook.EventEndpointDisabled)},
		"created_at": {Description: "When it happened."},
		"data":       {Description: "The webhook."},
	})
	r.Answer(endpointEventData{}, openapi.Fields{
		"":              {Description: "A webhook that fails."},
		"webhook_id":    {Description: "Its id."},
		"url":           {Description: "Where its events are sent."},
		"reason":        {Description: "Why it is or will be disabled, a sentence."},
		"failing_since": {Description: "Since when it has accepted nothing."},
		"disables_at":   {Description: "When it will be disabled. Present in `endpoint.disabling`."},
		"disabled_at":   {Description: "When it was disabled. Present in `endpoint.disabled`."},
		"last_failure":  {Description: "What its last attempt met."},
	})
}

// addEvents describes what is sent to webhooks.
func (w *docWriter) addEvents() {
	w.addEvent(taskhook.EventTaskCompleted, "A task succeeded", "Its results can be fetched by their links.", taskEvent{}, exampleOutcome(taskhook.TaskSucceeded))
	w.addEvent(taskhook.EventTaskFailed, "A task failed", "It can be repeated by `POST /api/v1/tasks/{id}/retry`.", taskEvent{}, exampleOutcome(taskhook.TaskFailed))
	const passes = "Sent to webhooks that name the type, and to no others. A newer one takes the place of one that was not sent yet; after the end of the task none is sent."
	w.addEvent(taskhook.EventTaskStarted, "A task started", passes, progressEvent{}, exampleProgress(taskhook.EventTaskStarted, 0, 1))
	w.addEvent(taskhook.EventTaskProgress, "A task has come further", "At most twice a second. "+passes, progressEvent{}, exampleProgress(taskhook.EventTaskProgress, 40, 4))
	w.addEvent(taskhook.EventBatchCompleted, "All tasks of a batch have ended", "One that was cancelled has no event.", batchEvent{}, exampleBatchEvent())
	w.addEvent(taskhook.EventWorkflowCompleted, "An execution of a workflow completed", "What it has made can be fetched by the links in `output_data`.",
		workflowEvent{}, exampleWorkflowOutcome(taskhook.ExecutionCompleted))
	w.addEvent(taskhook.EventWorkflowFailed, "An execution of a workflow failed", "One that was cancelled has no event.",
		workflowEvent{}, exampleWorkflowOutcome(taskhook.ExecutionFailed))
	w.addEvent(taskhook.EventEndpointDisabling, "A webhook will be disabled", "Sent to the other webhooks of the account.", endpointEvent{}, exampleNotice(taskhook.EventEndpointDisabling))
	w.addEvent(taskhook.EventEndpointDisabled, "A webhook was disabled", "Sent to the other webhooks of the account. What it is owed is held.", endpointEvent{}, exampleNotice(taskhook.EventEndpointDisabled))
	w.addEvent("order.paid", "An event of your own", "An example: the type and `data` are those that were published by `POST /api/v1/events`.", ownEvent{}, exampleOwnEvent())
}

func (w *docWriter) addEvent(eventType, summary, text string, body any, example json.RawMessage) {
	w.doc.AddWebhook(&openapi.Operation{Method: http.MethodPost, Path: eventType, ID: "on " + eventType, Summary: summary, Description: text,
		Parameters:  eventHeaders(),
		RequestBody: &openapi.RequestBody{Required: true, Content: openapi.JSON(w.types.Schema(body), example)},
		Security:    &[]map[string][]string{},
		Responses: map[string]*openapi.Response{
			"2XX": {Description: "Accepted. Answer within 30 seconds, and do the work afterwards."},
			"410": {Description: "Not wanted any more: this delivery is not tried again."},
			"default": {Description: "Anything else, a redirect too, is a failure. A registered webhook is tried again by its schedule, and `Retry-After` is heeded up to an hour; " +
				"a URL given with a task is tried once, unless the operator allows more."},
		}})
}

func eventHeaders() []openapi.Parameter {
	text := &openapi.Schema{Type: "string"}
	seconds := &openapi.Schema{Type: "string", Pattern: "^[0-9]+$"}
	list := []openapi.Parameter{
		{Name: "webhook-id", Required: true, Schema: idSchema(taskhook.PrefixEvent), Description: "The id of the event, the same on every attempt."},
		{Name: "webhook-timestamp", Required: true, Schema: seconds, Description: "When this attempt was made, in Unix seconds. Refuse what is more than five minutes old."},
		{Name: "webhook-signature", Required: true, Schema: text, Description: "The form of Standard Webhooks. To a registered webhook: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, keyed with the bytes that the secret is the base64 of; two of them, with a space between, while the secret is changed. " +
			"To a URL given with a task: `v1a,` and the base64 Ed25519 signature of the same text, to be verified with a key of `/.well-known/jwks.json`."},
		{Name: "X-Webhook-ID", Required: true, Schema: idSchema(taskhook.PrefixEvent), Description: "The same as `webhook-id`."},
		{Name: "X-Webhook-Timestamp", Required: true, Schema: seconds, Description: "The same as `webhook-timestamp`."},
		{Name: "X-Webhook-Signature", Schema: &openapi.Schema{Type: "string", Pattern: "^sha256=[0-9a-f]{64}$"}, Description: "To registered webhooks only: `sha256=` and the hex HMAC-SHA256 of `timestamp.body`, keyed with the text of the secret."},
		{Name: "X-Webhook-Event", Schema: text, Description: "To URLs given with a task only: the type of the event."},
		{Name: "X-Job-ID", Schema: idSchema(taskhook.PrefixTask), Description: "To URLs given with a task only: the id of the task."},
	}
	for i := range list {
		list[i].In = "header"
	}
	return list
}
