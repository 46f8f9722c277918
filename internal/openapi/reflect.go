package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
)

// Schema is a JSON Schema 2020-12.
type Schema = jsonschema.Schema

// Fields says more of the fields of a Go type than the type does, by their names
// in JSON: what is set in a field's Schema is laid over the reflected one. The
// empty name stands for the type itself.
type Fields map[string]Schema

const schemaPrefix = "#/components/schemas/"

// Ref returns a schema that refers to a component.
func Ref(name string) *Schema { return &Schema{Ref: schemaPrefix + name} }

// Reflector makes schemas from Go types. Struct types become components of the
// document under their names; a field without omitempty or omitzero is required.
type Reflector struct {
	doc   *Document
	notes map[reflect.Type]note
	err   error
}

// note is what is known of a type besides itself.
type note struct {
	name    string
	fields  Fields
	request bool
}

// NewReflector returns a Reflector that adds to d.
func NewReflector(d *Document) *Reflector {
	return &Reflector{doc: d, notes: map[reflect.Type]note{}}
}

// Answer makes known what the fields of value's type mean in answers.
func (r *Reflector) Answer(value any, fields Fields) {
	t := reflect.TypeOf(value)
	r.notes[t] = note{name: componentName(t), fields: fields}
}

// Request is Answer for a type that clients send: a null stands for an optional
// field that is absent.
func (r *Reflector) Request(value any, fields Fields) {
	t := reflect.TypeOf(value)
	r.notes[t] = note{name: componentName(t), fields: fields, request: true}
}

// componentName is the name of a type, exported or not, as a component.
func componentName(t reflect.Type) string {
	return strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
}

// Schema returns the schema of value's type. All struct types in it must have been
// made known.
func (r *Reflector) Schema(value any) *Schema {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Slice {
		return &Schema{Type: "array", Items: r.ref(t.Elem())}
	}
	return r.ref(t)
}

// Err returns the first mistake: a type that was not made known, or a note about
// a field that a type has not.
func (r *Reflector) Err() error { return r.err }

// ref returns a reference to a struct type, which becomes a component.
func (r *Reflector) ref(t reflect.Type) *Schema {
	n, ok := r.notes[t]
	if !ok {
		r.fail(fmt.Errorf("describe %s: nothing is known of it", t))
		return &Schema{}
	}
	if _, done := r.doc.Components.Schemas[n.name]; !done {
		r.doc.Components.Schemas[n.name] = nil // it may refer to itself
		r.doc.Components.Schemas[n.name] = r.object(t, n)
	}
	return Ref(n.name)
}

func (r *Reflector) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// object reflects a struct type and lays over it what its note says.
func (r *Reflector) object(t reflect.Type, n note) *Schema {
	var inner []reflect.Type
	reflector := jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, AllowAdditionalProperties: true,
		Lookup: func(found reflect.Type) jsonschema.ID {
			known, ok := r.notes[found]
			if !ok {
				return ""
			}
			inner = append(inner, found)
			return jsonschema.ID(schemaPrefix + known.name)
		}}
	s := reflector.ReflectFromType(t)
	s.Version = ""
	if len(s.Definitions) > 0 {
		r.fail(fmt.Errorf("describe %s: nothing is known of a type in it", t))
	}
	for _, found := range inner {
		r.ref(found)
	}
	for name, more := range n.fields {
		r.lay(s, t, name, more)
	}
	if n.request {
		admitNull(s)
	}
	return s
}

// lay lays more over the field of a type, or over the type where name is empty.
func (r *Reflector) lay(s *Schema, t reflect.Type, name string, more Schema) {
	target := s
	if name != "" {
		property, ok := s.Properties.Get(name)
		if !ok {
			r.fail(fmt.Errorf("describe %s: it has no field %s", t, name))
			return
		}
		target = property
	}
	text, err := json.Marshal(&more)
	if err == nil && string(text) != "true" { // true is the empty schema
		err = json.Unmarshal(text, target)
	}
	if err != nil {
		r.fail(fmt.Errorf("describe field %s of %s: %w", name, t, err))
	}
}

// admitNull lets every field that is not required be null.
func admitNull(s *Schema) {
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		p := pair.Value
		if p.Type == "" || slices.Contains(s.Required, pair.Key) {
			continue
		}
		p.Extras = map[string]any{"type": []string{p.Type, "null"}}
		p.Type = ""
		if p.Enum != nil {
			p.Enum = append(p.Enum, nil)
		}
	}
}

// Property is a field of an Object.
type Property struct {
	Name   string
	Schema *Schema
}

// Object returns the schema of an object whose fields are all required.
func Object(fields ...Property) *Schema {
	s := &Schema{Type: "object", Properties: jsonschema.NewProperties()}
	for _, f := range fields {
		s.Properties.Set(f.Name, f.Schema)
		s.Required = append(s.Required, f.Name)
	}
	return s
}

// Enum returns words as the enum of a Schema.
func Enum[S ~string](words ...S) []any {
	list := make([]any, len(words))
	for i, word := range words {
		list[i] = string(word)
	}
	return list
}
