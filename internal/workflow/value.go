package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// resultScheme begins a reference to a task's result in the input of another:
// "result:task_x.png". Who gives the input to a provider puts a link in its place.
const resultScheme = "result:"

// fits reports whether a value is of an input's type.
func fits(kind string, v any) bool {
	switch v := v.(type) {
	case string:
		return kind == "" || kind == "string"
	case bool:
		return kind == "" || kind == "boolean"
	case json.Number:
		return kind == "" || kind == "number" || kind == "integer" && !strings.ContainsAny(string(v), ".eE")
	case []any:
		return kind == "" || kind == "array"
	case map[string]any:
		return kind == "" || kind == "object"
	}
	return false
}

// admit checks the inputs of an execution and returns them in normal form, with the
// defaults of those that are not given.
func (d *Definition) admit(input json.RawMessage) (json.RawMessage, error) {
	if len(input) == 0 {
		input = []byte("{}")
	}
	normal, err := jsjson.NormalizeObject(nil, input)
	if err != nil {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs", "inputs must be an object: %s.", err)
	}
	given, err := decodeObject(normal)
	if err != nil {
		return nil, err
	}
	for name := range given {
		if d.input(name) == nil {
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs."+name, "The workflow has no input %.80q; it has %s.", name, d.inputNames())
		}
	}
	added := false
	for _, in := range d.Inputs {
		v := given[in.Name]
		switch {
		case v == nil && in.Default != nil:
			given[in.Name], added = in.Default, true
		case v == nil && in.Required:
			return nil, taskhook.FieldErrorf(taskhook.CodeMissing, "inputs."+in.Name, "The input %s is required.", in.Name)
		case v != nil && !fits(in.Type, v):
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs."+in.Name, "The input %s must be of type %s.", in.Name, in.Type)
		}
	}
	if !added {
		return normal, nil
	}
	text, err := marshal(given)
	if err != nil {
		return nil, err
	}
	return jsjson.NormalizeObject(nil, text)
}

func (d *Definition) inputNames() string {
	if len(d.Inputs) == 0 {
		return "none"
	}
	names := make([]string, len(d.Inputs))
	for i, in := range d.Inputs {
		names[i] = in.Name
	}
	return strings.Join(names, ", ")
}

func decodeObject(text []byte) (object map[string]any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&object)
	return object, err
}

// values resolves the references of one execution.
type values struct {
	inputs map[string]any
	steps  map[string]*taskhook.ExecutionStep
	link   func(taskhook.Artifact) string
	inside bool // that is, give links also where a value stands alone
}

func newValues(x *taskhook.Execution, link func(taskhook.Artifact) string) (*values, error) {
	inputs, err := decodeObject(x.Input)
	if err != nil {
		return nil, fmt.Errorf("read the inputs of %s: %w", x.ID, err)
	}
	v := &values{inputs: inputs, steps: map[string]*taskhook.ExecutionStep{}, link: link}
	for i := range x.Steps {
		v.steps[x.Steps[i].ID] = &x.Steps[i]
	}
	return v, nil
}

func (v *values) resolve(ref *reference, inside bool) (any, error) {
	if ref.source == inputsName {
		return v.input(ref)
	}
	s := v.steps[ref.source]
	if s == nil || s.State != taskhook.StepSucceeded {
		return nothing{}, nil // of an output only: a step's needs have succeeded
	}
	i, err := ref.output()
	if err != nil {
		return nil, err
	}
	if i < 0 {
		all := []any{}
		for _, a := range s.Results {
			all = append(all, v.result(a, inside))
		}
		return all, nil
	}
	if i >= len(s.Results) {
		return nil, fmt.Errorf("{{ %s }}: the step %s has made %d outputs only", ref.text, s.ID, len(s.Results))
	}
	return v.result(s.Results[i], inside), nil
}

// result is what stands for a result: a link within a text and in outputs, else a
// reference.
func (v *values) result(a taskhook.Artifact, inside bool) string {
	if inside || v.inside {
		return v.link(a)
	}
	return resultScheme + a.Name
}

func (v *values) input(ref *reference) (any, error) {
	var value any = v.inputs
	for _, part := range ref.path {
		switch container := value.(type) {
		case map[string]any:
			name, _ := part.(string)
			value = container[name]
		case []any:
			i, ok := part.(int)
			if !ok || i >= len(container) {
				return nil, fmt.Errorf("{{ %s }}: the list has %d elements only", ref.text, len(container))
			}
			value = container[i]
		case nil:
			return nothing{}, nil
		default:
			return nil, fmt.Errorf("{{ %s }}: there is nothing below a plain value", ref.text)
		}
	}
	if value == nil {
		return nothing{}, nil
	}
	return value, nil
}

// input returns what the task of a step is given.
func (v *values) stepInput(s *Step) (json.RawMessage, error) {
	if s.Input == nil {
		return json.RawMessage("{}"), nil
	}
	made, err := expand(s.Input, v.resolve)
	if err != nil {
		return nil, err
	}
	return marshal(made)
}

// output returns what an execution has made, in normal form: nothing while it goes
// on, and of a failed one only what it made in spite of that.
func (d *Definition) output(x *taskhook.Execution, link func(taskhook.Artifact) string) (json.RawMessage, error) {
	if x.State != taskhook.ExecutionCompleted && (x.State != taskhook.ExecutionFailed || !d.Continue) {
		return nil, nil
	}
	v, err := newValues(x, link)
	if err != nil {
		return nil, err
	}
	v.inside = true
	templates := d.Outputs
	if templates == nil {
		templates = d.sinks()
	}
	made := map[string]any{}
	for name, template := range templates {
		value, err := expand(template, v.resolve)
		if err == nil && !isNothing(value) {
			made[name] = value
		}
	}
	text, err := marshal(made)
	if err != nil {
		return nil, err
	}
	return jsjson.NormalizeObject(nil, text)
}

// sinks are the outputs of the steps that no other needs, by their ids.
func (d *Definition) sinks() map[string]any {
	out := map[string]any{}
	for i := range d.Steps {
		out[d.Steps[i].ID] = "{{ " + d.Steps[i].ID + ".outputs }}"
	}
	for i := range d.Steps {
		for _, id := range d.Steps[i].Needs {
			delete(out, id)
		}
	}
	return out
}
