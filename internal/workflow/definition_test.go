package workflow

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

const poster = `name: Poster
description: A picture that moves.
on_failure: continue
inputs:
  prompt: {type: string}
  size: {type: integer, default: 512}
  style:
    required: false
steps:
  - id: draw
    provider: seedream
    capability: text-to-image
    model: seedream-4-0
    input:
      prompt: "{{ inputs.prompt }}, {{inputs.style}}"
      width: "{{ inputs.size }}"
    retries: 2
    timeout: 90s
  - id: animate
    provider: vidu
    model: viduq3-turbo
    capability: text-to-video
    input: {prompt: "from {{ draw.outputs[0] }}", images: ["{{ draw.outputs[0].value }}"]}
  - id: last
    provider: seedream
    model: seedream-4-0
    capability: text-to-image
    needs: [animate]
    input: {prompt: x}
outputs:
  videos: "{{ animate.outputs }}"
`

func inYAML(text string) taskhook.Source {
	return taskhook.Source{Format: taskhook.FormatYAML, Text: []byte(text)}
}

func parse(t testing.TB, text string) *Definition {
	t.Helper()
	d, err := Parse(inYAML(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	t.Parallel()
	d := parse(t, poster)
	tree, err := Tree(inYAML(poster))
	if err != nil {
		t.Fatal(err)
	}
	same, err := Parse(taskhook.Source{Format: taskhook.FormatJSON, Text: tree})
	if err != nil {
		t.Fatalf("the same in JSON: %v", err)
	}
	for _, d := range []*Definition{d, same} {
		if d.Name != "Poster" || !d.Continue || len(d.Inputs) != 3 || len(d.Steps) != 3 {
			t.Errorf("read %+v", d)
		}
		if in := d.Inputs[1]; in.Name != "size" || in.Required || in.Default != json.Number("512") || !d.Inputs[0].Required || d.Inputs[2].Required {
			t.Errorf("inputs %+v", d.Inputs)
		}
		s := d.Steps
		if s[0].Retries != 2 || s[0].Timeout != 90*time.Second || len(s[0].Needs) != 0 || !slices.Equal(s[1].Needs, []string{"draw"}) || !slices.Equal(s[2].Needs, []string{"animate"}) {
			t.Errorf("steps %+v", s)
		}
	}
	models, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check(models); err != nil {
		t.Errorf("check: %v", err)
	}
}

// TestErrorsHavePlaces changes a good definition in one point and wants to read
// where that is.
func TestErrorsHavePlaces(t *testing.T) {
	t.Parallel()
	models, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ from, to, want string }{
		"unknown step":               {"{{ draw.outputs[0].value }}", "{{ drwa.outputs[0].value }}", `line 23, column 60: {{ drwa.outputs[0].value }}: there is no step "drwa"; the steps are draw, animate, last`},
		"unknown need":               {"needs: [animate]", "needs: [draw, none]", `line 28, column 19: there is no step "none"`},
		"circle":                     {"prompt: \"{{ inputs.prompt }}", "x: \"{{ last.outputs }}\"\n      prompt: \"{{ inputs.prompt }}", "line 10, column 5: these steps wait for each other: draw -> last -> animate -> draw"},
		"itself":                     {"needs: [animate]", "needs: [last]", "these steps wait for each other: last -> last"},
		"unknown model":              {"model: viduq3-turbo", "model: viduq9", "line 21, column 12: provider vidu has no model"},
		"unknown provider":           {"provider: vidu", "provider: vido", "line 20, column 15: there is no provider"},
		"unknown capability":         {"capability: text-to-video", "capability: text-to-audio", "line 22, column 17: provider vidu has no capability"},
		"bad input of a model":       {"input: {prompt: x}", "input: {prompt: 7}", "line 29, column 13: prompt must be a string"},
		"open template":              {"{{inputs.style}}", "{{inputs.style", "line 15, column 15: {{ is not closed by }}"},
		"bad template":               {"{{inputs.style}}", "{{inputs style}}", "line 15, column 15: {{ inputs style }} can't be read"},
		"template of nothing":        {"{{inputs.style}}", "{{}}", "line 15, column 15: "},
		"bad index":                  {"{{ draw.outputs[0].value }}", "{{ draw.outputs[-1] }}", `line 23, column 60: {{ draw.outputs[-1] }} can't be read from "[-1]" on`},
		"no output":                  {"{{ draw.outputs[0].value }}", "{{ draw.result }}", "line 23, column 60: {{ draw.result }} is none of a step's outputs"},
		"below an output":            {"{{ draw.outputs[0].value }}", "{{ draw.outputs[0].size }}", "line 23, column 60: {{ draw.outputs[0].size }} can't be found in an output"},
		"missing input":              {"  prompt: {type: string}\n", "", `line 14, column 15: {{ inputs.prompt }}: there is no input "prompt"; declare it`},
		"bad output":                 {"{{ animate.outputs }}", "{{ animat.outputs }}", `line 31, column 11: {{ animat.outputs }}: there is no step "animat"`},
		"unknown field":              {"timeout: 90s", "time_out: 90s", `line 18, column 5: there is no field "time_out" here; the fields are id, provider`},
		"unknown field at root":      {"outputs:", "output:", `line 30, column 1: there is no field "output" here`},
		"no name":                    {"name: Poster\n", "", "line 1, column 1: name is missing"},
		"no provider":                {"    provider: vidu\n", "", "line 19, column 5: provider is missing"},
		"the same id":                {"id: animate", "id: draw", "line 19, column 9: another step has the id draw already"},
		"a bad id":                   {"id: animate", "id: a b", `line 19, column 9: "a b" can't be the id of a step`},
		"a reserved id":              {"id: animate", "id: inputs", "line 19, column 9: "},
		"retries":                    {"retries: 2", "retries: 11", "line 17, column 14: retries must be a whole number from 0 to 10"},
		"retries as text":            {"retries: 2", "retries: many", "line 17, column 14: retries must be"},
		"timeout":                    {"timeout: 90s", "timeout: 90", "line 18, column 14: timeout must be a text"},
		"timeout too long":           {"timeout: 90s", "timeout: 25h", "line 18, column 14: timeout must be a time from 1s to 24h"},
		"on failure":                 {"on_failure: continue", "on_failure: ignore", "line 3, column 13: on_failure must be one of fail, continue"},
		"type of an input":           {"type: integer", "type: int", "line 6, column 16: type must be one of string, number"},
		"default of an input":        {"default: 512", "default: 5.5", "line 6, column 34: the default must be of type integer"},
		"name of an input":           {"  style:", "  a b:", `line 7, column 3: "a b" can't be the name of an input`},
		"steps no list":              {"needs: [animate]", "needs: animate", "line 28, column 12: needs must be a list of texts"},
		"input no object":            {"input: {prompt: x}", "input: x", "line 29, column 12: input must be an object"},
		"an anchor":                  {"input: {prompt: x}", "input: &a {prompt: x}", "anchors, aliases, tags"},
		"an alias":                   {"input: {prompt: x}", "input: {prompt: *a}", "The definition can't be read: "},
		"a number that JSON has not": {"default: 512", "default: .inf", "line 6, column 34: anchors, aliases, tags and numbers"},
		"a key twice":                {"retries: 2", "id: other", "line 17, column 5: "},
		"bad YAML":                   {"outputs:", "outputs: [", "The definition can't be read: line "},
		"two documents":              {"outputs:", "---\noutputs:", "The definition can't be read: it must be one YAML document"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(poster, test.from, test.to, 1)
			if text == poster {
				t.Fatalf("%q is not in the definition", test.from)
			}
			d, err := Parse(inYAML(text))
			if err == nil {
				err = d.Check(models)
			}
			bad, ok := errors.AsType[*taskhook.Error](err)
			if !ok || bad.Code != taskhook.CodeInvalid || !strings.Contains(bad.Message, test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// TestDeepYAML offers what keeps the parser busy for long. The time that these take
// would end the test.
func TestDeepYAML(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"lists":       strings.Repeat("[", 65000),
		"objects":     strings.Repeat("{a: ", 16000),
		"dashes":      strings.Repeat("- ", 32000),
		"after a key": "a:\n  " + strings.Repeat("- ", 32000),
		"indentation": "a:\n" + strings.Repeat(" ", 60000) + "b: c",
	} {
		_, err := Parse(inYAML(text))
		if bad, ok := errors.AsType[*taskhook.Error](err); !ok || !strings.Contains(bad.Message, "nested too deep") {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	if _, err := Parse(inYAML(strings.Replace(poster, "moves.", strings.Repeat("[", maxOpen-10), 1))); err != nil {
		t.Errorf("brackets in a text: %v", err)
	}
}

func TestErrorsInJSON(t *testing.T) {
	t.Parallel()
	const head = `{"name":"x","steps":[{"id":"a","provider":"p","model":"m"`
	for name, test := range map[string]struct{ text, want string }{
		"nothing":         {``, "byte 0: it ends too early"},
		"half":            {`{"name":`, "it ends too early"},
		"no JSON":         {`{name}`, "The definition can't be read: byte "},
		"a list":          {`[]`, "/: this must be an object"},
		"two values":      {`{} {}`, "something follows the definition"},
		"a key twice":     {`{"name":"x","name":"y"}`, "/name is repeated"},
		"too deep":        {strings.Repeat(`{"a":`, 100), "nested more than 32 levels deep"},
		"too large":       {`{"name":"` + strings.Repeat("x", maxSource) + `"}`, "more than 64 KB"},
		"no steps":        {`{"name":"x"}`, "/steps: steps must be a list"},
		"empty steps":     {`{"name":"x","steps":[]}`, "/steps: steps must be a list of 1 to 100"},
		"a step":          {`{"name":"x","steps":[7]}`, "/steps/0: this must be an object"},
		"unknown field":   {head + `,"a/b~":1}]}`, `/steps/0/a~1b~0: there is no field "a/b~"`},
		"a bad reference": {head + `,"input":{"p":["{{ b.outputs }}"]}}]}`, `/steps/0/input/p/0: {{ b.outputs }}: there is no step "b"`},
		"NUL":             {`{"name":"\u0000"}`, "/name: name must be a text"},
	} {
		_, err := Parse(taskhook.Source{Format: taskhook.FormatJSON, Text: []byte(test.text)})
		if bad, ok := errors.AsType[*taskhook.Error](err); !ok || !strings.Contains(bad.Message, test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

// FuzzParse: no text makes a panic, and what is read is the same when it is read
// again from its tree.
func FuzzParse(f *testing.F) {
	f.Add(poster, true)
	f.Add(`{"name":"x","steps":[{"id":"a","provider":"p","model":"m","input":{"p":"{{ a.outputs[0].value }}"}}]}`, false)
	f.Add("name: [\n", true)
	f.Add("a: &x\n  b: *x\n<<: *x\n", true)
	f.Fuzz(func(t *testing.T, text string, isYAML bool) {
		s := taskhook.Source{Format: taskhook.FormatJSON, Text: []byte(text)}
		if isYAML {
			s.Format = taskhook.FormatYAML
		}
		d, err := Parse(s)
		if err != nil {
			if _, ok := errors.AsType[*taskhook.Error](err); !ok {
				t.Errorf("%q: %v is not for users", text, err)
			}
			return
		}
		tree, err := Tree(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(taskhook.Source{Format: taskhook.FormatJSON, Text: tree})
		if err != nil || again.Name != d.Name || len(again.Steps) != len(d.Steps) {
			t.Errorf("%q: again it is %+v, %v", text, again, err)
		}
	})
}
