package workflow

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

func TestOutline(t *testing.T) {
	t.Parallel()
	got, err := new(Service).Outline(inYAML(`
name: Two
webhook: https://r.example/hook
inputs:
  prompt: {type: string, description: What to draw.}
  size: {type: integer, default: 512}
  unused: {required: false}
steps:
  - {id: first, provider: p, model: m}
  - {id: second, provider: p, capability: c, model: m, needs: [first], input: {a: "{{ inputs.prompt }} <b>", n: "{{ inputs.size }}"}}
  - {id: third, provider: p, model: m, input: {a: "{{ inputs.prompt }}", b: "{{ second.outputs[0].value }}"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := taskhook.WorkflowOutline{WebhookURL: "https://r.example/hook",
		Inputs: []taskhook.WorkflowInput{
			{Name: "prompt", Type: "string", Description: "What to draw.", Required: true, Step: "second"},
			{Name: "size", Type: "integer", Default: []byte("512"), Step: "second"},
			{Name: "unused"}},
		Steps: []taskhook.WorkflowStep{
			{ID: "first", Provider: "p", Model: "m", Input: []byte("{}")},
			{ID: "second", Provider: "p", Capability: "c", Model: "m", Input: []byte(`{"a":"{{ inputs.prompt }} <b>","n":"{{ inputs.size }}"}`), Needs: []string{"first"}},
			{ID: "third", Provider: "p", Model: "m", Input: []byte(`{"a":"{{ inputs.prompt }}","b":"{{ second.outputs[0].value }}"}`), Needs: []string{"second"}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// oneWorkflow is storage that holds a workflow.
type oneWorkflow struct {
	Store
	w taskhook.Workflow
}

func (s *oneWorkflow) Workflow(context.Context, string, string) (taskhook.Workflow, error) {
	return s.w, nil
}

func (s *oneWorkflow) UpdateWorkflow(_ context.Context, _ time.Time, w taskhook.Workflow) (taskhook.Workflow, error) {
	s.w = w
	return w, nil
}

// A workflow that is renamed is else as it was.
func TestRename(t *testing.T) {
	t.Parallel()
	models, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	const steps = `"steps":[ {"model":"seedream-4-0","id":"a","provider":"seedream","capability":"text-to-image","input":{"prompt":"<x>"}}]`
	for source, want := range map[string]string{
		`{"description":"d", "name":"Old",` + steps + `}`: `{"name":"A \"new\" one","description":"d",` + steps + `}`,
		"steps:\n- {id: a, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: <x>}}\nname: Old": `{"name":"A \"new\" one",` +
			`"steps":[{"capability":"text-to-image","id":"a","input":{"prompt":"<x>"},"model":"seedream-4-0","provider":"seedream"}]}`,
	} {
		format := taskhook.FormatYAML
		if source[0] == '{' {
			format = taskhook.FormatJSON
		}
		stored := &oneWorkflow{w: taskhook.Workflow{Source: taskhook.Source{Format: format, Text: []byte(source)}}}
		s := NewService(ServiceOptions{Store: stored, Models: models})
		got, err := s.Rename(t.Context(), "acc_1", "wf_1", `A "new" one`)
		if err != nil || got.Name != `A "new" one` || got.Source.Format != taskhook.FormatJSON || string(got.Source.Text) != want {
			t.Errorf("%s becomes\n%s, %v; want\n%s", source, got.Source.Text, err, want)
		}
		if _, err := s.Rename(t.Context(), "acc_1", "wf_1", ""); taskhook.ErrorCode(err) != taskhook.CodeInvalid || string(stored.w.Source.Text) != want {
			t.Errorf("no name: %v", err)
		}
	}
}
