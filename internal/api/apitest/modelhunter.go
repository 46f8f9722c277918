package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// ModelHunter is the primary API, as docs/api.md has it.
func ModelHunter() Face {
	const tasks = "/api/v1/tasks/"
	call := func(method, path, key, body string) Call {
		c := Call{Method: method, Path: path, Body: body, Header: http.Header{}}
		if key != "" {
			c.Header.Set("Authorization", "Bearer "+key)
		}
		if body != "" {
			c.Header.Set("Content-Type", "application/json")
		}
		return c
	}
	send := func(key, body string) Call { return call(http.MethodPost, "/api/v1/seedream/text-to-image", key, body) }
	return Face{
		Name: "modelhunter",
		Send: send,
		Submit: func(key string, j Job) Call {
			body := object{"model": "seedream-4-0", "input": object{"width": 64, "height": 64}.steered(j)}
			body.put("webhookUrl", j.Webhook)
			if j.Echo != "" {
				body["metadata"] = object{"order": j.Echo}
			}
			c := send(key, body.text())
			if j.Once != "" {
				c.Header.Set("Idempotency-Key", j.Once)
			}
			return c
		},
		Poll:    func(key, id string) Call { return call(http.MethodGet, tasks+id, key, "") },
		Cancel:  func(key, id string) Call { return call(http.MethodPost, tasks+id+"/cancel", key, "") },
		Answer:  readEnvelope,
		Webhook: readTaskEvent,
		Refusals: map[Reason]Refusal{
			NoKey:      {401, `"code":"AUTH_REQUIRED"`},
			BadKey:     {401, `"code":"AUTH_INVALID_TOKEN"`},
			NotAllowed: {403, `"code":"KEY_PERMISSION_DENIED"`},
			NotFound:   {404, `"code":"TASK_NOT_FOUND"`},
			Ended:      {409, `"code":"CONFLICT"`},
			Malformed:  {400, `"code":"VALIDATION_ERROR"`},
			TooLarge:   {413, `"code":"PAYLOAD_TOO_LARGE"`},
			Missing:    {400, `"code":"MISSING_PARAMETER"`},
			BadWebhook: {400, `"code":"INVALID_PARAMETER"`},
			Full:       {429, `"code":"RATE_LIMIT_EXCEEDED"`},
			NoProvider: {503, `"code":"SERVICE_UNAVAILABLE"`},
			Repeated:   {409, `"code":"CONFLICT"`},
		},
	}
}

// hunterTask is a task of the primary API.
type hunterTask struct {
	ID, Status string
	Result     []struct{ URL string }
	Error      struct{ Message string }
	Metadata   struct{ Order string }
}

func (k hunterTask) answer() (Answer, error) {
	a := Answer{ID: k.ID, Reason: k.Error.Message, Echo: k.Metadata.Order}
	for _, r := range k.Result {
		a.Links = append(a.Links, r.URL)
	}
	switch k.Status {
	case "pending", "queued", "running":
	case "succeeded":
		a.State = Succeeded
	case "failed":
		a.State = Failed
	case "cancelled":
		a.State = Cancelled
	default:
		return a, fmt.Errorf("the status %q is none of a task", k.Status)
	}
	return a, nil
}

func readEnvelope(body []byte) (Answer, error) {
	var envelope struct {
		Success bool
		Data    hunterTask
	}
	if err := json.Unmarshal(body, &envelope); err != nil || !envelope.Success {
		return Answer{}, fmt.Errorf("no answer of success: %v", err)
	}
	return envelope.Data.answer()
}

func readTaskEvent(body []byte) (Answer, error) {
	var event struct {
		Type string
		Data struct{ Task hunterTask }
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return Answer{}, err
	}
	a, err := event.Data.Task.answer()
	if want := map[string]State{"task.completed": Succeeded, "task.failed": Failed}[event.Type]; err == nil && (want == Unfinished || want != a.State) {
		err = fmt.Errorf("an event %q tells of the state %d", event.Type, a.State)
	}
	return a, err
}
