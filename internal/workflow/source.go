package workflow

import (
	"context"
	"encoding/json"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// Tree returns a definition as JSON, whatever it was written in.
func Tree(source taskhook.Source) (json.RawMessage, error) {
	d, err := read(source)
	if err != nil {
		return nil, err
	}
	return marshal(d.root)
}

// Rename makes a new version of a workflow that differs in its name only. The
// definition is JSON from then on.
func (s *Service) Rename(ctx context.Context, account, id, name string) (taskhook.Workflow, error) {
	w, err := s.Store.Workflow(ctx, account, id)
	if err != nil {
		return w, err
	}
	text := json.RawMessage(w.Source.Text)
	if w.Source.Format != taskhook.FormatJSON {
		if text, err = Tree(w.Source); err != nil {
			return w, err
		}
	}
	if text, err = withName(text, name); err != nil {
		return w, err
	}
	return s.Update(ctx, account, id, taskhook.Source{Format: taskhook.FormatJSON, Text: text})
}

// withName returns a definition with another name; all else is as its author wrote
// it.
func withName(definition json.RawMessage, name string) (json.RawMessage, error) {
	out := jsjson.AppendString([]byte(`{"name":`), name)
	err := jsjson.Object(definition, func(member string, value []byte) error {
		if member != "name" {
			out = append(jsjson.AppendString(append(out, ','), member), ':')
			out = append(out, value...)
		}
		return nil
	})
	return append(out, '}'), err
}

// Outline returns what those who run a workflow want to know of its definition.
func (s *Service) Outline(source taskhook.Source) (taskhook.WorkflowOutline, error) {
	d, err := Parse(source)
	if err != nil {
		return taskhook.WorkflowOutline{}, err
	}
	return d.outline()
}

func (d *Definition) outline() (o taskhook.WorkflowOutline, err error) {
	o.WebhookURL = d.WebhookURL
	users, err := d.inputUsers()
	if err != nil {
		return o, err
	}
	for _, in := range d.Inputs {
		told := taskhook.WorkflowInput{Name: in.Name, Type: in.Type, Description: in.Description, Required: in.Required, Step: users[in.Name]}
		if in.Default != nil {
			if told.Default, err = marshal(in.Default); err != nil {
				return o, err
			}
		}
		o.Inputs = append(o.Inputs, told)
	}
	for i := range d.Steps {
		s := &d.Steps[i]
		told := taskhook.WorkflowStep{ID: s.ID, Provider: s.Provider, Capability: s.Capability, Model: s.Model, Input: json.RawMessage("{}"), Needs: s.Needs}
		if s.Input != nil {
			if told.Input, err = marshal(s.Input); err != nil {
				return o, err
			}
		}
		o.Steps = append(o.Steps, told)
	}
	return o, nil
}

// inputUsers returns the first step that refers to each input.
func (d *Definition) inputUsers() (map[string]string, error) {
	users := map[string]string{}
	for i := range d.Steps {
		s := &d.Steps[i]
		err := d.doc.references(s.Input, "", func(ref *reference, _ string) error {
			name, _ := ref.path[0].(string)
			if _, known := users[name]; ref.source == inputsName && !known {
				users[name] = s.ID
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return users, nil
}
