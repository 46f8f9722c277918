package modelslab

import (
	"encoding/json"

	"github.com/taskhook/taskhook"
)

// WebhookBody returns the webhook body of a task's outcome as ModelsLab writes it
// (seed). The caller's track_id is as it was given, and null where it was not.
func WebhookBody(o taskhook.Outcome) []byte {
	t := o.Task
	track := t.Echo
	if track == nil {
		track = json.RawMessage("null")
	}
	var body *object
	if t.State == taskhook.TaskSucceeded {
		body = success(t, o.Links).raw(memberTrackID, track).raw("meta", meta(t))
	} else {
		body = failure(t).raw(memberTrackID, track)
	}
	if t.Medium == taskhook.MediumTrained {
		// What (ML) has of trainings joins what the seed has of all.
		body.text("training_status", trainingState(t)).text("logs", trainingLogs(t)).text("model_id", t.ID)
	}
	return body.end()
}
