package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// quote shows some members of an answer as they stand in it, on a part of a line.
// They are named by their paths: "data.status". Links are cut to their ends, and
// what is not there is left out.
func quote(answer []byte, paths ...string) string {
	var parts []string
	for _, path := range paths {
		name, value := "", json.RawMessage(answer)
		for name = range strings.SplitSeq(path, ".") {
			var object map[string]json.RawMessage
			if json.Unmarshal(value, &object) != nil {
				object = nil
			}
			value = object[name]
		}
		if value != nil {
			parts = append(parts, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return cut(linkForm.ReplaceAllString(strings.Join(parts, ","), `"…$1"`))
}

// linkForm is a link in JSON, with the extension of its path.
var linkForm = regexp.MustCompile(`"https?://[^"?]*?(\.\w+)?(\?[^"]*)?"`)

// idOf returns the id in the answer to a submission.
func idOf(answer []byte) (string, error) {
	var said struct {
		ID   string
		Data struct{ ID string }
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	id := cmp.Or(said.ID, said.Data.ID)
	if id == "" {
		return "", fmt.Errorf("there is no id in %s", answer)
	}
	return id, nil
}

// cut shortens a text to what fits on a line with the rest.
func cut(text string) string {
	const most = 50
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
