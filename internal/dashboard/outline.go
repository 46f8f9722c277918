package dashboard

import (
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
)

// Outline is what a workflow's definition says, as far as pages show it.
type Outline struct {
	Parameters []Parameter
	Steps      []OutlineStep
}

// Parameter is an input that a workflow takes.
type Parameter struct {
	Name        string
	Type        string // "string"; empty: any
	Description string
	Required    bool
}

// OutlineStep is a step of a definition.
type OutlineStep struct {
	ID         string
	Provider   string
	Capability string // empty: the only one of the model
	Model      string
	Needs      []string // ids of the steps that come before it
	Retries    int      // tries after the first
}

// Sample returns a command's inputs, with a text to be replaced for each that must
// be given.
func (o Outline) Sample() string {
	var list []string
	for _, p := range o.Parameters {
		if p.Required {
			list = append(list, strconv.Quote(p.Name)+`: "…"`)
		}
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// step returns a step by its id; the zero step when there is none.
func (o Outline) step(id string) OutlineStep {
	for _, s := range o.Steps {
		if s.ID == id {
			return s
		}
	}
	return OutlineStep{ID: id}
}

// outlineOf reads the definition of a version of a workflow. A version never
// changes, so that pages that are followed read it once.
func (d *Dashboard) outlineOf(workflow string, version int, source taskhook.Source) (Outline, error) {
	return d.outlines.get(workflow+"/"+strconv.Itoa(version), func() (Outline, error) { return d.Outline(source) })
}
