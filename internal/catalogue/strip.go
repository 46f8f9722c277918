package catalogue

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// StripPrefix takes a literal leading "input." from the keys of an input, which
// the older documentation of ModelHunter.AI and a client of it write. A key
// without the prefix wins over the same key with it. An input without such keys,
// or one that is not an object, comes back as the same bytes.
func StripPrefix(input json.RawMessage) json.RawMessage {
	const prefix = "input."
	if !bytes.Contains(input, []byte(`"`+prefix)) {
		return input
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return input
	}
	changed := false
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		bare, ok := strings.CutPrefix(name, prefix)
		if !ok || bare == "" {
			continue
		}
		if _, taken := fields[bare]; !taken {
			fields[bare] = fields[name]
		}
		delete(fields, name)
		changed = true
	}
	if !changed {
		return input
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(fields) != nil {
		return input
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
