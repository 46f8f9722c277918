package provider

import (
	"bytes"
	"encoding/json"
)

// Steering is the member of an input that steers the sandbox.
const Steering = "sandbox"

// WithoutSteering returns the input without that member, which no real provider
// may see. An input that has none, or is no object, is returned as it is; of
// others the members come back in order of their names.
func WithoutSteering(input json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(input, &members); err != nil {
		return input
	}
	if _, ok := members[Steering]; !ok {
		return input
	}
	delete(members, Steering)
	var stripped bytes.Buffer
	encoder := json.NewEncoder(&stripped)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return input // can't happen: every member has just been read
	}
	return bytes.TrimSpace(stripped.Bytes())
}
