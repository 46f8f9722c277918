package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/taskhook/taskhook/client"
)

// twoSteps is a workflow whose second step can be refused by its input.
const twoSteps = `name: Crash %d
inputs: {width: {}}
steps:
  - {id: first, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: one, width: 64, height: 64, sandbox: {seconds: %.2f}}}
  - {id: second, provider: seedream, capability: text-to-image, model: seedream-4-0,
     input: {prompt: two, height: 64, width: "{{ inputs.width }}", images: "{{ first.outputs }}", sandbox: {seconds: 0}}}
`

// workflows makes a workflow, runs it, and often cancels that, changes it or
// deletes it.
func (w *workload) workflows() {
	definition := func() []byte { return fmt.Appendf(nil, twoSteps, w.serial.Add(1), rand.Float64()/5) }
	var flow client.Workflow
	err := once(func(ctx context.Context) (err error) {
		flow, err = w.client.CreateWorkflow(ctx, definition())
		return err
	})
	if err != nil {
		pause()
		return
	}
	w.execute(flow.ID)
	if rand.IntN(2) == 0 {
		err := insist(func(ctx context.Context) error {
			_, err := w.client.UpdateWorkflow(ctx, flow.ID, definition())
			return err
		})
		if refused(err) {
			w.ledger.breach("L1: changing workflow " + flow.ID + ": " + err.Error())
		}
	}
	if rand.IntN(2) == 0 {
		_ = insist(func(ctx context.Context) error { return w.client.DeleteWorkflow(ctx, flow.ID) })
	}
}

// execute runs a workflow to its end and notes what came of it.
func (w *workload) execute(id string) {
	inputs := []string{`{"width":64}`, `{"width":64}`, `{"width":"wide"}`}
	var x client.Execution
	err := once(func(ctx context.Context) (err error) {
		x, err = w.client.RunWorkflow(ctx, id, client.NewExecution{Inputs: json.RawMessage(inputs[rand.IntN(len(inputs))]), WebhookURL: w.hooks + perJobPath})
		return err
	})
	if err != nil {
		w.ledger.unanswered(flowSort, 1)
		w.ledger.unanswered(taskSort, 2)
		return
	}
	started := x.ID
	w.ledger.note("execution", started, func() { w.ledger.flows[started] = "" })
	if rand.IntN(4) == 0 {
		_ = insist(func(ctx context.Context) error { _, err := w.client.CancelExecution(ctx, started); return err })
	}
	for range 100 {
		err := insist(func(ctx context.Context) (err error) {
			x, err = w.client.Execution(ctx, started)
			return err
		})
		if err != nil {
			w.ledger.breach("L1: execution " + started + " was acknowledged: " + err.Error())
			return
		}
		if !x.CompletedAt.IsZero() {
			w.ledger.execution(x)
			return
		}
		pause()
	}
	w.ledger.unanswered(taskSort, 2) // nobody looked which they are
}

// flowSort is the sort of events that tell of executions.
const flowSort = "workflow."

// execution notes how an execution ended, with the tasks that were made for it.
func (l *clientLedger) execution(x client.Execution) {
	l.note("execution", []string{x.ID, x.Status}, func() { l.flows[x.ID] = x.Status })
	for _, step := range x.Steps {
		switch {
		case step.TaskID == "":
		case step.Status == "cancelled":
			l.final(step.TaskID, step.Status)
		default:
			l.task(step.TaskID)
		}
		if step.Tries > 1 {
			l.breach(fmt.Sprintf("L9: step %s of %s was tried %d times", step.ID, x.ID, step.Tries))
		}
	}
}

// openFlows asks how the executions ended whose end nobody waited for.
func (f *facts) openFlows(ctx context.Context, c *client.Client) {
	for id, state := range f.flows {
		if state != "" {
			continue
		}
		x, err := c.Execution(ctx, id)
		if err != nil || x.CompletedAt.IsZero() {
			f.broken = append(f.broken, fmt.Sprintf("L1: execution %s never ended: %+v, %v", id, x, err))
		}
		f.flows[id] = x.Status
	}
}

// judgeFlows is L1 for executions: the end of each is told, but of those that were
// cancelled.
func (f *facts) judgeFlows(v *Verdict, bySubject map[string]int) {
	for id, state := range f.flows {
		if told := bySubject[id] > 0; told == (state == "cancelled") {
			v.violate("L1", "execution %s is %s and has %d deliveries", id, state, bySubject[id])
		}
	}
}
