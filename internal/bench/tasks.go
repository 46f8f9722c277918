package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// tinyModels is a catalogue with a model of each API whose result, a line of text, costs
// next to nothing to make.
const tinyModels = `models:
  bench: {tiny: {capabilities: {caption: any}}}
  modelslab: {tiny: {capabilities: {caption: lab-any}}}
  muapi: {tiny: {capabilities: {caption: mu-any}}}
`

// face is how a task is submitted to one API, whose webhook is told of it.
type face struct {
	name, header string
	status       int
	submit       func(hook string) call
}

func faces() []face {
	const input = `"prompt":"a cat","sandbox":{"seconds":0,"steps":1}`
	return []face{
		{"modelhunter", bearer, http.StatusAccepted, func(hook string) call {
			return call{"/modelhunter/api/v1/bench/caption", fmt.Sprintf(`{"model":"tiny","input":{%s},"webhookUrl":%q}`, input, hook)}
		}},
		{"modelslab", "", http.StatusOK, func(hook string) call {
			return call{"/modelslab/api/v6/image_editing/caption",
				fmt.Sprintf(`{"key":%q,"model_id":"tiny",%s,"track_id":"1","webhook":%q}`, key, input, hook)}
		}},
		{"muapi", "x-api-key: " + key + "\r\n", http.StatusOK, func(hook string) call {
			return call{"/muapi/api/v1/tiny?webhook=" + url.QueryEscape(hook), "{" + input + "}"}
		}},
	}
}

// tasks submits tasks to one API after the other.
func tasks(ctx context.Context, r *run) (got figures, err error) {
	n := max(1, r.Publishes/5)
	raw, err := r.yardstick(ctx, r.Publishes)
	if err != nil {
		return nil, err
	}
	raw.took = raw.took * time.Duration(n) / time.Duration(r.Publishes) // what as many would have taken
	models := filepath.Join(r.dir, "models.yaml")
	if err := os.WriteFile(models, []byte(tinyModels), 0o600); err != nil {
		return nil, err
	}
	for _, a := range faces() {
		p, err := r.through(ctx, func(to *receiver) flow {
			return flow{webhooks: n, extra: []string{"--catalogue", models}, work: assignment{Header: a.header, Status: a.status,
				Requests: n, Calls: []call{a.submit(to.hook(0))}}}
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		who := a.name + ": "
		got.addRatio(who, n, p, raw)
		got.addTime(who+"answered, half within", p.P50)
		got.addTime(who+"answered, 99 % within", p.P99)
		got.addCost(who, n, p)
		got.addBytes(who+"peak memory", p.peak, p.metered)
	}
	return got, nil
}
