package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

const exampleBatch = "batch_0abc"

type (
	// batchEvent is the body of batch.completed, which BatchBody writes by hand.
	batchEvent struct {
		ID        string         `json:"id"`
		Type      string         `json:"type"`
		CreatedAt time.Time      `json:"created_at"`
		Data      batchEventData `json:"data"`
	}

	// batchEventData is what it holds.
	batchEventData struct {
		Batch endedBatch `json:"batch"`
	}

	// endedBatch is a batch as its event shows it.
	endedBatch struct {
		ID          string             `json:"id"`
		Status      string             `json:"status"`
		Provider    string             `json:"provider"`
		Capability  string             `json:"capability"`
		Model       string             `json:"model"`
		Counts      client.BatchCounts `json:"counts"`
		Tasks       []client.BatchTask `json:"tasks"`
		CreatedAt   time.Time          `json:"created_at"`
		CompletedAt time.Time          `json:"completed_at"`
	}
)

func batchNotes() map[string]operationNote {
	return map[string]operationNote{
		"POST /api/v1/batches": {id: "submitBatch", tag: tagBatches, parameters: []openapi.Parameter{idempotencyParameter()},
			failures: []failure{modelNotFound, conflict, paymentRequired},
			request: client.NewBatch{Provider: "vidu", Capability: "text-to-video", Model: "viduq3-turbo", Concurrency: 2, Metadata: json.RawMessage(`{"order":"17"}`),
				Inputs: []json.RawMessage{json.RawMessage(`{"prompt":"a boat"}`), json.RawMessage(`{"prompt":"a harbour"}`)}},
			answer: renderBatch(exampleBatchIn(taskhook.BatchRunning)),
			text: "All tasks are accepted or none; an error about one of them names it by its place, such as `inputs[3]`. Each is a task like all others, with its own outcome, event and price. " +
				"If the answer is lost, send the same request again with the same `Idempotency-Key`.",
			header: header("Idempotent-Replayed", "`true` when the key stood for this batch already.", &openapi.Schema{Const: "true"})},
		"GET /api/v1/batches": {id: "listBatches", tag: tagBatches, paged: true, cursor: exampleBatch, text: "Without their tasks, which `GET /api/v1/tasks?batchId=` lists.",
			answer: []client.Batch{exampleListedBatch()}, parameters: pageParameters(defaultLimit, taskhook.PrefixBatch)},
		"GET /api/v1/batches/{batch_id}": {id: "getBatch", tag: tagBatches, answer: renderBatch(exampleBatchIn(taskhook.BatchCompleted)),
			text: "How far it is. Tasks that retention has removed are no longer in `tasks`, but still in `counts`."},
		"POST /api/v1/batches/{batch_id}/cancel": {id: "cancelBatch", tag: tagBatches, failures: []failure{conflict}, answer: renderBatch(exampleBatchIn(taskhook.BatchCancelled)),
			text: "Cancels the tasks that have not ended; the others stay as they are. A cancelled batch has no event. One whose tasks have all ended is a conflict."},
	}
}

func batchTypes(r *openapi.Reflector) {
	id := openapi.Schema{Description: "The id of the batch.", Pattern: idSchema(taskhook.PrefixBatch).Pattern}
	status := openapi.Schema{Description: "`cancelled` from when that is asked for.", Enum: openapi.Enum(taskhook.BatchStates()...)}
	r.Request(client.NewBatch{}, openapi.Fields{
		"":            {Description: "Many tasks of one model, accepted all or none."},
		"provider":    {Description: "Who runs the model.", MinLength: count(1)},
		"capability":  {Description: "What is asked for; absent: the only thing that the model can do."},
		"model":       {Description: "The name of the model.", MinLength: count(1)},
		"inputs":      {Description: "The input of each task.", MinItems: count(1), MaxItems: count(taskhook.MaxBatch), Items: &openapi.Schema{Type: "object"}},
		"concurrency": {Description: "How many of the tasks go on at a time; 0 is no limit.", Minimum: "0", Maximum: "1000"},
		"webhookUrl":  {Description: "A URL that is told of the outcome of each task.", Format: "uri", MaxLength: count(2048)},
		"metadata":    {Type: "object", Description: "Given back with each task."},
	})
	r.Answer(client.Batch{}, openapi.Fields{
		"": {Description: "Many tasks that were submitted together."}, "id": id, "status": status,
		"provider":     {Description: "Who runs the model."},
		"capability":   {Description: "What was asked for."},
		"model":        {Description: "The name of the model."},
		"concurrency":  {Description: "How many go on at a time; 0 is no limit.", Minimum: "0"},
		"counts":       {Description: "How far it is."},
		"tasks":        {Description: "The tasks, in the order of the inputs; absent in lists."},
		"created_at":   {Description: "When it was submitted."},
		"completed_at": {Description: "When its last task ended."},
	})
	r.Answer(client.BatchCounts{}, openapi.Fields{
		"":          {Description: "How far a batch is."},
		"total":     {Description: "All tasks.", Minimum: "1"},
		"open":      {Description: "Those that have not ended.", Minimum: "0"},
		"succeeded": {Description: "Those that succeeded.", Minimum: "0"},
		"failed":    {Description: "Those that failed.", Minimum: "0"},
		"cancelled": {Description: "Those that were cancelled.", Minimum: "0"},
	})
	r.Answer(client.BatchTask{}, openapi.Fields{
		"": {Description: "A task of a batch."}, "id": {Description: "The id of the task."},
		"status": {Description: "Where it stands.", Enum: openapi.Enum(taskhook.TaskStates()...)},
	})
	r.Answer(batchEvent{}, openapi.Fields{
		"":           {Description: "Tells that all tasks of a batch have ended."},
		"id":         {Description: "The id of the event, the same on every attempt. Drop what you have seen.", Pattern: idSchema(taskhook.PrefixEvent).Pattern},
		"type":       {Description: "What happened.", Enum: openapi.Enum(taskhook.EventBatchCompleted)},
		"created_at": {Description: "When it happened."},
		"data":       {Description: "What it happened to."},
	})
	r.Answer(batchEventData{}, openapi.Fields{"batch": {Description: "The batch."}})
	r.Answer(endedBatch{}, openapi.Fields{
		"": {Description: "A batch whose tasks have all ended."}, "id": id,
		"status":       {Description: "How it ended.", Enum: openapi.Enum(taskhook.BatchCompleted)},
		"provider":     {Description: "Who ran the model."},
		"capability":   {Description: "What was asked for."},
		"model":        {Description: "The name of the model."},
		"counts":       {Description: "How its tasks ended."},
		"tasks":        {Description: "The tasks, in the order of the inputs."},
		"created_at":   {Description: "When it was submitted."},
		"completed_at": {Description: "When its last task ended."},
	})
}

func exampleBatchIn(state taskhook.BatchState) taskhook.Batch {
	b := taskhook.Batch{ID: exampleBatch, Provider: "vidu", Capability: "text-to-video", Model: "viduq3-turbo", Concurrency: 2, Total: 2, Open: 2,
		CreatedAt: exampleTime(0), Tasks: []taskhook.BatchTask{{ID: exampleTask, State: taskhook.TaskRunning}, {ID: "task_9c2d4e", State: taskhook.TaskRunning}}}
	switch state {
	case taskhook.BatchCancelled:
		b.StoppedAt, b.FinishedAt, b.Open, b.Cancelled = exampleTime(9*time.Second), exampleTime(9*time.Second), 0, 2
		b.Tasks[0].State, b.Tasks[1].State = taskhook.TaskCancelled, taskhook.TaskCancelled
	case taskhook.BatchCompleted:
		b.FinishedAt, b.Open, b.Succeeded, b.Failed = exampleTime(41*time.Second), 0, 1, 1
		b.Tasks[0].State, b.Tasks[1].State = taskhook.TaskSucceeded, taskhook.TaskFailed
	}
	return b
}

func exampleListedBatch() client.Batch {
	b := exampleBatchIn(taskhook.BatchCompleted)
	b.Tasks = nil
	return renderBatch(b)
}

func exampleBatchEvent() json.RawMessage {
	b := exampleBatchIn(taskhook.BatchCompleted)
	return BatchBody(&b, exampleEventID)
}
