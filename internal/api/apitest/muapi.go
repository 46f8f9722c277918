package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Muapi is the API of muapi.ai, as docs/muapi.md has it. The receiver stands in the
// query.
func Muapi() Face {
	const predictions = "/api/v1/predictions/"
	call := func(method, path, key, body string) Call {
		c := Call{Method: method, Path: path, Body: body, Header: http.Header{}}
		if key != "" {
			c.Header.Set("x-api-key", key)
		}
		return c
	}
	send := func(query, key, body string) Call {
		return call(http.MethodPost, "/api/v1/flux-dev-image"+query, key, body)
	}
	return Face{
		Name: "muapi",
		Send: func(key, body string) Call { return send("", key, body) },
		Submit: func(key string, j Job) Call {
			query := ""
			if j.Webhook != "" {
				query = "?webhook=" + url.QueryEscape(j.Webhook)
			}
			return send(query, key, object{}.steered(j).text())
		},
		Poll:    func(key, id string) Call { return call(http.MethodGet, predictions+id+"/result", key, "") },
		Cancel:  func(key, id string) Call { return call(http.MethodPost, predictions+id+"/cancel", key, "") },
		Answer:  readPrediction,
		Webhook: readPrediction,
		Refusals: map[Reason]Refusal{
			NoKey:      {401, `{"detail":"Invalid API key"}`},
			BadKey:     {401, `{"detail":"Invalid API key"}`},
			NotAllowed: {403, `{"detail":"`},
			NotFound:   {404, `{"detail":"Not Found"}`},
			Ended:      {409, `{"detail":"`},
			Malformed:  {422, `"type":"json_invalid"`},
			TooLarge:   {413, "larger than 1 MB"},
			Missing:    {422, `{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"}]}`},
			BadWebhook: {422, `{"detail":[{"loc":["query","webhook"],`},
			Full:       {429, `{"detail":"Rate limit exceeded"}`},
			NoProvider: {503, `{"detail":"`},
		},
		Lacks: map[string]Words{
			idempotency: {"docs/muapi.md", "There are no idempotency keys, as muapi.ai has none: what is submitted twice is made twice."},
			echo:        {"docs/muapi.md", "Nothing of the caller's own comes back: put it into the query of the webhook's URL."},
		},
	}
}

func readPrediction(body []byte) (Answer, error) {
	var p struct {
		ID, Status, Error string
		Outputs           []string
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return Answer{}, err
	}
	a := Answer{ID: p.ID, Links: p.Outputs, Reason: p.Error}
	switch p.Status {
	case "queued", "processing":
	case "completed":
		a.State = Succeeded
	case "failed":
		a.State = Failed
	case "cancelled":
		a.State = Cancelled
	default:
		return a, fmt.Errorf("the status %q is none of a prediction", p.Status)
	}
	return a, nil
}
