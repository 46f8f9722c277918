package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// ModelsLab is the API of ModelsLab, as docs/modelslab.md has it. The key stands in
// the body.
func ModelsLab() Face {
	post := func(path, key string, body object) Call {
		body.put("key", key)
		return Call{Method: http.MethodPost, Path: path, Body: body.text()}
	}
	const submit = "/api/v6/images/text2img"
	return Face{
		Name: "modelslab",
		Send: func(key, body string) Call {
			return Call{Method: http.MethodPost, Path: submit, Body: body, Header: http.Header{"Key": {key}}}
		},
		Submit: func(key string, j Job) Call {
			body := object{"model_id": "flux", "instant_response": true, "width": "256", "height": 256}.steered(j)
			body.put("webhook", j.Webhook)
			body.put("track_id", j.Echo)
			return post(submit, key, body)
		},
		Poll:    func(key, id string) Call { return post("/api/v6/images/fetch/"+id, key, object{}) },
		Cancel:  func(key, id string) Call { return post("/api/v3/delete_image", key, object{"request_id": id}) },
		Answer:  readLab,
		Webhook: readLab,
		Refusals: map[Reason]Refusal{
			NoKey:      {401, "API key is required"},
			BadKey:     {401, "Invalid API key"},
			NotAllowed: {403, `"status":"error"`},
			NotFound:   {404, `"status":"error"`},
			Ended:      {400, "has ended"},
			Malformed:  {400, "can't be read as a JSON object"},
			TooLarge:   {400, "larger than 1 MB"},
			Missing:    {400, "prompt is required"},
			BadWebhook: {400, "webhook"},
			Full:       {429, "Rate limit exceeded. Maximum"},
			NoProvider: {503, `"status":"error"`},
		},
		Lacks: map[string]Words{
			idempotency: {"docs/modelslab.md", "There are no idempotency keys, as ModelsLab has none: what is submitted twice is made twice."},
		},
	}
}

// readLab reads answers and webhooks, which have one form. That a task was cancelled
// is told by the message of a failure.
func readLab(body []byte) (Answer, error) {
	var k struct {
		Status, ID, Message string
		Output              []string
		TrackID             *string `json:"track_id"`
	}
	if err := json.Unmarshal(body, &k); err != nil {
		return Answer{}, err
	}
	a := Answer{ID: k.ID, Links: k.Output}
	if k.TrackID != nil {
		a.Echo = *k.TrackID
	}
	switch {
	case k.Status == "processing":
	case k.Status == "success":
		a.State = Succeeded
	case k.Status == "failed" && k.Message == "The request was cancelled.":
		a.State = Cancelled
	case k.Status == "failed":
		a.State, a.Reason = Failed, k.Message
	default:
		return a, fmt.Errorf("the status %q is none of a task: %s", k.Status, k.Message)
	}
	return a, nil
}
