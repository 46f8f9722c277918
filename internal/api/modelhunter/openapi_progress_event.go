package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/openapi"
)

// The form of the bodies that EventBody writes of a task on its way, an extension.
type (
	// progressEvent is the body of task.started and task.progress.
	progressEvent struct {
		ID        string            `json:"id"`
		Type      string            `json:"type"`
		CreatedAt time.Time         `json:"created_at"`
		Data      progressEventData `json:"data"`
	}

	// progressEventData is what such an event holds.
	progressEventData struct {
		Task     progressTask `json:"task"`
		Sequence int          `json:"sequence"`
	}

	// progressTask is a task on its way as an event shows it.
	progressTask struct {
		ID        string          `json:"id"`
		Type      string          `json:"type"`
		Status    string          `json:"status"`
		Provider  string          `json:"provider"`
		Model     string          `json:"model"`
		Progress  int             `json:"progress"`
		CreatedAt time.Time       `json:"created_at"`
		StartedAt time.Time       `json:"started_at"`
		Metadata  json.RawMessage `json:"metadata,omitempty"`
		Sandbox   bool            `json:"sandbox,omitempty"`
	}
)

func progressEventTypes(r *openapi.Reflector) {
	r.Answer(progressEvent{}, openapi.Fields{
		"":           {Description: "Tells of a task on its way."},
		"id":         {Description: "The id of the event, the same on every attempt.", Pattern: idSchema(taskhook.PrefixEvent).Pattern},
		"type":       {Description: "What happened.", Enum: openapi.Enum(taskhook.EventTaskStarted, taskhook.EventTaskProgress)},
		"created_at": {Description: "When it happened."},
		"data":       {Description: "What it happened to."},
	})
	r.Answer(progressEventData{}, openapi.Fields{
		"task":     {Description: "The task as it was."},
		"sequence": {Description: "Orders the events of a task's way: drop one whose number is not larger than the last that you saw. Numbers may be left out.", Minimum: "1"},
	})
	r.Answer(progressTask{}, openapi.Fields{
		"":           {Description: "A task on its way."},
		"id":         {Description: "The id of the task."},
		"type":       {Description: "What is made.", Enum: media()},
		"status":     {Description: "Where it stands.", Enum: openapi.Enum(taskhook.TaskRunning)},
		"provider":   {Description: "Who runs it."},
		"model":      {Description: "The name of the model."},
		"progress":   {Description: "How much is done, in percent. It falls when the task begins anew.", Minimum: "0", Maximum: "99"},
		"created_at": {Description: "When it was submitted."},
		"started_at": {Description: "When its provider had it."},
		"metadata":   {Type: "object", Description: "As it was submitted, in the form in which JavaScript prints it."},
		"sandbox":    {Description: "True when the results will be made up, and no model runs."},
	})
}

// exampleProgress is a real webhook body.
func exampleProgress(eventType string, percent, sequence int) json.RawMessage {
	return EventBody(taskhook.Outcome{EventID: exampleEventID, EventType: eventType, CreatedAt: exampleTime(12 * time.Second), Sequence: sequence,
		Task: taskhook.Task{ID: exampleTask, Medium: taskhook.MediumVideo, State: taskhook.TaskRunning, Provider: "vidu", Model: "viduq3-turbo",
			Progress: percent, CreatedAt: exampleTime(0), StartedAt: exampleTime(2 * time.Second), Metadata: json.RawMessage(`{"order":"17"}`)}})
}
