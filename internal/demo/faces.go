//go:build unix

package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// face is one of the APIs, as its clients use it.
type face struct {
	name   string
	header http.Header // with the key
	submit string      // the path, with the webhook where the API has it in the query
	body   string
	poll   string   // the path, with the task's id for %s
	told   []string // the members of webhooks that tell how it went
	shown  []string // those of answers to polls
	run    string   // the path that tells of an execution, with its id for %[2]s and that of its workflow for %[1]s
	ended  []string // the members of its answer that tell how it went
}

// faces are the APIs with a task for each.
func (d *demo) faces() []face {
	const quick = `"sandbox":{"seconds":0.5}`
	hook := func(name string) string { return d.receiver.jobURL(name) }
	return []face{
		{name: "ModelHunter.AI", header: http.Header{"Authorization": {"Bearer " + d.server.key}, "Content-Type": {"application/json"}},
			submit: "/api/v1/gemini/text-to-image", poll: "/api/v1/tasks/%s", told: []string{"type"},
			shown: []string{"data.status", "data.result"}, run: "/api/v1/executions/%[2]s", ended: []string{"data.status", "data.output"},
			body: fmt.Sprintf(`{"model":"nano-banana-2","input":{"prompt":"a red kite",%s},"webhookUrl":%q}`, quick, hook("ModelHunter.AI"))},
		{name: "ModelsLab", header: http.Header{"Key": {d.server.key}},
			submit: "/api/v6/images/text2img", poll: "/api/v6/images/fetch/%s", told: []string{"status", "output"},
			shown: []string{"status", "output"}, run: "/api/v1/workflows/%s/runs/%s", ended: []string{"execution.status", "output.output"},
			body: fmt.Sprintf(`{"model_id":"flux","prompt":"a red kite",%s,"webhook":%q}`, quick, hook("ModelsLab"))},
		{name: "muapi.ai", header: http.Header{"X-Api-Key": {d.server.key}},
			submit: "/api/v1/flux-dev-image?webhook=" + hook("muapi.ai"), poll: "/api/v1/predictions/%s/result", told: []string{"status", "outputs"},
			shown: []string{"status", "outputs"}, run: "/workflow/run/%[2]s/api-outputs", ended: []string{"status", "outputs"},
			body: fmt.Sprintf(`{"prompt":"a red kite",%s}`, quick)},
	}
}

// showFaces submits a task through each API and shows how it is told of.
func (d *demo) showFaces(ctx context.Context) error {
	if err := d.receiver.jobs.trust(ctx, d.server.url); err != nil {
		return err
	}
	d.screen.good("the receiver has the server's public key, from /.well-known/jwks.json")
	ids := map[string]string{}
	for _, f := range d.faces() {
		path, _, _ := strings.Cut(f.submit, "?")
		d.screen.event("%-14s  POST %s", f.name, path)
		answer, err := request(ctx, http.MethodPost, d.server.url+f.submit, f.body, f.header)
		if err != nil {
			return err
		}
		if ids[f.name], err = idOf(answer); err != nil {
			return err
		}
		d.ledger.owe(ids[f.name])
	}
	for _, f := range d.faces() {
		body, err := d.job(ctx, f.name, ids[f.name])
		if err != nil {
			return err
		}
		d.screen.good("%-14s  webhook %s", f.name, quote(body, f.told...))
	}
	d.screen.good("their signatures are valid: v1a, by that key")
	for _, f := range d.faces() {
		answer, err := request(ctx, http.MethodGet, d.server.url+fmt.Sprintf(f.poll, ids[f.name]), "", f.header)
		if err != nil {
			return err
		}
		d.screen.good("%-14s  polled  %s", f.name, quote(answer, f.shown...))
	}
	return d.oneList(ctx, ids)
}

// job waits for the webhook of a submission, which must be about the subject.
func (d *demo) job(ctx context.Context, name, subject string) (body []byte, err error) {
	err = d.wait(ctx, "the webhook to "+d.receiver.jobURL(name), func() (bool, error) {
		body, err = d.receiver.jobs.body(name)
		return body != nil, err
	})
	if err == nil && !bytes.Contains(body, []byte(`"`+subject+`"`)) {
		err = fmt.Errorf("the webhook to %s is not about %s: %s", d.receiver.jobURL(name), subject, body)
	}
	return body, err
}

// oneList checks that the tasks of all APIs are tasks of each.
func (d *demo) oneList(ctx context.Context, ids map[string]string) error {
	for _, f := range d.faces() {
		for _, id := range ids {
			if _, err := request(ctx, http.MethodGet, d.server.url+fmt.Sprintf(f.poll, id), "", f.header); err != nil {
				return err
			}
			task, err := d.api.Task(ctx, id)
			if err != nil {
				return err
			}
			if task.Status != string(taskhook.TaskSucceeded) {
				return fmt.Errorf("the task %s is %s", id, task.Status)
			}
		}
	}
	d.screen.good("each API shows the tasks of the others too")
	return nil
}
