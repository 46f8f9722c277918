package muapi

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
)

const (
	// nameSeparator stands between node and parameter in the name of an input.
	nameSeparator = "__"
	// plainParam is the parameter of an input that is not named for a node.
	plainParam = "value"
)

// splitName returns the node and the parameter that an input is known by.
func splitName(input string) (node, param string) {
	if node, param, ok := strings.Cut(input, nameSeparator); ok && node != "" && param != "" {
		return node, param
	}
	return input, plainParam
}

// readInputs turns parameters by node, {"draw": {"prompt": "a boat"}}, into inputs
// by name. An input may be named as it is too, with its value or with
// {"value": …}.
func readInputs(given []byte, inputs []taskhook.WorkflowInput) (json.RawMessage, error) {
	if string(given) == "null" {
		return nil, nil
	}
	named := map[string]json.RawMessage{}
	err := objectIn("inputs", given, func(node string, value []byte) error {
		if in := find(inputs, node); in != nil {
			named[node] = loose(in.Type, unwrap(value))
			return nil
		}
		return objectIn("inputs."+node, value, func(param string, value []byte) error {
			in := find(inputs, node+nameSeparator+param)
			if in == nil {
				return taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs."+node+"."+param, "The workflow has no such parameter; it has %s.", listOf(inputs))
			}
			named[in.Name] = loose(in.Type, value)
			return nil
		})
	})
	return encode(named), err
}

// objectIn is members of a part of the body.
func objectIn(field string, value []byte, each func(name string, value []byte) error) error {
	if value[0] != '{' {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, field, "This must be an object of parameters by node.")
	}
	return members(value, each)
}

func find(inputs []taskhook.WorkflowInput, name string) *taskhook.WorkflowInput {
	i := slices.IndexFunc(inputs, func(in taskhook.WorkflowInput) bool { return in.Name == name })
	if i < 0 {
		return nil
	}
	return &inputs[i]
}

func listOf(inputs []taskhook.WorkflowInput) string {
	if len(inputs) == 0 {
		return "none"
	}
	names := make([]string, len(inputs))
	for i, in := range inputs {
		node, param := splitName(in.Name)
		names[i] = node + "." + param
	}
	return strings.Join(names, ", ")
}

// unwrap returns the value in {"value": …}, and what is not of this form as it is.
func unwrap(value []byte) []byte {
	var only map[string]json.RawMessage
	if value[0] == '{' && json.Unmarshal(value, &only) == nil && len(only) == 1 && only[plainParam] != nil {
		return only[plainParam]
	}
	return value
}

// loose reads a text as what it stands for where an input is not a text: the
// official command line sends nothing else.
func loose(kind string, value []byte) []byte {
	var text string
	if kind != "" && kind != "string" && json.Unmarshal(value, &text) == nil && json.Valid([]byte(text)) {
		return []byte(text)
	}
	return value
}

// atParameter says of an error about an input which parameter that is.
func atParameter(err error) error {
	bad, ok := errors.AsType[*taskhook.Error](err)
	if !ok || !strings.HasPrefix(bad.Field, "inputs.") {
		return err
	}
	there := *bad
	there.Field = strings.Replace(bad.Field, nameSeparator, ".", 1)
	return &there
}
