package catalogue

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/taskhook/taskhook"
)

// explain returns the error that a user reads for a fault found in an input.
func (m *Model) explain(fault *jsonschema.ValidationError) error {
	code, path := taskhook.CodeInvalid, fault.InstanceLocation
	if missing, ok := fault.ErrorKind.(*kind.Required); ok {
		code, path = taskhook.CodeMissing, append(slices.Clone(path), missing.Missing[0])
	}
	return taskhook.FieldErrorf(code, fieldOf(path...), "%s", sentence(fault, m.schema))
}

// fieldOf returns the field of an error about the value at the path, or that of
// the whole input when a client made the path absurdly long.
func fieldOf(path ...string) string {
	field := strings.Join(append([]string{"input"}, path...), ".")
	if len(field) > 2*maxQuoted {
		return "input"
	}
	return field
}

// firstLeaf returns the fault to report: of several at once the first by place,
// of several alternatives that all failed the first alternative's. The schema
// library walks maps, so its own order changes from call to call.
func firstLeaf(fault *jsonschema.ValidationError) *jsonschema.ValidationError {
	if len(fault.Causes) == 0 {
		return fault
	}
	switch fault.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return firstLeaf(fault.Causes[0])
	}
	leaves := make([]*jsonschema.ValidationError, len(fault.Causes))
	for i, cause := range fault.Causes {
		leaves[i] = firstLeaf(cause)
	}
	return slices.MinFunc(leaves, func(a, b *jsonschema.ValidationError) int {
		return cmp.Or(slices.Compare(place(a), place(b)), cmp.Compare(a.SchemaURL, b.SchemaURL), cmp.Compare(keyword(a), keyword(b)))
	})
}

// place returns where a fault is, which for an absent field is that field.
func place(fault *jsonschema.ValidationError) []string {
	if missing, ok := fault.ErrorKind.(*kind.Required); ok {
		return append(slices.Clone(fault.InstanceLocation), missing.Missing[0])
	}
	return fault.InstanceLocation
}

func keyword(fault *jsonschema.ValidationError) string {
	if fault.ErrorKind == nil {
		return ""
	}
	return strings.Join(fault.ErrorKind.KeywordPath(), "/")
}

// sentence says what a field must be. Where ModelsLab publishes the wording of
// such a message, it is used: "width must be between 256 and 1024".
func sentence(fault *jsonschema.ValidationError, schema *jsonschema.Schema) string {
	name := quoteField(strings.Join(fault.InstanceLocation, "."))
	switch k := fault.ErrorKind.(type) {
	case *kind.Required:
		return quoteField(strings.Join(place(fault), ".")) + " is required"
	case *kind.Type:
		return name + " must be " + typeNames(k.Want)
	case *kind.Enum:
		return name + " must be " + oneOf(k.Want)
	case *kind.Const:
		return name + " must be " + oneOf([]any{k.Want})
	case *kind.Minimum:
		return name + " must be " + bounds(schema, fault.InstanceLocation, k.Want, nil)
	case *kind.Maximum:
		return name + " must be " + bounds(schema, fault.InstanceLocation, nil, k.Want)
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("%s must be more than %s", name, number(k.Want))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("%s must be less than %s", name, number(k.Want))
	case *kind.MultipleOf:
		return fmt.Sprintf("%s must be divisible by %s", name, number(k.Want))
	case *kind.MinLength:
		return atLeast(name, k.Got, k.Want, "characters")
	case *kind.MaxLength:
		return fmt.Sprintf("%s must be at most %d characters long, but has %d", name, k.Want, k.Got)
	case *kind.MinItems:
		return atLeast(name, k.Got, k.Want, "items")
	case *kind.MaxItems:
		return fmt.Sprintf("%s must have at most %d items, but has %d", name, k.Want, k.Got)
	case *kind.AdditionalProperties:
		return fmt.Sprintf("%s takes no field %s", name, quoteField(slices.Min(k.Properties)))
	}
	return fmt.Sprintf("%s does not fit %q of the model's schema, which GET /api/v1/models shows", name, keyword(fault))
}

func atLeast(name string, got, want int, unit string) string {
	if want == 1 {
		return name + " must not be empty"
	}
	return fmt.Sprintf("%s must have at least %d %s, but has %d", name, want, unit, got)
}

// bounds names both limits of the field where the schema has both.
func bounds(schema *jsonschema.Schema, path []string, low, high *big.Rat) string {
	for _, token := range path {
		if schema == nil {
			break
		}
		schema = schema.Properties[token]
	}
	if schema != nil {
		low, high = cmp.Or(low, schema.Minimum), cmp.Or(high, schema.Maximum)
	}
	switch {
	case high == nil:
		return "at least " + number(low)
	case low == nil:
		return "at most " + number(high)
	}
	return fmt.Sprintf("between %s and %s", number(low), number(high))
}

func number(r *big.Rat) string {
	f, _ := r.Float64()
	return fmt.Sprint(f)
}

func typeNames(types []string) string {
	names := make([]string, len(types))
	for i, t := range types {
		switch t {
		case "integer", "object":
			names[i] = "an " + t
		case "array":
			names[i] = "a list"
		case "boolean":
			names[i] = "true or false"
		case "null":
			names[i] = t
		default:
			names[i] = "a " + t
		}
	}
	return strings.Join(names, " or ")
}

func oneOf(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "one of " + list(texts)
}

// quoteField returns a field's name for a sentence: as it is, unless the client
// made it up.
func quoteField(name string) string {
	switch {
	case name == "":
		return "input"
	case validModelName(strings.ReplaceAll(name, "_", "")):
		return name
	}
	return quoteShort(name)
}
