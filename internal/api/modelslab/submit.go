package modelslab

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/taskhook/taskhook"
)

// The members of a submission that are for the server and not for the provider.
const (
	memberWebhook = "webhook"
	memberTrackID = "track_id"
	memberModel   = "model_id"
	memberInstant = "instant_response"
)

// submit returns the handler of submissions of a version.
func (f *Face) submit(version string) HandlerFunc {
	return func(c call) (any, error) {
		family, operation := c.PathValue(pathFamily), c.PathValue(pathOperation)
		if generatesNothing(operation) {
			return nil, taskhook.Errorf(taskhook.CodeNotFound, "%s is not supported here.", operation)
		}
		capability, model, err := f.Catalogue.Operation(strings.TrimPrefix(family+"/"+operation, "/"))
		if err != nil {
			return nil, err
		}
		n := taskhook.NewTask{Face: Name, Provider: Name, Capability: capability, Model: cmp.Or(model, c.members.text(memberModel)),
			Input: c.members.without(keyName, memberWebhook, memberTrackID), Echo: c.members.raw(memberTrackID)}
		if n.WebhookURL, err = webhookIn(c.members); err != nil {
			return nil, err
		}
		t, _, err := f.Tasks.Create(c.Context(), c.who, n)
		if err != nil {
			return nil, inTheirWords(err, n)
		}
		if t.Medium == taskhook.MediumTrained {
			return trainingStarted(t), nil
		}
		return f.render(f.awaited(c, t), f.fetchURL(version, family, t.ID)), nil
	}
}

// generatesNothing reports whether an operation of (ML) must not be taken for a
// task by the generic rule: the voices that it keeps, and the administration of
// dedicated servers.
func generatesNothing(operation string) bool {
	switch operation {
	case "voice_list", "voice_upload", "voice_delete", "system_details", "restart_server", "update", "clear_cache", "clear_queue":
		return true
	}
	return false
}

// webhookIn returns the receiver that a submission names, if it does.
func webhookIn(m members) (url string, err error) {
	switch raw := m.raw(memberWebhook); {
	case raw == nil || string(raw) == "null":
		return "", nil
	case json.Unmarshal(raw, &url) != nil:
		return "", taskhook.FieldErrorf(taskhook.CodeInvalid, memberWebhook, "webhook must be a string")
	}
	return url, nil
}

// awaited waits a little for what is made quickly: (ML) answers images with the
// result, and some clients never ask again. Who gave a webhook gets an answer at
// once (seed).
func (f *Face) awaited(c call, t taskhook.Task) taskhook.Task {
	quick := t.Medium == taskhook.MediumImage || t.Medium == taskhook.MediumText
	if !quick || f.Wait == 0 || t.WebhookURL != "" || c.truth(memberInstant) {
		return t
	}
	ctx, cancel := context.WithTimeout(c.Context(), f.Wait)
	defer cancel()
	ended, err := f.Tasks.Await(ctx, c.who.AccountID, t.ID)
	if err != nil { // the task is there all the same
		f.Log.LogAttrs(c.Context(), slog.LevelWarn, "wait for a task", slog.String("task", t.ID), slog.Any("error", err))
		return t
	}
	return ended
}

// fetch returns the handler that reads a task of any family, whose id is in the
// path or, as request_id, in the body.
func (f *Face) fetch(version string) HandlerFunc {
	return func(c call) (any, error) {
		id := cmp.Or(c.PathValue(pathID), c.text("request_id"), c.text("id"))
		if id == "" {
			return nil, taskhook.FieldErrorf(taskhook.CodeMissing, "request_id", "request_id is required")
		}
		t, err := f.Tasks.Task(c.Context(), c.who.AccountID, id)
		if err != nil {
			return nil, err
		}
		return f.render(t, f.fetchURL(version, c.PathValue(pathFamily), t.ID)), nil
	}
}

// fetchURL is where the result of a task can be fetched. What was submitted at a
// path without a family is an image, as (ML) has it of v5/controlnet.
func (f *Face) fetchURL(version, family, id string) string {
	path := "/api/" + version + "/"
	if family == "" && hasFamilies(version) {
		family = "images"
	}
	if family != "" {
		path += family + "/"
	}
	return f.BaseURL + path + "fetch/" + id
}
