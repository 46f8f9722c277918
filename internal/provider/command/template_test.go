package command

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/provider"
)

func inputValues(t *testing.T, input string) values {
	t.Helper()
	v := values{request: provider.Request{Model: "m1", Provider: "local", Capability: "text-to-speech", TaskID: "task_x"}, out: "/out"}
	decoder := json.NewDecoder(strings.NewReader(input))
	decoder.UseNumber()
	if err := decoder.Decode(&v.input); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRender(t *testing.T) {
	t.Parallel()
	v := inputValues(t, `{"prompt":"it's $(rm -rf) {{.Model}}","n":12345678901234567890,"f":1.50,"yes":true,"none":null,"list":[1]}`)
	tests := []struct{ template, want, failure string }{
		{"", "", ""},
		{"plain } text }}", "plain } text }}", ""},
		{"{{.Input.prompt}}", "it's $(rm -rf) {{.Model}}", ""},
		{"{{ .Input.n }}/{{.Input.f}}/{{.Input.yes}}", "12345678901234567890/1.50/true", ""},
		{"{{.Model}} {{.Provider}} {{.Capability}} {{.TaskID}} {{.Out}}/a", "m1 local text-to-speech task_x /out/a", ""},
		{`{{.Input.voice | default "en \"|x"}}`, `en "|x`, ""},
		{`{{.Input.voice|default 4.5}}`, "4.5", ""},
		{`{{.Input.voice | default ""}}`, "", ""},
		{`{{.Input.none | default "en"}}`, "en", ""},
		{`{{.Input.n | default "en"}}`, "12345678901234567890", ""},
		{"{{.Input.voice}}", "", `The input needs "voice".`},
		{"{{.Input.none}}", "", `The input needs "none".`},
		{"{{.Input.list}}", "", `The input "list" must be text, a number, true or false.`},
	}
	for _, tt := range tests {
		parsed, err := parseTemplate(tt.template)
		if err != nil {
			t.Errorf("parse %q: %v", tt.template, err)
			continue
		}
		got, _, err := parsed.render(v)
		failure := ""
		if err != nil {
			failure = provider.TaskError(err).Message
		}
		if got != tt.want || failure != tt.failure {
			t.Errorf("%q gives %q, %q; want %q, %q", tt.template, got, failure, tt.want, tt.failure)
		}
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{{", "a {{.Model", "{{}}", "{{.}}", `{{.Input | default "x"}}`, "{{.Input.a.b}}", "{{.Env.HOME}}", "{{.Secret}}", "{{Model}}",
		"{{.Input.a | upper}}", "{{.Input.a | default}}", `{{.Input.a | default "x}}`, `{{.Model | default "x"}}`, "{{range .Input}}", "{{.Input.a b}}",
	} {
		if _, err := parseTemplate(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestHostileArguments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		arguments []string
		input     string
		want      []string // nil: refused
	}{
		{"one argument", []string{"{{.Input.p}}"}, `{"p":"a b; c 'd' \"e\"\nf $(g) *"}`, []string{"a b; c 'd' \"e\"\nf $(g) *"}},
		{"empty", []string{"{{.Input.p}}"}, `{"p":""}`, []string{""}},
		{"option", []string{"{{.Input.p}}"}, `{"p":"--output=/etc/passwd"}`, nil},
		{"option after nothing", []string{"{{.Input.q | default \"\"}}{{.Input.p}}"}, `{"p":"-x"}`, nil},
		{"option behind empty text", []string{"{{.Input.q}}{{.Input.p}}"}, `{"q":"","p":"-x"}`, nil},
		{"after --", []string{"--", "{{.Input.p}}"}, `{"p":"-x"}`, []string{"--", "-x"}},
		{"-- from the client", []string{"{{.Input.q}}", "{{.Input.p}}"}, `{"q":"--","p":"-x"}`, nil},
		{"negative number", []string{"{{.Input.p}}"}, `{"p":-5}`, []string{"-5"}},
		{"behind a literal", []string{"a{{.Input.p}}"}, `{"p":"-x"}`, []string{"a-x"}},
		{"operator's option", []string{"-v{{.Input.p}}"}, `{"p":"-x"}`, []string{"-v-x"}},
		{"operator's default", []string{`{{.Input.p | default "-x"}}`}, `{}`, []string{"-x"}},
		{"nul", []string{"a{{.Input.p}}"}, `{"p":"x\u0000y"}`, nil},
	}
	for _, tt := range tests {
		var templates []template
		for _, text := range tt.arguments {
			parsed, err := parseTemplate(text)
			if err != nil {
				t.Fatal(err)
			}
			templates = append(templates, parsed)
		}
		got, err := renderArguments(templates, inputValues(t, tt.input))
		if tt.want == nil && !provider.IsPermanent(err) || tt.want != nil && (err != nil || !slices.Equal(got, tt.want)) {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

// FuzzTemplate: whatever a client sends, an argument that may not be an option
// is none, and nothing but the value's own place changes.
func FuzzTemplate(f *testing.F) {
	f.Add("-x")
	f.Add("{{.Out}}")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseTemplate("{{.Input.p}}|{{.Input.p}}")
		if err != nil {
			t.Fatal(err)
		}
		v := values{input: map[string]any{"p": text}}
		got, err := renderArguments([]template{parsed}, v)
		if err != nil {
			return
		}
		if len(got) != 1 || got[0] != text+"|"+text || strings.HasPrefix(got[0], "-") {
			t.Errorf("%q gave %q", text, got)
		}
	})
}

// FuzzParseTemplate: no text makes the parser panic.
func FuzzParseTemplate(f *testing.F) {
	f.Add(`{{.Input.voice | default "en"}}`)
	f.Add("{{{{.Model}}")
	f.Fuzz(func(t *testing.T, text string) {
		if parsed, err := parseTemplate(text); err == nil && !strings.Contains(text, "{{") {
			if got, _, err := parsed.render(values{}); err != nil || got != text {
				t.Errorf("%q gave %q, %v", text, got, err)
			}
		}
	})
}
