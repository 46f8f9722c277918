package modelhunter

import (
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

// wireTypes makes known to the document what the fields of the wire types mean.
func wireTypes(doc *openapi.Document) *openapi.Reflector {
	r := openapi.NewReflector(doc)
	taskTypes(r)
	webhookTypes(r)
	healthTypes(r)
	deliveryTypes(r)
	replayTypes(r)
	eventTypes(r)
	fileTypes(r)
	keyTypes(r)
	moneyTypes(r)
	workflowTypes(r)
	workflowEventTypes(r)
	progressEventTypes(r)
	batchTypes(r)
	r.Answer(client.Pagination{}, openapi.Fields{
		"":        {Description: "What a list says of its rest."},
		"cursor":  {Description: "Asks for the next part; absent at the end."},
		"hasMore": {Description: "Whether there is a next part."},
		"total": {Description: "How many match in all, exact up to 10,000 and capped there. With filters that must be searched for, among the newest 20,000.",
			Minimum: "0", Maximum: "10000"},
		"searchedTo": {Description: "Present when the search ended here, after 20,000 entries: this part may have fewer than asked for, even none. `cursor` goes on from there."},
	})
	r.Answer(client.Error{}, openapi.Fields{
		"":        {Description: "Why a request failed."},
		"code":    {Description: "For programs."},
		"message": {Description: "For people: what is wrong, and what to do."},
		"details": {Description: "Present when one field is at fault."},
	})
	r.Answer(client.ErrorDetails{}, openapi.Fields{
		"field":  {Description: "The field at fault, such as `input.prompt`."},
		"reason": {Description: "What is wrong with it."},

		"oldestCursor": {Description: "Of an expired cursor of the feed: the oldest to go on from."},
	})
	r.Answer(client.Model{}, openapi.Fields{
		"":                  {Description: "A model with one of its capabilities."},
		"id":                {Description: "What a submission names; `*` stands for any name."},
		"provider":          {Description: "Who runs it; the first part of a submission's path."},
		"capability":        {Description: "What it does; the second part of a submission's path."},
		"type":              {Description: "What it makes.", Enum: media()},
		"available":         {Description: "Whether something is configured to run it. Test keys need nothing."},
		"estimated_seconds": {Description: "How long a task is expected to take.", Minimum: "0"},
		"cost":              amount("What a task costs, in USD; of a test key nothing."),
		"input_schema":      {Description: "The JSON Schema (2020-12) of `input`.", AnyOf: []*openapi.Schema{{Type: "object"}, {Type: "boolean"}}},
	})
	return r
}

func taskTypes(r *openapi.Reflector) {
	metadata := openapi.Schema{Type: "object", Description: "As it was submitted, in the form in which JavaScript prints it: " +
		"keys that are whole numbers first, `1.0` as `1`, whole numbers above 2^53 rounded."}
	r.Request(client.Submission{}, openapi.Fields{
		"":           {Description: "What to generate."},
		"model":      {Description: "The name of a model of the provider.", MinLength: count(1)},
		"input":      {Type: "object", Description: "What the model takes, by its schema. Fields that the schema does not name pass."},
		"webhookUrl": {Description: "A URL that is told of this task's outcome, besides the registered webhooks.", Format: "uri", MaxLength: count(2048)},
		"metadata":   {Type: "object", Description: "Anything of your own. It comes back with the task and in its webhooks."},
		"priority":   {Description: "Of tasks that wait for workers: higher goes first among those of one account.", Minimum: "-10", Maximum: "10"},
		"pin":        {Description: "A label that the worker must have which gets the task, such as `gpu=a100`, or `worker=NAME`. Only of models that workers fetch.", MaxLength: count(133)},
	})
	r.Request(client.Retry{}, openapi.Fields{
		"":       {Description: "How to repeat a task."},
		"handle": {Description: "By what name the provider knows work that it has already taken on: the new task waits for that, and asks for nothing.", MaxLength: count(maxHandle)},
	})
	r.Answer(client.AcceptedTask{}, openapi.Fields{
		"":                  {Description: "A task that was just made."},
		"id":                {Description: "The id of the task.", Pattern: idSchema(taskhook.PrefixTask).Pattern},
		"original_task_id":  {Description: "Of a retry: the task that it repeats."},
		"status":            {Description: "`pending`, or where the task stands by now when an `Idempotency-Key` stood for it.", Enum: taskWords()},
		"type":              {Description: "After a submission the capability; after a retry what is made, such as `video`."},
		"provider":          {Description: "Who runs it."},
		"model":             {Description: "The name of the model."},
		"created_at":        {Description: "When it was submitted."},
		"estimated_seconds": {Description: "How long it is expected to take.", Minimum: "0"},
		"metadata":          metadata,
	})
	r.Answer(client.Task{}, openapi.Fields{
		"":                 {Description: "A generation."},
		"id":               {Description: "The id of the task.", Pattern: idSchema(taskhook.PrefixTask).Pattern},
		"type":             {Description: "What is made.", Enum: media()},
		"status":           {Description: "`pending`: accepted; `queued`: handed to the provider; `expired`: succeeded, but its results were removed since.", Enum: taskWords()},
		"provider":         {Description: "Who runs it."},
		"model":            {Description: "The name of the model."},
		"capability":       {Description: "What was asked for."},
		"progress":         {Description: "In percent.", Minimum: "0", Maximum: "100"},
		"result":           {Description: "The files that it made. Present when it succeeded."},
		"error":            {Description: "Present when it failed."},
		"created_at":       {Description: "When it was submitted."},
		"started_at":       {Description: "When it began to run."},
		"completed_at":     {Description: "When it ended."},
		"original_task_id": {Description: "The task that this one repeats."},
		"batch_id":         {Description: "The batch that it was submitted with."},
		"metadata":         metadata,
		"sandbox":          {Description: "True when the results are made up, and no model ran."},
		"cost":             amount("What it cost, in USD. Present when it succeeded."),
		"adapter":          {Description: "Who runs the task, or has: `http:acme`. Absent until it begins."},
		"key_id":           {Description: "The key that submitted it, and pays; absent of tasks of older versions."},
		"priority":         {Description: "As it was submitted."},
		"pin":              {Description: "As it was submitted."},
		"worker":           {Description: "The worker that has it, or had it last."},
	})
	r.Answer(client.Result{}, resultFields("Where the file is, for 15 minutes; reading the task again gives a new link."))
	r.Answer(client.Poster{}, openapi.Fields{
		"":           {Description: "A still picture of a video that a task made."},
		"result":     {Description: "Which of the task's results it shows, from 0.", Minimum: "0"},
		"url":        {Description: "Where the picture is, for 15 minutes; asking again gives a new link.", Format: "uri"},
		"format":     {Description: "`jpg`."},
		"size_bytes": {Description: "How many bytes the file has.", Minimum: "0"},
	})
	r.Answer(client.TaskError{}, taskErrorFields())
}

func resultFields(url string) openapi.Fields {
	return openapi.Fields{
		"":           {Description: "A file that a task made."},
		"url":        {Description: url, Format: "uri"},
		"duration":   {Description: "Seconds, of audio and video.", Minimum: "0"},
		"format":     {Description: "Such as `mp4`, `png` or `mp3`."},
		"size_bytes": {Description: "How many bytes the file has.", Minimum: "0"},
	}
}

func taskErrorFields() openapi.Fields {
	return openapi.Fields{
		"":        {Description: "Why a task failed."},
		"code":    {Description: "For programs.", Enum: taskErrorWords()},
		"message": {Description: "For people."},
	}
}

func taskErrorWords() []any {
	return openapi.Enum(taskhook.TaskErrorProvider, taskhook.TaskErrorNoProvider, taskhook.TaskErrorTimeout,
		taskhook.TaskErrorInterrupted, taskhook.TaskErrorSubmissionUnknown, taskhook.TaskErrorNoWorker, taskhook.TaskErrorWorkerLost,
		taskhook.TaskErrorStepTimeout, taskhook.TaskErrorStepRefused, taskhook.TaskErrorStepFailed)
}

// typeList names the types of event that the server itself publishes.
func typeList() string { return "`" + strings.Join(taskhook.EventTypes(), "`, `") + "`" }

func webhookTypes(r *openapi.Reflector) {
	url := openapi.Schema{Description: "Where to send: https and public, but for what the operator allows besides.", Format: "uri", MaxLength: count(2048)}
	events := openapi.Schema{Description: "The types of event to send: " + typeList() + ", and types of your own. `task.*` stands for all that begin so, `*` for every type; `task.started` and `task.progress` are asked for by name alone.",
		MinItems: count(1), MaxItems: count(100), Items: &openapi.Schema{AnyOf: []*openapi.Schema{{Enum: openapi.Enum(taskhook.EventTypes()...)}, ownType(),
			{Enum: openapi.Enum("*", "task.*", "batch.*", "workflow.*", "endpoint.*")}, {Pattern: `^[a-z0-9_]+(\.[a-z0-9_]+)*\.\*$`, MaxLength: count(100), Not: &openapi.Schema{Pattern: `^(task|batch|workflow|endpoint)\.`}}}}}
	schedule := openapi.Schema{Description: "The seconds to wait before each retry; `[]` is one attempt, `null` the server's schedule: 60, 300, 1800.",
		MaxItems: count(50), Items: &openapi.Schema{Minimum: "0", Maximum: "604800"}}
	description := openapi.Schema{Description: "For people.", Pattern: plainText}
	perSecond := openapi.Schema{Description: "How many attempts a second it is sent at most; 0 is no limit.", Minimum: "0", Maximum: "10000"}
	inFlight := openapi.Schema{Description: "How many attempts may be under way at a time; 0 leaves it to how the receiver answers.", Minimum: "0", Maximum: "10000"}
	r.Request(client.NewWebhook{}, openapi.Fields{
		"": {Description: "A receiver to register."}, "url": url, "events": events, "description": description, "retrySchedule": schedule,
		"ratePerSecond": perSecond, "maxInFlight": inFlight,
	})
	r.Request(client.WebhookChange{}, openapi.Fields{
		"": {Description: "What to change.", Not: contradiction()}, "url": url, "events": events, "description": description, "retrySchedule": schedule,
		"ratePerSecond": perSecond, "maxInFlight": inFlight,
		"active": {Description: "`false` pauses: what is owed is held."},
		"state":  {Description: "The same in words.", Enum: openapi.Enum(taskhook.EndpointActive, taskhook.EndpointPaused)},
	})
	r.Request(client.Rotation{}, openapi.Fields{
		"":               {Description: "How to change the secret."},
		"overlapSeconds": {Description: "How long the old secret stays valid; a day if absent, a week at most, 0 ends it at once.", Minimum: "0", Maximum: "604800"},
	})
	r.Answer(client.Webhook{}, openapi.Fields{
		"":                           {Description: "A registered receiver."},
		"id":                         {Description: "The id of the webhook.", Pattern: idSchema(taskhook.PrefixEndpoint).Pattern},
		"url":                        {Description: "Where events are sent."},
		"events":                     {Description: "The types of event that it wants."},
		"description":                {Description: "For people."},
		"active":                     {Description: "Whether it is sent to."},
		"state":                      {Description: "What is owed to a webhook that is not `active` is held; the server itself sets `disabled`.", Enum: hookStates()},
		"reason":                     {Description: "Why it is not active."},
		"retry_schedule":             {Description: "The seconds before each retry; absent: the server's schedule."},
		"rate_per_second":            {Description: "How many attempts a second it is sent at most; absent: no limit.", Minimum: "0"},
		"max_in_flight":              {Description: "How many attempts may be under way at a time; absent: no limit.", Minimum: "0"},
		"created_at":                 {Description: "When it was registered."},
		"updated_at":                 {Description: "When it was changed last."},
		"health":                     {Description: "How it fares; only where one webhook is read."},
		"secret":                     {Description: "What signs; shown only in the answer that makes it."},
		"secret_promoted_at":         {Description: "After a rotation: when `X-Webhook-Signature` changes to the new secret."},
		"previous_secret_expires_at": {Description: "After a rotation: when the old secret ends."},
	})
	r.Answer(client.Deleted{}, openapi.Fields{"id": {Description: "What was deleted."}, "deleted": {Description: "Always true."}})
	r.Answer(client.Dropped{}, openapi.Fields{
		"":           {Description: "What was dropped."},
		"webhook_id": {Description: "The webhook that it was held for."},
		"dropped":    {Description: "How many deliveries are cancelled now.", Minimum: "0"},
	})
	r.Answer(client.TestResult{}, openapi.Fields{
		"":            {Description: "What became of a test event."},
		"event_id":    {Description: "The id of the event, which is the webhook id that the receiver saw."},
		"delivery_id": {Description: "The delivery, which can be looked up."},
		"delivered":   {Description: "Whether the receiver accepted it."},
		"status_code": {Description: "The status that the receiver answered with; 0 when no answer came."},
		"duration_ms": {Description: "How long it took, in milliseconds."},
		"error":       {Description: "What went wrong, in a sentence."},
	})
}

// contradiction is the schema of a change whose active and state differ.
func contradiction() *openapi.Schema {
	of := func(active bool, state taskhook.EndpointState) *openapi.Schema {
		return openapi.Object(openapi.Property{Name: "active", Schema: &openapi.Schema{Const: active}},
			openapi.Property{Name: "state", Schema: &openapi.Schema{Const: string(state)}})
	}
	return &openapi.Schema{AnyOf: []*openapi.Schema{of(true, taskhook.EndpointPaused), of(false, taskhook.EndpointActive)}}
}

func count(n uint64) *uint64 { return &n }
