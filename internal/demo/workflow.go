//go:build unix

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// poster is a workflow in which every step needs the one before it.
const poster = `name: Poster
inputs:
  prompt: {type: string}
steps:
  - id: draw
    provider: gemini
    capability: text-to-image
    model: nano-banana-2
    input: {prompt: "{{ inputs.prompt }}", sandbox: {seconds: 1, steps: 10}}
  - id: restyle
    provider: seedream
    capability: image-to-image
    model: seedream-4-0
    input: {prompt: in oil, images: ["{{ draw.outputs[0].value }}"], sandbox: {seconds: 1, steps: 10}}
  - id: animate
    provider: vidu
    capability: image-to-video
    model: viduq3-turbo
    input: {image_url: "{{ restyle.outputs[0].value }}", duration: 2, sandbox: {seconds: 1, steps: 10}}
outputs:
  picture: "{{ restyle.outputs[0].value }}"
  video: "{{ animate.outputs[0].value }}"
`

// showWorkflow runs a workflow, and shows its steps and its end.
func (d *demo) showWorkflow(ctx context.Context) error {
	made, err := d.api.CreateWorkflow(ctx, []byte(poster))
	if err != nil {
		return err
	}
	began, err := d.api.RunWorkflow(ctx, made.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"a lighthouse at dusk"}`),
		WebhookURL: d.receiver.jobURL("workflow")})
	if err != nil {
		return err
	}
	d.screen.event("draw -> restyle -> animate, run with the prompt \"a lighthouse at dusk\"")
	done, err := d.follow(ctx, began.ID)
	if err != nil {
		return err
	}
	body, err := d.job(ctx, "workflow", began.ID)
	if err != nil {
		return err
	}
	if err := d.checkWorkflow(ctx, body); err != nil {
		return err
	}
	if err := d.pollRun(ctx, done); err != nil {
		return err
	}
	return d.checkSteps(ctx, done)
}

// follow shows the steps of an execution until it has ended well.
func (d *demo) follow(ctx context.Context, id string) (x client.Execution, err error) {
	var told []string
	err = d.wait(ctx, "the end of the workflow", func() (bool, error) {
		if x, err = d.api.Execution(ctx, id); err != nil {
			return false, err
		}
		var parts []string
		for _, s := range x.Steps {
			parts = append(parts, fmt.Sprintf("%s %d %%", s.ID, s.Progress))
			if s.Status == string(taskhook.StepSucceeded) && !slices.Contains(told, s.ID) {
				told = append(told, s.ID)
				d.screen.event("%-8s %s, %d of %d", s.ID, s.Status, len(told), len(x.Steps))
			}
		}
		d.screen.progress(strings.Join(parts, "   "))
		return taskhook.ExecutionState(x.Status).Final(), nil
	})
	if err == nil && x.Status != string(taskhook.ExecutionCompleted) {
		err = fmt.Errorf("the workflow is %s: %+v", x.Status, x.Error)
	}
	return x, err
}

// checkWorkflow reads the webhook of the workflow and downloads what it has made.
func (d *demo) checkWorkflow(ctx context.Context, body []byte) error {
	var told struct {
		Event     string
		Execution struct {
			Seconds float64           `json:"execution_time"`
			Output  map[string]string `json:"output_data"`
		}
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return fmt.Errorf("read the webhook of the workflow: %w", err)
	}
	if told.Event != taskhook.EventWorkflowCompleted {
		return fmt.Errorf("the webhook of the workflow says %s", body)
	}
	d.screen.good("webhook %s  signature valid (v1a)  after %.1f s", told.Event, told.Execution.Seconds)
	var sizes []string
	for _, name := range []string{"picture", "video"} {
		link := told.Execution.Output[name]
		size, err := download(ctx, link)
		if err != nil {
			return err
		}
		d.links = append(d.links, link)
		sizes = append(sizes, fmt.Sprintf("its %s (%d KB)", name, (size+1023)/1024))
	}
	d.screen.good("%s and %s download", sizes[0], sizes[1])
	return nil
}

// pollRun shows how each API tells of an execution.
func (d *demo) pollRun(ctx context.Context, x client.Execution) error {
	for _, f := range d.faces() {
		answer, err := request(ctx, http.MethodGet, d.server.url+fmt.Sprintf(f.run, x.WorkflowID, x.ID), "", f.header)
		if err != nil {
			return err
		}
		d.screen.good("%-14s  polled  %s", f.name, quote(answer, f.ended...))
	}
	return nil
}

// checkSteps waits until the registered receiver was told of the task of every
// step, too.
func (d *demo) checkSteps(ctx context.Context, x client.Execution) error {
	for _, s := range x.Steps {
		d.ledger.owe(s.TaskID)
	}
	if err := d.wait(ctx, "the webhooks of the steps", func() (bool, error) { return len(d.ledger.report().missing) == 0, nil }); err != nil {
		return err
	}
	return d.ledger.report().err()
}
