package muapi

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/workflow"
)

// What graphs become, in the forms in which clients send them.
func TestReadGraph(t *testing.T) {
	t.Parallel()
	const step = `"provider":"muapi","model":"flux-dev-image"`
	for body, want := range map[string]string{
		`{"name":"One","nodes":[{"id":"draw","type":"flux-dev-image","params":{"prompt":"a <boat>","width":512,"hd":true,"tags":["a"],"more":{},"seed":null}}]}`: ` {"name":"One",` +
			`"inputs":{"draw__hd":{"type":"boolean","default":true},"draw__more":{"type":"object","default":{}},"draw__prompt":{"type":"string","default":"a <boat>"},` +
			`"draw__tags":{"type":"array","default":["a"]},"draw__width":{"type":"number","default":512}},"steps":[{"id":"draw",` + step +
			`,"input":{"hd":"{{ inputs.draw__hd }}","more":"{{ inputs.draw__more }}","prompt":"{{ inputs.draw__prompt }}","tags":"{{ inputs.draw__tags }}","width":"{{ inputs.draw__width }}"}}]}`,
		// Parents, and a reference, as the page on workflows has them.
		`{"name":"Two","description":"d","nodes":[{"id":"a","type":"flux-dev-image"},{"id":"b","type":"flux-dev-image","inputs":["a"],"params":{"image_url":"{{ a.outputs[0].value }}"}}]}`: ` {"name":"Two",` +
			`"description":"d","steps":[{"id":"a",` + step + `,"input":{}},{"id":"b",` + step + `,"needs":["a"],"input":{"image_url":"{{ a.outputs[0].value }}"}}]}`,
		// Edges and data.nodes with model, as web clients send them, and an id.
		`{"workflow_id":"wf_1","name":"Three","edges":[{"id":"e","source":"a","target":"b"},{"source":"a","target":"b"}],"category":"x",` +
			`"data":{"nodes":[{"id":"a","model":"flux-dev-image","position":{}},{"id":"b","model":"seedream-4-0","provider":"seedream","capability":"text-to-image","params":{"odd name":1}}]}}`: `wf_1 {"name":"Three",` +
			`"steps":[{"id":"a",` + step + `,"input":{}},{"id":"b","provider":"seedream","capability":"text-to-image","model":"seedream-4-0","needs":["a"],"input":{"odd name":1}}]}`,
	} {
		id, source, err := readGraph([]byte(body))
		if got := id + " " + string(source.Text); err != nil || got != want || source.Format != taskhook.FormatJSON {
			t.Errorf("%s: %v\n got %s\nwant %s", body, err, got, want)
		}
	}
}

// What may be sent as inputs, and what the workflow is given.
func TestReadInputs(t *testing.T) {
	t.Parallel()
	outline, err := worldFlows{newWorld()}.Outline(taskhook.Source{})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		`{"draw":{"prompt":"<x>","width":7}}`:                `{"draw__prompt":"<x>","draw__width":7}`,
		`{"draw":{"width":"7"}}`:                             `{"draw__width":7}`, // the command line sends texts
		`{"draw":{"width":"wide","prompt":"7"}}`:             `{"draw__prompt":"7","draw__width":"wide"}`,
		`{"draw__prompt":{"value":"x"},"style":{"value":1}}`: `{"draw__prompt":"x","style":1}`, // run-interactive
		`{"style":"in oil","anything":{"a":1}}`:              `{"anything":{"a":1},"style":"in oil"}`,
		`{}`:                                                 `{}`,
		`null`:                                               ``,
		`{"draw":{"prompt":"x","prompt":"y"}}`:               "!",
		`{"other":{"prompt":"x"}}`:                           "!",
	} {
		got, err := readInputs([]byte(given), outline.Inputs)
		if bad := want == "!"; bad != (err != nil) || !bad && string(got) != want {
			t.Errorf("%s: got %s, %v; want %s", given, got, err, want)
		}
	}
	w := newWorld()
	w.ask(t, "POST", "/workflow/wf_1/api-execute?webhook=https%3A%2F%2Fr.example%2F%3Fs%3D1", `{"inputs":{"style":"x"},"webhook_url":"https://not.example","cost":0}`)
	if n := w.started; n.WorkflowID != "wf_1" || n.Face != Name || n.WebhookURL != "https://r.example/?s=1" || string(n.Input) != `{"style":"x"}` || n.PerMinute != 0 {
		t.Errorf("started %+v", n)
	}
	w.ask(t, "POST", "/workflow/wf_1/run", "")
	if n := w.started; n.WebhookURL != "" || n.Input != nil {
		t.Errorf("started %+v", n)
	}
}

// A graph that is shown can be sent again, and is then the same workflow.
func FuzzGraph(f *testing.F) {
	f.Add("draw", "prompt", `"a boat"`)
	f.Add("a", "x", `{"value": [1, "{{ inputs.y }}"]}`)
	f.Add("a", "x", `"{{ inputs.a__x }}"`)
	f.Add("b", "__", `-1.5e3`)
	flows := workflow.NewService(workflow.ServiceOptions{})
	f.Fuzz(func(t *testing.T, id, param, value string) {
		sent := []byte(`{"name":"n","nodes":[{"id":` + string(encode(id)) + `,"type":"m","params":{` + string(encode(param)) + `:` + value + `}},` +
			`{"id":"last","type":"m","inputs":[` + string(encode(id)) + `]}]}`)
		var texts []string
		for range 3 {
			_, source, err := readGraph(sent)
			if err != nil {
				return
			}
			outline, err := flows.Outline(source)
			if err != nil {
				if len(texts) > 0 {
					t.Fatalf("%s is refused: %v", sent, err)
				}
				return
			}
			nodes, edges, err := graphOf(outline)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(source.Text))
			sent = encode(graph{Name: "n", Nodes: nodes, Edges: edges})
		}
		if texts[1] != texts[2] {
			t.Errorf("%s\nbecomes\n%s", texts[1], texts[2])
		}
	})
}

// Bodies of any bytes are read or refused, and never with a fault.
func FuzzWorkflowBodies(f *testing.F) {
	f.Add([]byte(`{"workflow_id":"wf_1","name":"n","data":{"nodes":[{"id":"a","params":{"x":null,"y":[1]}}]},"edges":[{"source":"a","target":"b"}]}`))
	f.Add([]byte(`{"inputs":{"draw":{"prompt":"x","width":"7"},"style":{"value":null},"anything":" "},"webhook_url":"https://r.example"}`))
	f.Add([]byte(`{"inputs":null,"nodes":{}}`))
	outline, err := worldFlows{newWorld()}.Outline(taskhook.Source{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, source, graphErr := readGraph(body)
		n, _, runErr := newExecution(body, "", outline.Inputs)
		for _, err := range []error{graphErr, runErr} {
			if err == nil {
				continue
			}
			if _, ok := errors.AsType[*taskhook.Error](err); !ok {
				t.Errorf("%q: %v is not for users", body, err)
			}
		}
		if graphErr == nil && !json.Valid(source.Text) || n.Input != nil && !json.Valid(n.Input) {
			t.Errorf("%q becomes %s, %s", body, source.Text, n.Input)
		}
	})
}
