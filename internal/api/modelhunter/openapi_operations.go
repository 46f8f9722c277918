package modelhunter

import (
	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

// operationNote is what the document says of a route besides what the route table
// does.
type operationNote struct {
	id         string
	tag        string
	text       string
	alias      string // id of the operation that this is another path of
	deprecated bool
	parameters []openapi.Parameter // besides those of the path
	failures   []failure           // besides the usual ones

	request      any // an example of the body
	orRequest    any // value of another type that the body may have
	optionalBody bool

	answer   any // an example of the data
	orAnswer any // value of another type that the data may have
	header   map[string]openapi.Header
	paged    bool
	cursor   string // an example of one
}

// operationNotes returns the notes of all routes by method and pattern.
func operationNotes() map[string]operationNote {
	notes := map[string]operationNote{}
	for _, list := range []map[string]operationNote{taskNotes(), batchNotes(), webhookNotes(), deliveryNotes(), replayNotes(), fileNotes(), keyNotes(), moneyNotes(), workflowNotes(), otherNotes()} {
		for route, n := range list {
			notes[route] = n
		}
	}
	return notes
}

func taskNotes() map[string]operationNote {
	submit := operationNote{id: "submitTask", tag: tagTasks, parameters: []openapi.Parameter{idempotencyParameter()},
		text: "The answer means that the task is on disk and will come to an end. If the answer is lost, send the same request again with the same `Idempotency-Key`. " +
			"`input` is what the model takes; see Inputs. With a test key the results are made up.",
		failures: []failure{modelNotFound, conflict, paymentRequired},
		request:  exampleSubmission(), answer: exampleAccepted("text-to-video", ""),
		header: header("Idempotent-Replayed", "`true` when the key stood for this task already.", &openapi.Schema{Const: "true"})}
	older := submit
	older.id, older.alias, older.deprecated = "submitTaskOlderPath", submit.id, true
	older.text = "The path of older documents; the same as under `/api/v1`."

	cancel := operationNote{id: "cancelTask", tag: tagTasks, failures: []failure{conflict}, answer: exampleTaskIn(taskhook.TaskCancelled),
		text: "What runs for it is stopped where that is possible. A cancelled task has no event. A finished one is a conflict."}
	deleted := cancel
	deleted.id, deleted.alias, deleted.text = "deleteTask", cancel.id, "The same as `POST /api/v1/tasks/{id}/cancel`; the task stays readable."

	return map[string]operationNote{
		"POST /api/v1/{provider}/{capability}": submit,
		"POST /v1/{provider}/{capability}":     older,
		"GET /api/v1/tasks": {id: "listTasks", tag: tagTasks, paged: true, cursor: exampleTask,
			answer:     []client.Task{exampleTaskIn(taskhook.TaskSucceeded)},
			parameters: append(taskFilters(), pageParameters(defaultLimit, taskhook.PrefixTask)...)},
		"GET /api/v1/tasks/{id}": {id: "getTask", tag: tagTasks, answer: exampleTaskIn(taskhook.TaskSucceeded),
			text: "A task that failed is still an answer with status 200: the failure is in `data`. The links of its results are made anew for every answer and are good for 15 minutes."},
		"POST /api/v1/tasks/{id}/cancel": cancel,
		"DELETE /api/v1/tasks/{id}":      deleted,
		"POST /api/v1/tasks/{id}/retry": {id: "retryTask", tag: tagTasks, optionalBody: true, request: client.Retry{}, failures: []failure{conflict, retryNotFound, badRequest, paymentRequired},
			answer: exampleAccepted("video", exampleTask),
			text: "Makes a new task with the same model, input, metadata and webhook; the old one stays as it is. Any but a failed or expired task is a conflict. " +
				"A task that failed with `SUBMISSION_UNKNOWN` may have been taken on by its provider: find it there and give its `handle`, and the new task waits for it instead of paying again."},
		"GET /api/v1/tasks/{id}/posters": {id: "listTaskPosters", tag: tagTasks,
			answer: []client.Poster{{URL: "https://example.com/results/" + exampleTask + "-poster.jpg?expires=1772358341&signature=…", Format: "jpg", SizeBytes: 40960}},
			text:   "A still picture of each video among the results. They are made after the task has ended, where the server can: until then, and of what is no video, there is none."},
		"GET /api/v1/tasks/{id}/deliveries": {id: "listTaskDeliveries", tag: tagTasks, paged: true, cursor: exampleDelivery,
			answer:     []client.Delivery{exampleDeliveryIn(taskhook.DeliveryDelivered)},
			parameters: deliveryParameters()},
	}
}

func webhookNotes() map[string]operationNote {
	change := operationNote{id: "updateWebhook", tag: tagWebhooks, request: exampleChange(), answer: exampleHook(),
		text: "Only the fields that are given are changed. Making it active again sends what was held."}
	put := change
	put.id, put.alias, put.text = "putWebhook", change.id, "The same as `PATCH`: what is not given stays as it is."
	return map[string]operationNote{
		"POST /api/v1/webhooks": {id: "createWebhook", tag: tagWebhooks, request: exampleNewHook(), answer: exampleFreshHook(),
			text: "The answer shows the `secret`, this once. Keep it: what is sent to the webhook is signed with it."},
		"GET /api/v1/webhooks": {id: "listWebhooks", tag: tagWebhooks, paged: true, cursor: exampleWebhook, answer: []client.Webhook{exampleHook()},
			parameters: append([]openapi.Parameter{inQuery("state", "Only those in this state.", &openapi.Schema{Type: "string", Enum: hookStates()})},
				pageParameters(defaultWebhooksLimit, taskhook.PrefixEndpoint)...)},
		"GET /api/v1/webhooks/{id}":   {id: "getWebhook", tag: tagWebhooks, answer: exampleReadHook(), text: "`health` says how it fares."},
		"PATCH /api/v1/webhooks/{id}": change,
		"PUT /api/v1/webhooks/{id}":   put,
		"DELETE /api/v1/webhooks/{id}": {id: "deleteWebhook", tag: tagWebhooks, answer: client.Deleted{ID: exampleWebhook, Deleted: true},
			text: "What is still owed to it is cancelled."},
		"GET /api/v1/webhooks/{id}/health": {id: "getWebhookHealth", tag: tagWebhooks, answer: exampleHealth(),
			text: "What its last attempts met, how many succeeded and failed, and what it is still owed. Attempts are counted by the minute in which they ended."},
		"POST /api/v1/webhooks/{id}/test": {id: "testWebhook", tag: tagWebhooks, failures: []failure{conflict}, answer: exampleTest(),
			text: "Sends a made-up event of the first type that the webhook wants, once, and waits for what becomes of it, at most 35 seconds. That the receiver refuses is an answer, not an error. A webhook that is not active is a conflict."},
		"POST /api/v1/webhooks/{id}/drop": {id: "dropHeldDeliveries", tag: tagWebhooks, failures: []failure{conflict},
			answer: client.Dropped{WebhookID: exampleWebhook, Dropped: 12},
			text:   "Cancels all deliveries that are held for a webhook which is paused or disabled. An active one is a conflict. A long backlog takes a while; what a request that was cut short has dropped stays so, and it can be repeated."},
		"POST /api/v1/webhooks/{id}/rotate-secret": {id: "rotateWebhookSecret", tag: tagWebhooks, optionalBody: true, failures: []failure{conflict},
			request: exampleRotation(), answer: exampleRotated(),
			text: "The answer shows the new secret, this once. `webhook-signature` carries both at once; `X-Webhook-Signature`, which has room for one, stays with the old secret until `secret_promoted_at`. So give the new secret to the receiver in the meantime."},
		"GET /api/v1/webhooks/{id}/deliveries": {id: "listWebhookDeliveries", tag: tagWebhooks, paged: true, cursor: exampleDelivery,
			answer: []client.Delivery{exampleDeliveryIn(taskhook.DeliveryDelivered)}, parameters: deliveryParameters()},
		"POST /api/v1/webhooks/{id}/deliveries/{delivery_id}/replay": {id: "replayWebhookDelivery", alias: "replayDelivery", tag: tagWebhooks, failures: []failure{conflict},
			answer: exampleReplay(), text: "The same as `POST /api/v1/deliveries/{delivery_id}/replay`."},
	}
}

func deliveryNotes() map[string]operationNote {
	return map[string]operationNote{
		"GET /api/v1/deliveries": {id: "listDeliveries", tag: tagDeliveries, paged: true, cursor: exampleDelivery,
			answer: []client.Delivery{exampleDeliveryIn(taskhook.DeliveryDelivered)}, parameters: append(deliveryFilters(), deliveryParameters()...)},
		"GET /api/v1/deliveries/{delivery_id}": {id: "getDelivery", tag: tagDeliveries, answer: exampleDeliveryIn(taskhook.DeliveryPending)},
		"GET /api/v1/deliveries/{delivery_id}/attempts": {id: "listAttempts", tag: tagDeliveries, answer: []client.Attempt{exampleAttempt()},
			text: "In the order in which they were made, all at once."},
		"POST /api/v1/deliveries/{delivery_id}/replay": {id: "replayDelivery", tag: tagDeliveries, failures: []failure{conflict}, answer: exampleReplay(),
			text: "Makes a new delivery of the same event, with the same id and bytes, and sends it now. A delivery that has not ended, or whose webhook was deleted, is a conflict."},
	}
}

func otherNotes() map[string]operationNote {
	return map[string]operationNote{
		"POST /api/v1/events": {id: "publishEvents", tag: tagEvents, orRequest: client.NewEvent{}, request: exampleEvent(),
			orAnswer: client.PublishedEvent{}, answer: examplePublished(),
			text: "One event, or up to 500 in `events`: all are accepted or none. The answer means that they are on disk and owed to every webhook that wants their type; it has the form of the request. " +
				"`data` is sent in the form in which JavaScript prints it."},
		"GET /api/v1/events": {id: "readFeed", tag: tagEvents, answer: exampleFeed(), failures: []failure{notFound, cursorExpired},
			text: "The events of your account, oldest first, in an order that never changes. Go on with `next`: whoever does sees every event once, over restarts too. `event` is the body that webhooks are sent, byte for byte.",
			parameters: []openapi.Parameter{
				inQuery("after", "Only what follows this cursor; `now`: only what is yet to come. Absent: from the oldest that are kept.", &openapi.Schema{Type: "string", Pattern: "^([0-9]{1,19}|now)?$"}),
				inQuery("types", "Only these types, separated by commas; `task.*` stands for all that begin so.", textSchema()),
				inQuery("wait", "How long to wait when there is nothing yet, such as `30s`; a minute at most.", &openapi.Schema{Type: "string", Pattern: "^([0-9]|[1-5][0-9]|60)s?$"}),
				inQuery("webhookId", "Send along the headers that an attempt to deliver to this webhook would carry now, its signatures among them. Without `types`, only what it wants.", idSchema(taskhook.PrefixEndpoint)),
				inQuery("limit", "How many events to return at most.", &openapi.Schema{Type: "integer", Minimum: "1", Maximum: "500", Default: defaultFeedLimit})}},
		"GET /api/v1/events/stream": {id: "followFeed", tag: tagEvents, failures: []failure{cursorExpired}, answer: "id: 2f\nevent: order.paid\ndata: " + string(exampleOwnEvent()) + "\n\n",
			text: "The feed as server-sent events: `id` is the cursor, `event` the type, `data` the body. A client that comes again with `Last-Event-ID`, as browsers do, goes on where it was.",
			parameters: []openapi.Parameter{
				{Name: "Last-Event-ID", In: "header", Description: "Only what follows this cursor.", Schema: &openapi.Schema{Type: "string", Pattern: "^([0-9a-z]{1,12})?$"}},
				inQuery("after", "The same, for who can't send a header; `now`: only what is yet to come.", &openapi.Schema{Type: "string", Pattern: "^([0-9]{1,19}|now)?$"}),
				inQuery("types", "Only these types, separated by commas.", textSchema())}},
		"GET /api/v1/models": {id: "listModels", tag: tagModels, answer: []client.Model{exampleModel()},
			text: "One entry for each model and capability, all at once.",
			parameters: []openapi.Parameter{
				inQuery("provider", "Only those of this provider.", textSchema()),
				inQuery("capability", "Only those with this capability.", textSchema())}},
	}
}
