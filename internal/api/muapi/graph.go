package muapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
)

// The API's workflows are graphs of nodes, whose parameters may be set for each run.
// Here they become workflows with a step for each node, and an input for each of
// its parameters that says nothing of other nodes, with what was saved as its
// default. So they are workflows for the other APIs too.

// node is a node of a graph.
type node struct {
	ID         string                     `json:"id"`
	Type       string                     `json:"type"`                 // the model
	Model      string                     `json:"model,omitempty"`      // for type, as some clients send it
	Provider   string                     `json:"provider,omitempty"`   // of the model; absent: of this API
	Capability string                     `json:"capability,omitempty"` // absent: the only one of the model
	Params     map[string]json.RawMessage `json:"params"`
	Inputs     []string                   `json:"inputs"` // ids of the nodes before it
}

// edge leads from a node to one after it.
type edge struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// graph is a workflow as clients send it.
type graph struct {
	WorkflowID  string                 `json:"workflow_id"`
	Name        string                 `json:"name"`
	Description string                 `json:"description"`
	Nodes       []node                 `json:"nodes"`
	Edges       []edge                 `json:"edges"`
	Data        struct{ Nodes []node } `json:"data"` // where some clients have the nodes
}

// definition is a workflow as docs/workflows.md has it.
type definition struct {
	Name        string                  `json:"name"`
	Description string                  `json:"description,omitempty"`
	Inputs      map[string]definedInput `json:"inputs,omitempty"`
	Steps       []definedStep           `json:"steps"`
}

type definedInput struct {
	Type    string          `json:"type"`
	Default json.RawMessage `json:"default"`
}

type definedStep struct {
	ID         string                     `json:"id"`
	Provider   string                     `json:"provider"`
	Capability string                     `json:"capability,omitempty"`
	Model      string                     `json:"model"`
	Needs      []string                   `json:"needs,omitempty"`
	Input      map[string]json.RawMessage `json:"input"`
}

// readGraph reads the body that makes a workflow, or changes the one with the id.
func readGraph(body []byte) (id string, source taskhook.Source, err error) {
	if err := members(body, func(string, []byte) error { return nil }); err != nil {
		return "", source, err
	}
	var g graph
	err = json.Unmarshal(body, &g)
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "", source, taskhook.FieldErrorf(taskhook.CodeInvalid, bad.Field, "This can't be a %s.", bad.Value)
	}
	if err != nil {
		return "", source, taskhook.Errorf(taskhook.CodeMalformed, "The body can't be read as a workflow: %s.", err)
	}
	if len(g.Nodes) == 0 {
		g.Nodes = g.Data.Nodes
	}
	if len(g.Nodes) == 0 {
		return "", source, taskhook.FieldErrorf(taskhook.CodeMissing, "nodes", "nodes are required.")
	}
	if g.Name == "" {
		return "", source, taskhook.FieldErrorf(taskhook.CodeMissing, "name", "name is required.")
	}
	d := definition{Name: g.Name, Description: g.Description, Inputs: map[string]definedInput{}}
	for i := range g.Nodes {
		d.Steps = append(d.Steps, d.step(&g.Nodes[i], g.Edges))
	}
	return g.WorkflowID, taskhook.Source{Format: taskhook.FormatJSON, Text: encode(d)}, nil
}

// step returns the step for a node, and declares its parameters.
func (d *definition) step(n *node, edges []edge) definedStep {
	s := definedStep{ID: n.ID, Provider: cmp.Or(n.Provider, Name), Capability: n.Capability, Model: cmp.Or(n.Type, n.Model),
		Needs: slices.Clone(n.Inputs), Input: map[string]json.RawMessage{}}
	for _, e := range edges {
		if e.Target == n.ID && !slices.Contains(s.Needs, e.Source) {
			s.Needs = append(s.Needs, e.Source)
		}
	}
	for param, value := range n.Params {
		name, kind := n.ID+nameSeparator+param, kindOf(value)
		switch {
		case kind == "": // null
		case bytes.Contains(value, []byte("{{")) || !isName(name):
			s.Input[param] = value
		default:
			d.Inputs[name] = definedInput{kind, value}
			s.Input[param] = encode(referenceTo(name))
		}
	}
	return s
}

// referenceTo is what stands for an input in the input of a step.
func referenceTo(input string) string { return "{{ inputs." + input + " }}" }

// kindOf returns the type of a JSON value as definitions have it; that of null is
// empty.
func kindOf(value json.RawMessage) string {
	switch value[0] {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case '[':
		return "array"
	case '{':
		return "object"
	case 'n':
		return ""
	}
	return "number"
}

// isName reports whether a text may be the name of an input.
func isName(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	return text != "" && strings.Contains(letters, text[:1]) && strings.Trim(text, letters+"0123456789-") == ""
}

// graphOf shows a workflow as a graph, with the defaults of parameters in their
// place.
func graphOf(o taskhook.WorkflowOutline) (nodes []node, edges []edge, err error) {
	nodes, edges = []node{}, []edge{}
	defaults := map[string]json.RawMessage{}
	for _, in := range o.Inputs {
		defaults[in.Name] = in.Default
	}
	for _, s := range o.Steps {
		n := node{ID: s.ID, Type: s.Model, Capability: s.Capability, Inputs: append([]string{}, s.Needs...)}
		if s.Provider != Name {
			n.Provider = s.Provider
		}
		if err := json.Unmarshal(s.Input, &n.Params); err != nil {
			return nil, nil, err
		}
		for param, value := range n.Params {
			name := s.ID + nameSeparator + param
			if saved := defaults[name]; saved != nil && string(value) == string(encode(referenceTo(name))) {
				n.Params[param] = saved
			}
		}
		for _, before := range s.Needs {
			edges = append(edges, edge{before, s.ID})
		}
		nodes = append(nodes, n)
	}
	return nodes, edges, nil
}

// inNodes says of an error about a definition which part of a graph it is about.
func inNodes(err error) error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok || !strings.HasPrefix(bad.Field, "/") {
		return err
	}
	there := *bad
	there.Field = strings.NewReplacer("/steps", "nodes", "/input", ".params", "/model", ".type", "/needs", ".inputs", "/", ".").Replace(bad.Field)
	there.Field = strings.TrimPrefix(there.Field, ".")
	there.Message = strings.TrimPrefix(bad.Message, bad.Field+": ")
	return &there
}
