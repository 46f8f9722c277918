package sandbox

import "encoding/json"

// Validate implements provider.Validator: what steers the sandbox must be usable.
func (a *Adapter) Validate(input json.RawMessage) error {
	_, err := ParseOptions(input)
	return err
}
