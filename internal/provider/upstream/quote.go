package upstream

import (
	"encoding/json"
	"errors"
	"strings"
)

// quote makes a text with \(…) in it a string of the language of expressions.
func quote(text string) (string, error) {
	var b strings.Builder
	b.WriteByte('"')
	for text != "" {
		plain, rest, found := strings.Cut(text, `\(`)
		b.WriteString(escape(plain))
		if !found {
			break
		}
		end := closing(rest)
		if end < 0 {
			return "", errors.New(`a \( has no )`)
		}
		b.WriteString(`\(` + rest[:end+1])
		text = rest[end+1:]
	}
	b.WriteByte('"')
	return b.String(), nil
}

// escape returns the inside of a JSON string, which is one of expressions too.
func escape(plain string) string {
	quoted, err := json.Marshal(plain)
	if err != nil {
		return "" // can't happen: every string can be written
	}
	return string(quoted[1 : len(quoted)-1])
}

// closing returns the index of the parenthesis that ends an insertion, -1 if there
// is none. Those in strings do not count, unless they are insertions themselves.
func closing(text string) int {
	depth := 1
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		case '"':
			length := stringLength(text[i+1:])
			if length < 0 {
				return -1
			}
			i += length
		}
	}
	return -1
}

// stringLength returns how long a string is, with its end, -1 if it has none.
func stringLength(text string) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return i + 1
		case strings.HasPrefix(text[i:], `\(`):
			end := closing(text[i+2:])
			if end < 0 {
				return -1
			}
			i += 2 + end
		case text[i] == '\\':
			i++
		}
	}
	return -1
}
