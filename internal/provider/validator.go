package provider

import "encoding/json"

// Validator is an Adapter with conditions of its own on inputs, beyond the
// model's schema. An error is a taskhook.Error for the user.
type Validator interface {
	Adapter
	Validate(input json.RawMessage) error
}
