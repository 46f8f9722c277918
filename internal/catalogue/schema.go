package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// inputSchema is a named schema, ready for use.
type inputSchema struct {
	text     json.RawMessage
	compiled *jsonschema.Schema
	forms    map[string]valueForm
}

// valueForm says what a text in a loose input may stand for.
type valueForm int

const (
	formOther valueForm = iota
	formNumber
	formBool
)

func (b *builder) addSchemas(s *Source) error {
	for _, name := range slices.Sorted(maps.Keys(s.doc.Schemas)) {
		at := []string{"schemas", name}
		text, err := json.Marshal(s.doc.Schemas[name])
		if err != nil {
			return s.errorf(at, "schema %s holds what JSON can't: %v", name, err)
		}
		compiled, err := b.compile(text)
		if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
			cause := firstLeaf(invalid)
			return s.errorf(append(at, cause.InstanceLocation...), "schema %s is not valid JSON Schema: %s", name, sentence(cause, nil))
		}
		if err != nil {
			return s.errorf(at, "schema %s can't be used: %v", name, err)
		}
		b.schemas[name] = inputSchema{text: text, compiled: compiled, forms: forms(compiled)}
	}
	return nil
}

// compile compiles a schema that refers to nothing outside itself: without a
// loader, neither files nor the network are reached. One compiler serves all, as
// it keeps what it learnt of the standard, so each schema has a place of its own.
func (b *builder) compile(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	b.compiled++
	place := fmt.Sprintf("taskhook:/%d/schema", b.compiled)
	if err := b.compiler.AddResource(place, doc); err != nil {
		return nil, err
	}
	compiled, err := b.compiler.Compile(place)
	if wrapped, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		return nil, wrapped.Err
	}
	return compiled, err
}

func newCompiler() *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(jsonschema.SchemeURLLoader{})
	return c
}

// forms returns the fields of which a text may stand for a number or a boolean,
// because they can't be a text.
func forms(s *jsonschema.Schema) map[string]valueForm {
	forms := map[string]valueForm{}
	for name, property := range s.Properties {
		if property.Types == nil {
			continue
		}
		switch types := property.Types.ToStrings(); {
		case slices.Contains(types, "string"):
		case slices.Contains(types, "number"), slices.Contains(types, "integer"):
			forms[name] = formNumber
		case slices.Contains(types, "boolean"):
			forms[name] = formBool
		}
	}
	return forms
}
