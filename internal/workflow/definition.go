package workflow

import (
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// Definition is what a workflow does.
type Definition struct {
	Name        string
	Description string
	WebhookURL  string  // told of the end of executions that name none themselves, or empty
	Continue    bool    // a failed step does not end what does not need it
	Inputs      []Input // by name
	Steps       []Step
	Outputs     map[string]any // templates; nil: the outputs of the steps that no other needs

	doc *document
}

// Input is a parameter of a workflow.
type Input struct {
	Name        string
	Type        string // "string", "number", "integer", "boolean", "array", "object"; empty: any
	Description string
	Required    bool
	Default     any // nil: none
}

// Step is a task of a workflow.
type Step struct {
	ID         string
	Provider   string
	Capability string // empty: the only one of the model
	Model      string
	Input      map[string]any // templates
	Needs      []string       // ids of the steps that must have succeeded, those of its references among them
	Retries    int            // tries after the first
	Timeout    time.Duration  // of a try; 0: as long as the model may take
}

// The bounds of steps.
const (
	maxSteps   = 100
	maxInputs  = 100
	maxRetries = 10
	maxTimeout = 24 * time.Hour
	maxName    = 200
)

// Parse reads a definition and checks all that it says of itself: the error, a
// taskhook.Error, names the place. Whether its models exist is for Check.
func Parse(s taskhook.Source) (*Definition, error) {
	doc, err := read(s)
	if err != nil {
		return nil, err
	}
	d := &Definition{doc: doc}
	f := doc.fields("", doc.root)
	d.Name = f.text("name", true)
	d.Description = f.text("description", false)
	d.WebhookURL = f.text("webhook", false)
	d.Continue = f.word("on_failure", "fail", "continue") == "continue"
	d.readInputs(f)
	d.readSteps(f)
	if v, ok := f.take("outputs"); ok {
		if d.Outputs, ok = v.(map[string]any); !ok {
			f.fail(doc.wrong("/outputs", "outputs must be an object, such as {images: \"{{ draw.outputs }}\"}"))
		}
	}
	if len(d.Name) > maxName {
		f.fail(doc.wrong("/name", "name must have at most %d characters", maxName))
	}
	if err := f.end(); err != nil {
		return nil, err
	}
	return d, d.link()
}

func (d *Definition) readInputs(f *fields) {
	v, ok := f.take("inputs")
	if !ok {
		return
	}
	inputs, ok := v.(map[string]any)
	if !ok || len(inputs) > maxInputs {
		f.fail(d.doc.wrong("/inputs", "inputs must be an object of at most %d names, such as {prompt: {type: string}}", maxInputs))
		return
	}
	for _, name := range sorted(inputs) {
		at := member("/inputs", name)
		if !nameForm.MatchString(name) {
			f.fail(d.doc.wrongKey(at, "%.80q can't be the name of an input; use letters, digits, _ and -", name))
			return
		}
		in, err := d.readInput(name, at, inputs[name])
		if err != nil {
			f.fail(err)
			return
		}
		d.Inputs = append(d.Inputs, in)
	}
}

func (d *Definition) readInput(name, at string, v any) (in Input, err error) {
	if v == nil {
		v = map[string]any{}
	}
	f := d.doc.fields(at, v)
	in = Input{Name: name, Type: f.word("type", "", "string", "number", "integer", "boolean", "array", "object"), Description: f.text("description", false)}
	in.Default, _ = f.take("default")
	in.Required = f.flag("required", in.Default == nil)
	if err := f.end(); err != nil {
		return in, err
	}
	if in.Default != nil && !fits(in.Type, in.Default) {
		return in, d.doc.wrong(member(at, "default"), "the default must be of type %s", in.Type)
	}
	return in, nil
}

func (d *Definition) readSteps(f *fields) {
	v, _ := f.take("steps")
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxSteps {
		f.fail(d.doc.wrong("/steps", "steps must be a list of 1 to %d steps", maxSteps))
		return
	}
	for i, v := range list {
		s, err := d.readStep(element("/steps", i), v)
		if err != nil {
			f.fail(err)
			return
		}
		d.Steps = append(d.Steps, s)
	}
}

func (d *Definition) readStep(at string, v any) (s Step, err error) {
	f := d.doc.fields(at, v)
	s = Step{ID: f.text("id", true), Provider: f.text("provider", true), Capability: f.text("capability", false), Model: f.text("model", true),
		Needs: f.texts("needs"), Retries: f.count("retries", maxRetries), Timeout: f.duration("timeout", maxTimeout)}
	if v, ok := f.take("input"); ok {
		if s.Input, ok = v.(map[string]any); !ok {
			f.fail(d.doc.wrong(member(at, "input"), "input must be an object"))
		}
	}
	if err := f.end(); err != nil {
		return s, err
	}
	switch {
	case !nameForm.MatchString(s.ID) || len(s.ID) > 64 || s.ID == inputsName:
		return s, d.doc.wrong(member(at, "id"), "%.80q can't be the id of a step; use letters, digits, _ and -, and another word than inputs", s.ID)
	case slices.ContainsFunc(d.Steps, func(other Step) bool { return other.ID == s.ID }):
		return s, d.doc.wrong(member(at, "id"), "another step has the id %s already", s.ID)
	}
	return s, nil
}

func sorted(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
