package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// reference is what stands between {{ and }}: "inputs.style", "draw.outputs[0].value".
type reference struct {
	source string // "inputs", or the id of a step
	path   []any  // names (string) and indexes (int) below it
	text   string
}

// inputsName is the source that stands for the inputs of the workflow.
const inputsName = "inputs"

// fragment is a part of a template: a text, or a reference.
type fragment struct {
	text string
	ref  *reference
}

// template is a text with references in it.
type template []fragment

// whole returns the reference that is all of the template, or nil.
func (t template) whole() *reference {
	if len(t) == 1 {
		return t[0].ref
	}
	return nil
}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	partForm = regexp.MustCompile(`^(?:\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,6})\])`)
)

// parseTemplate reads a text with references in it.
func parseTemplate(text string) (t template, err error) {
	for text != "" {
		before, rest, ok := strings.Cut(text, "{{")
		if before != "" {
			t = append(t, fragment{text: before})
		}
		if !ok {
			break
		}
		inside, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return nil, errors.New("{{ is not closed by }}")
		}
		ref, err := parseReference(strings.TrimSpace(inside))
		if err != nil {
			return nil, err
		}
		t, text = append(t, fragment{ref: ref}), after
	}
	return t, nil
}

func parseReference(text string) (*reference, error) {
	const form = "write it like {{ inputs.prompt }} or {{ step.outputs[0].value }}"
	end := strings.IndexAny(text, ".[")
	if end < 0 || !nameForm.MatchString(text[:end]) {
		return nil, fmt.Errorf("{{ %.80s }} can't be read; %s", text, form)
	}
	ref := &reference{source: text[:end], text: text}
	for rest := text[end:]; rest != ""; {
		part := partForm.FindStringSubmatch(rest)
		if part == nil {
			return nil, fmt.Errorf("{{ %.80s }} can't be read from %.20q on; %s", text, rest, form)
		}
		if part[1] != "" {
			ref.path = append(ref.path, part[1])
		} else if i, err := strconv.Atoi(part[2]); err == nil {
			ref.path = append(ref.path, i)
		}
		rest = rest[len(part[0]):]
	}
	return ref, nil
}

// output returns which output of a step the reference means; -1: all of them.
func (r *reference) output() (index int, err error) {
	if len(r.path) == 0 || r.path[0] != "outputs" {
		return 0, fmt.Errorf("{{ %s }} is none of a step's outputs; write {{ %s.outputs[0].value }}, or {{ %s.outputs }} for all", r.text, r.source, r.source)
	}
	if len(r.path) == 1 {
		return -1, nil
	}
	index, ok := r.path[1].(int)
	if !ok || len(r.path) > 3 || len(r.path) == 3 && r.path[2] != "value" {
		return 0, fmt.Errorf("{{ %s }} can't be found in an output, which has a value only; write {{ %s.outputs[0].value }}", r.text, r.source)
	}
	return index, nil
}

// resolver returns what a reference stands for. Inside says that it will be a part
// of a text.
type resolver func(ref *reference, inside bool) (any, error)

// nothing stands for an input that was not given: its member is left out.
type nothing struct{}

// expand returns a value with what its references stand for in their place. A text
// that is a reference and nothing else becomes the value itself.
func expand(v any, resolve resolver) (any, error) {
	switch v := v.(type) {
	case string:
		return expandText(v, resolve)
	case []any:
		list := []any{}
		for _, item := range v {
			made, err := expand(item, resolve)
			if err != nil {
				return nil, err
			}
			if !isNothing(made) {
				list = append(list, made)
			}
		}
		return list, nil
	case map[string]any:
		object := map[string]any{}
		for _, name := range sorted(v) {
			made, err := expand(v[name], resolve)
			if err != nil {
				return nil, err
			}
			if !isNothing(made) {
				object[name] = made
			}
		}
		return object, nil
	}
	return v, nil
}

func isNothing(v any) bool {
	_, ok := v.(nothing)
	return ok
}

func expandText(text string, resolve resolver) (any, error) {
	t, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	if ref := t.whole(); ref != nil {
		return resolve(ref, false)
	}
	var b strings.Builder
	for _, f := range t {
		if f.ref == nil {
			b.WriteString(f.text)
			continue
		}
		v, err := resolve(f.ref, true)
		if err != nil {
			return nil, err
		}
		if err := splice(&b, v); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

// splice writes a value into a text: a text as it is, all else as JSON.
func splice(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case nothing:
		return nil
	case string:
		b.WriteString(v)
		return nil
	}
	text, err := marshal(v)
	b.Write(text)
	return err
}

// marshal writes JSON in which links stay readable.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// references calls each for every reference below a value.
func (d *document) references(v any, pointer string, each func(ref *reference, pointer string) error) error {
	switch v := v.(type) {
	case string:
		t, err := parseTemplate(v)
		if err != nil {
			return d.wrong(pointer, "%s", err)
		}
		for _, f := range t {
			if f.ref == nil {
				continue
			}
			if err := each(f.ref, pointer); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range v {
			if err := d.references(item, element(pointer, i), each); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range sorted(v) {
			if err := d.references(v[name], member(pointer, name), each); err != nil {
				return err
			}
		}
	}
	return nil
}
