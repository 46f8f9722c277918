package workflow

import (
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

func link(a taskhook.Artifact) string { return "https://x.example/" + a.Name + "?a=1&b=2" }

func TestStepInput(t *testing.T) {
	t.Parallel()
	x := &taskhook.Execution{Input: []byte(`{"prompt":"a {{ boat }}","n":7,"deep":{"list":[1,{"a":"b"}]},"none":null}`),
		Steps: []taskhook.ExecutionStep{{ID: "draw", State: taskhook.StepSucceeded, Results: []taskhook.Artifact{{Name: "task_1.png"}, {Name: "task_1-2.png"}}}}}
	v, err := newValues(x, link)
	if err != nil {
		t.Fatal(err)
	}
	for template, want := range map[string]string{
		"plain":                            `{"x":"plain"}`,
		"{{ inputs.prompt }}":              `{"x":"a {{ boat }}"}`,
		"{{inputs.prompt}}!":               `{"x":"a {{ boat }}!"}`,
		"{{ inputs.n }}":                   `{"x":7}`,
		"n is {{ inputs.n }}":              `{"x":"n is 7"}`,
		"{{ inputs.deep }}":                `{"x":{"list":[1,{"a":"b"}]}}`,
		"{{ inputs.deep.list[1].a }}":      `{"x":"b"}`,
		"deep {{ inputs.deep.list }}":      `{"x":"deep [1,{\"a\":\"b\"}]"}`,
		"{{ inputs.none }}":                `{}`,
		"{{ inputs.absent }}":              `{}`,
		"{{ inputs.absent.below }}":        `{}`,
		"a{{ inputs.none }}b":              `{"x":"ab"}`,
		"{{ draw.outputs[1].value }}":      `{"x":"result:task_1-2.png"}`,
		"{{ draw.outputs[0] }}":            `{"x":"result:task_1.png"}`,
		"{{ draw.outputs }}":               `{"x":["result:task_1.png","result:task_1-2.png"]}`,
		"see {{ draw.outputs[0].value }}.": `{"x":"see https://x.example/task_1.png?a=1&b=2."}`,
		"{{ draw.outputs[2] }}":            "!{{ draw.outputs[2] }}: the step draw has made 2 outputs only",
		"{{ inputs.n.below }}":             "!there is nothing below a plain value",
		"{{ inputs.deep.list[2] }}":        "!the list has 2 elements only",
	} {
		got, err := v.stepInput(&Step{Input: map[string]any{"x": template}})
		if want, bad := strings.CutPrefix(want, "!"); bad != (err != nil) || bad && !strings.Contains(err.Error(), want) || !bad && string(got) != want {
			t.Errorf("%s: got %s, %v; want %s", template, got, err, want)
		}
	}
	if got, err := v.stepInput(&Step{}); string(got) != "{}" || err != nil {
		t.Errorf("no input: %s, %v", got, err)
	}
	if got, err := v.stepInput(&Step{Input: map[string]any{"l": []any{"{{ inputs.none }}", "a", true}}}); string(got) != `{"l":["a",true]}` || err != nil {
		t.Errorf("a list: %s, %v", got, err)
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	d := parse(t, poster)
	for given, want := range map[string]string{
		`{"prompt":"x"}`:                        `{"prompt":"x","size":512}`,
		`{"size":7,"prompt":"x","style":[1.0]}`: `{"size":7,"prompt":"x","style":[1]}`,
		``:                                      "!The input prompt is required",
		`{"prompt":null}`:                       "!The input prompt is required",
		`{"prompt":7}`:                          "!The input prompt must be of type string",
		`{"prompt":"x","size":1.5}`:             "!The input size must be of type integer",
		`{"prompt":"x","size":"1"}`:             "!The input size must be of type integer",
		`{"prompt":"x","other":1}`:              `!The workflow has no input "other"; it has prompt, size, style.`,
		`[]`:                                    "!inputs must be an object",
		`{"prompt":"x","style":1e999}`:          "!inputs must be an object",
	} {
		got, err := d.admit([]byte(given))
		if want, bad := strings.CutPrefix(want, "!"); bad != (err != nil) || bad && !strings.Contains(err.Error(), want) || !bad && string(got) != want {
			t.Errorf("%s: got %s, %v; want %s", given, got, err, want)
		}
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	const plain = "name: x\nsteps:\n  - {id: a, provider: p, model: m}\n  - {id: b, provider: p, model: m, needs: [a]}\n  - {id: c, provider: p, model: m}\n"
	x := func(state taskhook.ExecutionState, b taskhook.StepState) *taskhook.Execution {
		return &taskhook.Execution{State: state, Input: []byte(`{}`), Steps: []taskhook.ExecutionStep{
			{ID: "a", State: taskhook.StepSucceeded, Results: []taskhook.Artifact{{Name: "a"}}},
			{ID: "b", State: b, Results: []taskhook.Artifact{{Name: "b"}}},
			{ID: "c", State: taskhook.StepSucceeded, Results: []taskhook.Artifact{{Name: "c1"}, {Name: "c2"}}}}}
	}
	named := plain + "outputs: {'10': '{{ b.outputs[0].value }}', '9': 'at {{ c.outputs[1] }}', none: '{{ c.outputs[7] }}'}\n"
	for _, test := range []struct {
		text  string
		state taskhook.ExecutionState
		b     taskhook.StepState
		want  string
	}{
		{plain, taskhook.ExecutionCompleted, taskhook.StepSucceeded, `{"b":["https://x.example/b?a=1&b=2"],"c":["https://x.example/c1?a=1&b=2","https://x.example/c2?a=1&b=2"]}`},
		{named, taskhook.ExecutionCompleted, taskhook.StepSucceeded, `{"9":"at https://x.example/c2?a=1&b=2","10":"https://x.example/b?a=1&b=2"}`},
		{named, taskhook.ExecutionRunning, taskhook.StepSucceeded, ``},
		{named, taskhook.ExecutionFailed, taskhook.StepFailed, ``},
		{"on_failure: continue\n" + named, taskhook.ExecutionFailed, taskhook.StepFailed, `{"9":"at https://x.example/c2?a=1&b=2"}`},
		{named, taskhook.ExecutionCancelled, taskhook.StepSkipped, ``},
	} {
		got, err := parse(t, test.text).output(x(test.state, test.b), link)
		if err != nil || string(got) != test.want {
			t.Errorf("%s %s: got %s, %v; want %s", test.text, test.state, got, err, test.want)
		}
	}
}
