package muapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// syncTime is how long a submission with sync waits for the end.
const syncTime = time.Minute

// estimateSuffix ends the path that asks for the price of a model.
const estimateSuffix = "/estimate"

// The names of a webhook's URL: in the query, which wins, and in the body.
const (
	webhookParameter = "webhook"
	webhookMember    = "webhook_url"
)

// submit answers POST /{model} and POST /{model}/estimate, which no pattern can
// tell apart.
func (f *Face) submit(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	name := r.PathValue("model")
	if asked, ok := strings.CutSuffix(name, estimateSuffix); ok {
		return f.estimate(asked, who)
	}
	if _, err := f.model(name); err != nil {
		return nil, err
	}
	sync, err := wantsSync(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	n, place, err := newTask(name, body, queryValue(r.URL.RawQuery, webhookParameter), who.Test)
	if err != nil {
		return nil, err
	}
	t, _, err := f.Tasks.Create(r.Context(), who, n)
	if err != nil {
		return nil, atWebhook(err, place)
	}
	if sync {
		return f.await(r.Context(), t)
	}
	// The API says processing of what waits, too.
	return prediction{RequestID: t.ID, ID: t.ID, URLs: f.render(&t).URLs, Status: statusProcessing,
		CreatedAt: t.CreatedAt.UTC().Truncate(time.Second), Cost: costOf(&t)}, nil
}

// await answers when the task has ended, or how it stands after a minute.
func (f *Face) await(ctx context.Context, t taskhook.Task) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, syncTime)
	defer cancel()
	t, err := f.Tasks.Await(ctx, t.AccountID, t.ID)
	if err != nil {
		return nil, err
	}
	p := f.render(&t)
	p.RequestID = t.ID
	return p, nil
}

// wantsSync reads the parameter sync, in the forms that FastAPI takes.
func wantsSync(query string) (bool, error) {
	switch strings.ToLower(queryValue(query, "sync")) {
	case "true", "1", "on", "yes", "t", "y":
		return true, nil
	case "", "false", "0", "off", "no", "f", "n":
		return false, nil
	}
	return false, taskhook.FieldErrorf(taskhook.CodeInvalid, inQuery+"sync", "sync must be true or false.")
}

// newTask reads a submission: the body is the input, but for the URL of a webhook,
// whose place it returns as the field of errors about it.
func newTask(model string, body []byte, webhook string, test bool) (n taskhook.NewTask, place string, err error) {
	n = taskhook.NewTask{Face: Name, Provider: Name, Model: model, WebhookURL: webhook}
	place = inQuery + webhookParameter
	rest := []byte("{")
	steered := false
	err = members(body, func(name string, value []byte) error {
		if name == webhookMember {
			text, err := textOf(name, value)
			if err == nil && webhook == "" {
				n.WebhookURL, place = text, webhookMember
			}
			return err
		}
		steered = steered || name == steering
		rest = appendMember(rest, name, value)
		return nil
	})
	if test && !steered {
		rest = appendMember(rest, steering, []byte(`{"seconds":0}`))
	}
	n.Input = append(rest, '}')
	return n, place, err
}

// steering is the member of an input that steers the sandbox. Test keys of this API
// get their results at once, so they are given one.
const steering = "sandbox"

// appendMember appends a member to an object that is open.
func appendMember(object []byte, name string, value []byte) json.RawMessage {
	if len(object) > 1 {
		object = append(object, ',')
	}
	object = append(object, encode(name)...)
	return append(append(object, ':'), bytes.TrimSpace(value)...)
}

// atWebhook says of an error about the URL of the webhook where that stood.
func atWebhook(err error, place string) error {
	const field = "webhookUrl" // as services call it
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok || bad.Field != field {
		return err
	}
	there := *bad
	there.Field = place
	there.Message = strings.Replace(bad.Message, field, strings.TrimPrefix(place, inQuery), 1)
	return &there
}
