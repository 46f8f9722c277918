package interop

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// oracle answers with JavaScript that others have written.
type oracle struct{ *script }

func newOracle(t *testing.T) oracle {
	t.Helper()
	return oracle{start(t, "oracle.js")}
}

// question is what oracle.js reads.
type question struct {
	Ask     string            `json:"ask"`
	Text    string            `json:"text,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Secret  string            `json:"secret,omitempty"`
	Keys    string            `json:"keys,omitempty"`
}

// ask returns the answer, or what was thrown.
func (o oracle) ask(q question) (text, thrown string) {
	o.t.Helper()
	line, err := json.Marshal(q)
	if err != nil {
		o.t.Fatal(err)
	}
	o.say(line)
	var answer struct{ Text, Error string }
	o.hear(&answer)
	return answer.Text, answer.Error
}

// lower returns the headers as Node shows them.
func lower(h http.Header) map[string]string {
	headers := make(map[string]string, len(h))
	for name := range h {
		headers[strings.ToLower(name)] = h.Get(name)
	}
	return headers
}
