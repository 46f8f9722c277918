package modelslab

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// The largest bodies that are read. A file of maxUpload bytes is a third longer in
// base64.
const (
	maxBody       = 1 << 20
	maxUpload     = 5 << 20 // (ML) base64_to_url
	maxUploadBody = maxUpload*4/3 + maxBody
)

func (r Route) bodyLimit() int64 {
	if r.Upload {
		return maxUploadBody
	}
	return maxBody
}

// call is one request of somebody.
type call struct {
	*http.Request
	who     taskhook.Identity
	members members
}

// members are those of a body, in order, as the client wrote them.
type members []member

type member struct {
	name  string
	value json.RawMessage
}

// readMembers reads the body of r, which is a JSON object, whatever its header
// says, or nothing.
func readMembers(w http.ResponseWriter, r *http.Request, limit int64) (members, error) {
	body, err := httpserver.Body{Limit: limit, Advice: "Upload files with base64_to_url, and send their URLs."}.Read(w, r)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return nil, err
	}
	return parseMembers(body)
}

func parseMembers(body []byte) (members, error) {
	var m members
	err := jsjson.Object(body, func(name string, value []byte) error {
		m = append(m, member{name, value})
		return nil
	})
	if bad, ok := errors.AsType[*jsjson.Error](err); ok {
		return nil, taskhook.Errorf(taskhook.CodeMalformed, "The body can't be read as a JSON object: %s.", bad.Error())
	}
	return m, err
}

// raw returns the value of a member, and nil without one.
func (m members) raw(name string) json.RawMessage {
	i := slices.IndexFunc(m, func(x member) bool { return x.name == name })
	if i < 0 {
		return nil
	}
	return m[i].value
}

// without returns the object again, less some members. All else is as the client
// wrote it.
func (m members) without(names ...string) json.RawMessage {
	out := []byte{'{'}
	for _, x := range m {
		if slices.Contains(names, x.name) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = jsjson.AppendString(out, x.name)
		out = append(append(out, ':'), x.value...)
	}
	return append(out, '}')
}

// text returns a member that is text or a number. What is neither, or is not
// there, is empty.
func (m members) text(name string) string {
	value := m.raw(name)
	if value == nil {
		return ""
	}
	switch first := value[0]; {
	case first == '"':
		var text string
		if json.Unmarshal(value, &text) == nil {
			return text
		}
	case first == '-' || '0' <= first && first <= '9':
		return string(value)
	}
	return ""
}

// text returns a member of the body, or else of the query.
func (c call) text(name string) string {
	if c.members.raw(name) == nil {
		return c.URL.Query().Get(name)
	}
	return c.members.text(name)
}

// number returns a member as a whole number within bounds, and the least one when
// it is not there.
func (c call) number(name string, standard, most int) (int, error) {
	text := c.text(name)
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s must be between 1 and %d", name, most)
	}
	return n, nil
}

// truth reports whether a member says yes, in the ways in which clients of (ML) do.
func (c call) truth(name string) bool {
	switch value := c.members.raw(name); string(value) {
	case "true", `"true"`, `"yes"`:
		return true
	}
	return false
}
