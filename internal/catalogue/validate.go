package catalogue

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/taskhook/taskhook"
)

// Validate checks an input against the model's schema. Fields that the schema
// does not name are left alone. For models of loose APIs "512" passes as a number,
// "yes" and "no" pass as booleans and null as absent, since clients of ModelsLab
// send them so; the input itself stays as it is.
//
// The error is a taskhook.Error about the first field at fault, in the order of
// their names: CodeMissing or CodeInvalid with a field such as "input.prompt", or
// CodeMalformed when the input is not JSON. Messages name the field without
// "input.", as not every API has it.
func (m *Model) Validate(input json.RawMessage) error {
	if len(input) == 0 {
		return taskhook.FieldErrorf(taskhook.CodeMissing, "input", "input is required")
	}
	doc, err := decode(input)
	if err != nil {
		return err
	}
	if err := m.checkWidth(doc); err != nil {
		return err
	}
	if m.loose != nil {
		m.tighten(doc)
	}
	err = m.schema.Validate(doc)
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return m.explain(firstLeaf(invalid))
	}
	return err
}

// decode reads an object. Numbers become float64, since the exact arithmetic of
// the schema library takes a time that grows with the exponent and gives up on
// the largest.
func decode(input json.RawMessage) (map[string]any, error) {
	var doc map[string]any
	err := json.Unmarshal(input, &doc)
	if err == nil && doc != nil {
		return doc, nil
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, &taskhook.Error{Code: taskhook.CodeMalformed, Field: "input", Message: "input is not valid JSON", Err: err}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil || fields == nil {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "input must be an object")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var value any
		if json.Unmarshal(fields[name], &value) != nil {
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, fieldOf(name), "%s holds a number that is too large", quoteField(name))
		}
	}
	return nil, &taskhook.Error{Code: taskhook.CodeInvalid, Field: "input", Message: "input can't be read", Err: err}
}

// maxItems bounds the lists that a schema looks into, since each item at fault
// costs hundreds of bytes before the first fault is known.
const maxItems = 1000

func (m *Model) checkWidth(doc map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		items, ok := doc[name].([]any)
		if ok && len(items) > maxItems && m.schema.Properties[name] != nil {
			return taskhook.FieldErrorf(taskhook.CodeInvalid, fieldOf(name), "%s must have at most %d items, but has %d", quoteField(name), maxItems, len(items))
		}
	}
	return nil
}

// tighten replaces what a loose API takes for a number, a boolean or nothing.
func (m *Model) tighten(doc map[string]any) {
	for name, value := range doc {
		if value == nil {
			delete(doc, name)
			continue
		}
		text, ok := value.(string)
		if !ok {
			continue
		}
		switch m.loose[name] {
		case formNumber:
			if number, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(number) && !math.IsInf(number, 0) {
				doc[name] = number
			}
		case formBool:
			switch text {
			case "yes", "true":
				doc[name] = true
			case "no", "false":
				doc[name] = false
			}
		}
	}
}
