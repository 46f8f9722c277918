package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// shape is a schema as pages read it, whichever Go value it came from.
type shape struct {
	Ref         string   `json:"$ref"`
	Types       oneOrAll `json:"type"`
	Description string   `json:"description"`
	Format      string   `json:"format"`
	Enum        []any    `json:"enum"`
	Examples    []any    `json:"examples"`
	Default     any      `json:"default"`

	Minimum          *json.Number `json:"minimum"`
	ExclusiveMinimum *json.Number `json:"exclusiveMinimum"`
	Maximum          *json.Number `json:"maximum"`
	MultipleOf       *json.Number `json:"multipleOf"`
	MinLength        *json.Number `json:"minLength"`
	MaxLength        *json.Number `json:"maxLength"`
	MinItems         *json.Number `json:"minItems"`
	MaxItems         *json.Number `json:"maxItems"`

	Items      *shape   `json:"items"`
	Properties members  `json:"properties"`
	Required   []string `json:"required"`
	AllOf      []*shape `json:"allOf"`
	AnyOf      []*shape `json:"anyOf"`
	OneOf      []*shape `json:"oneOf"`
	If         *shape   `json:"if"`
	Then       *shape   `json:"then"`
	Not        *shape   `json:"not"`
}

// shapeOf reads a schema in the form of any Go value.
func shapeOf(schema any) (*shape, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	s := new(shape)
	return s, json.Unmarshal(text, s)
}

// UnmarshalJSON also takes the schemas true and false, which say nothing.
func (s *shape) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		return nil
	}
	type plain shape
	return json.Unmarshal(text, (*plain)(s))
}

// oneOrAll is a list of which one may stand alone.
type oneOrAll []string

func (l *oneOrAll) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(l))
	}
	*l = make([]string, 1)
	return json.Unmarshal(text, &(*l)[0])
}

// members are the properties of an object in the order in which they stand.
type members []member

type member struct {
	name string
	*shape
}

func (m *members) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("properties must be an object"), err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		property := member{name.(string), new(shape)}
		if err := dec.Decode(property.shape); err != nil {
			return err
		}
		*m = append(*m, property)
	}
	return nil
}

// find returns the property with the name, or nil.
func (m members) find(name string) *shape {
	i := slices.IndexFunc(m, func(p member) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return m[i].shape
}
