package file

import (
	"bytes"
	"encoding/json"
)

// rewrite lets replace give another text for each text in a JSON value; the names
// of members are left alone. All other bytes stay as they are, and when nothing
// is replaced the very same bytes come back. What is not JSON is left alone.
func rewrite(input []byte, replace func(text string) (string, error)) ([]byte, error) {
	if !bytes.Contains(input, []byte(`"`)) || !json.Valid(input) {
		return input, nil
	}
	var out []byte
	copied := 0 // how much of input is in out
	for start := 0; start < len(input); {
		if input[start] != '"' {
			start++
			continue
		}
		end := stringEnd(input, start)
		if !isName(input[end:]) {
			token := input[start:end]
			changed, err := replaceToken(token, replace)
			if err != nil {
				return nil, err
			}
			if changed != nil {
				out = append(append(out, input[copied:start]...), changed...)
				copied = end
			}
		}
		start = end
	}
	if copied == 0 {
		return input, nil
	}
	return append(out, input[copied:]...), nil
}

// stringEnd returns where the string that begins at start ends.
func stringEnd(input []byte, start int) int {
	for i := start + 1; i < len(input); i++ {
		switch input[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(input)
}

// isName reports whether the string before rest is the name of a member.
func isName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// replaceToken returns the string to put in place of one, or nil to keep it.
func replaceToken(token []byte, replace func(text string) (string, error)) ([]byte, error) {
	var text string
	if err := json.Unmarshal(token, &text); err != nil {
		return nil, err
	}
	other, err := replace(text)
	if err != nil || other == text {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // links have & in them
	if err := enc.Encode(other); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
