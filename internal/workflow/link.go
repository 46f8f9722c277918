package workflow

import (
	"errors"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// link finds out what the steps need of each other, and refuses what is not there
// and what goes round in a circle.
func (d *Definition) link() error {
	for i := range d.Steps {
		if err := d.linkStep(i); err != nil {
			return err
		}
	}
	if err := d.checkOrder(); err != nil {
		return err
	}
	return d.doc.references(d.Outputs, "/outputs", func(ref *reference, at string) error { return d.checkReference(ref, at) })
}

func (d *Definition) linkStep(i int) error {
	s, at := &d.Steps[i], element("/steps", i)
	var needs []string
	for j, id := range s.Needs {
		if d.step(id) < 0 {
			return d.doc.wrong(element(member(at, "needs"), j), "there is no step %.80q; the steps are %s", id, d.stepIDs())
		}
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	err := d.doc.references(s.Input, member(at, "input"), func(ref *reference, at string) error {
		if ref.source != inputsName && !slices.Contains(needs, ref.source) {
			needs = append(needs, ref.source)
		}
		return d.checkReference(ref, at)
	})
	s.Needs = needs
	return err
}

func (d *Definition) checkReference(ref *reference, at string) error {
	if ref.source == inputsName {
		name, _ := ref.path[0].(string)
		if d.input(name) == nil {
			return d.doc.wrong(at, "{{ %.80s }}: there is no input %.80q; declare it in inputs", ref.text, name)
		}
		return nil
	}
	if d.step(ref.source) < 0 {
		return d.doc.wrong(at, "{{ %.80s }}: there is no step %.80q; the steps are %s", ref.text, ref.source, d.stepIDs())
	}
	if _, err := ref.output(); err != nil {
		return d.doc.wrong(at, "%s", err)
	}
	return nil
}

// step returns the position of the step with the id, or -1.
func (d *Definition) step(id string) int {
	return slices.IndexFunc(d.Steps, func(s Step) bool { return s.ID == id })
}

func (d *Definition) input(name string) *Input {
	i := slices.IndexFunc(d.Inputs, func(in Input) bool { return in.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Inputs[i]
}

func (d *Definition) stepIDs() string {
	ids := make([]string, len(d.Steps))
	for i := range d.Steps {
		ids[i] = d.Steps[i].ID
	}
	return strings.Join(ids, ", ")
}

// checkOrder refuses steps that wait for themselves.
func (d *Definition) checkOrder() error {
	done := make([]bool, len(d.Steps))
	for i := range d.Steps {
		if circle := d.circle(i, nil, done); circle != nil {
			return d.doc.wrong(element("/steps", d.step(circle[0])), "these steps wait for each other: %s", strings.Join(circle, " -> "))
		}
	}
	return nil
}

// circle returns the ids of a circle that is reached from a step, or nil. Way are
// the ids that led there; done marks steps that lead to none.
func (d *Definition) circle(i int, way []string, done []bool) []string {
	id := d.Steps[i].ID
	if at := slices.Index(way, id); at >= 0 {
		return append(way[at:], id)
	}
	if done[i] {
		return nil
	}
	way = append(way, id)
	for _, need := range d.Steps[i].Needs {
		if found := d.circle(d.step(need), way, done); found != nil {
			return found
		}
	}
	done[i] = true
	return nil
}

// Models finds the models of steps.
type Models interface {
	Lookup(provider, capability, model string) (*catalogue.Model, error)
}

// Check refuses a definition with models that are not there, and inputs without
// references that their model does not take.
func (d *Definition) Check(models Models) error {
	for i := range d.Steps {
		s, at := &d.Steps[i], element("/steps", i)
		m, err := models.Lookup(s.Provider, s.Capability, s.Model)
		if err != nil {
			field := "model"
			if bad, ok := errors.AsType[*taskhook.Error](err); ok && bad.Field != "" {
				field = bad.Field
			}
			return d.doc.wrong(member(at, field), "%s", err)
		}
		fixed := true
		if err := d.doc.references(s.Input, "", func(*reference, string) error { fixed = false; return nil }); err != nil || !fixed {
			continue
		}
		input, err := marshal(s.Input)
		if err != nil {
			return err
		}
		if s.Input == nil {
			input = []byte("{}")
		}
		if err := m.Validate(input); err != nil {
			return d.doc.wrong(member(at, "input"), "%s", err)
		}
	}
	return nil
}
