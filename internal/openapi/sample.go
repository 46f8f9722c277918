package openapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// curl returns the command that makes an operation's example request.
func curl(baseURL string, o *Operation, body string) string {
	var b strings.Builder
	b.WriteString("curl ")
	if o.Method != http.MethodGet && (o.Method != http.MethodPost || body == "") {
		b.WriteString("-X " + o.Method + " ")
	}
	b.WriteString(quoted(baseURL + examplePath(o)))
	b.WriteString(" \\\n  -H 'Authorization: Bearer YOUR_KEY'")
	for _, p := range o.Parameters {
		if example, ok := p.Example.(string); ok && p.In == "header" {
			b.WriteString(" \\\n  -H " + quoted(p.Name+": "+example))
		}
	}
	if body != "" {
		b.WriteString(" \\\n  -H 'Content-Type: application/json'")
		b.WriteString(" \\\n  -d " + quoted(body))
	}
	return b.String()
}

// examplePath is the path of an operation with examples in place of its
// parameters.
func examplePath(o *Operation) string {
	path := o.Path
	for _, p := range o.Parameters {
		if example, ok := p.Example.(string); ok && p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", example)
		}
	}
	return path
}

// quoted quotes a text for a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// pretty writes an example over several lines; nothing for none.
func pretty(example any) (string, error) {
	if example == nil {
		return "", nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(example)
	return strings.TrimSpace(b.String()), err
}
