package modelslab

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/taskhook/taskhook"
)

// The states of a training that tasks have too; (ML) has more between them, which
// tell of its own machines. The last two are ours.
const (
	trainingQueued    = "deploying_gpu"
	trainingRunning   = "training_started"
	trainingReady     = "model_ready"
	trainingFailed    = "training_failed"
	trainingCancelled = "training_cancelled"
)

func trainingState(t taskhook.Task) string {
	switch t.State {
	case taskhook.TaskRunning:
		return trainingRunning
	case taskhook.TaskSucceeded, taskhook.TaskExpired:
		return trainingReady
	case taskhook.TaskFailed:
		return trainingFailed
	case taskhook.TaskCancelled:
		return trainingCancelled
	}
	return trainingQueued
}

// trainingLogs says in a sentence how a training stands.
func trainingLogs(t taskhook.Task) string {
	switch {
	case t.State == taskhook.TaskSucceeded:
		return "The model is ready."
	case t.State.Final():
		return reason(t)
	case t.State == taskhook.TaskRunning:
		return fmt.Sprintf("The training is %d %% done.", t.Progress)
	}
	return fmt.Sprintf("It will take up to %.0f minutes.", math.Ceil(t.Estimated.Minutes()))
}

// trainingStarted answers the submission of a training. The seed's clients read
// id, those of (ML) training_id.
func trainingStarted(t taskhook.Task) json.RawMessage {
	o := newObject().text("status", statusSuccess).text("messege", trainingState(t)).text("data", trainingLogs(t)).
		text("training_id", t.ID).text("id", t.ID)
	return withTrack(o, t).end()
}

// training returns the training in the path.
func (f *Face) training(c call) (taskhook.Task, error) {
	t, err := f.Tasks.Task(c.Context(), c.who.AccountID, c.PathValue(pathID))
	if err == nil && t.Medium != taskhook.MediumTrained {
		err = taskhook.Errorf(taskhook.CodeTaskNotFound, "%s is no training; fetch it with its fetch_result.", t.ID)
	}
	return t, err
}

// trainingStatus answers POST /v3/fine_tune_status/{training_id}.
func (f *Face) trainingStatus(c call) (any, error) {
	t, err := f.training(c)
	if err != nil {
		return nil, err
	}
	status := statusSuccess
	if t.State == taskhook.TaskFailed || t.State == taskhook.TaskCancelled {
		status = statusFailed
	}
	o := newObject().text("status", status).text("messege", trainingState(t)).text("data", trainingLogs(t)).
		text("training_id", t.ID).text("model_id", t.ID)
	if t.State == taskhook.TaskSucceeded {
		o.texts("output", f.linksTo(t))
	}
	return withTrack(o, t).end(), nil
}

// done answers where (ML) says no more than that it was done.
type done struct {
	Status  string `json:"status"`
	Messege string `json:"messege"` // as (ML) spells it
	Data    any    `json:"data,omitempty"`
}

// cancelTraining answers POST /v3/cancel_training/{training_id}.
func (f *Face) cancelTraining(c call) (any, error) {
	t, err := f.training(c)
	if err != nil {
		return nil, err
	}
	if _, err := f.Tasks.Cancel(c.Context(), c.who.AccountID, t.ID); err != nil {
		return nil, err
	}
	return done{Status: statusSuccess, Messege: trainingCancelled}, nil
}

// listTrainings answers POST /v3/finetune_list with the ids of trained models.
func (f *Face) listTrainings(c call) (any, error) {
	ids := []string{}
	err := f.walkResults(c, func(t taskhook.Task) {
		if t.Medium == taskhook.MediumTrained {
			ids = append(ids, t.ID)
		}
	})
	return done{Status: statusSuccess, Messege: "model list", Data: ids}, err
}

// deleteTraining answers POST /v3/delete/{training_id}.
func (f *Face) deleteTraining(c call) (any, error) {
	t, err := f.training(c)
	if err != nil {
		return nil, err
	}
	return f.deleteTask(c, t)
}

// deleteImage answers POST /v3/delete_image.
func (f *Face) deleteImage(c call) (any, error) {
	id := c.text("request_id")
	if id == "" {
		return nil, taskhook.FieldErrorf(taskhook.CodeMissing, "request_id", "request_id is required")
	}
	t, err := f.Tasks.Task(c.Context(), c.who.AccountID, id)
	if err != nil {
		return nil, err
	}
	return f.deleteTask(c, t)
}

// deleteTask cancels a task that has not ended, so that nothing comes of it. What
// results it has are kept for as long as the server keeps any.
func (f *Face) deleteTask(c call, t taskhook.Task) (any, error) {
	if t.State.Final() {
		return nil, taskhook.Errorf(taskhook.CodeConflict, "The request has ended, and its results are kept; only requests that have not ended can be deleted.")
	}
	if _, err := f.Tasks.Cancel(c.Context(), c.who.AccountID, t.ID); err != nil {
		return nil, err
	}
	return done{Status: statusSuccess, Messege: "deleted"}, nil
}
