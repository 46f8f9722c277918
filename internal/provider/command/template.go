package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// template is text with places for values. It has the look of text/template but
// no more than values and defaults: each place must get one scalar or fail with
// a sentence for the client, which that package can't promise.
type template []part

// part is literal text or, when name is not empty, a place.
type part struct {
	literal  string
	name     string  // "Model", or "Input" for the member key of the input
	key      string  //
	fallback *string // what stands there when the member is missing
}

// parseTemplate reads text such as `a {{.Model}} b {{.Input.voice | default "en"}}`.
func parseTemplate(text string) (template, error) {
	var t template
	for {
		literal, rest, found := strings.Cut(text, "{{")
		if literal != "" {
			t = append(t, part{literal: literal})
		}
		if !found {
			return t, nil
		}
		place, after, found := strings.Cut(rest, "}}")
		if !found {
			return nil, errors.New("{{ without }}")
		}
		p, err := parsePlace(place)
		if err != nil {
			return nil, err
		}
		t, text = append(t, p), after
	}
}

func parsePlace(text string) (part, error) {
	form := regexp.MustCompile(`^\s*\.(?:Input\.([A-Za-z0-9_]+)|(\w+))\s*(?:\|\s*default\s+(".*"|[\w.+-]+)\s*)?$`)
	match := form.FindStringSubmatch(text)
	if match == nil {
		return part{}, fmt.Errorf(`{{%s}} is not understood; write it like {{.Input.prompt}} or {{.Input.voice | default "en"}}`, text)
	}
	key, name, fallback := match[1], match[2], match[3]
	if key == "" {
		if !slices.Contains([]string{"Input", "Model", "Provider", "Capability", "TaskID", "Out"}, name) || fallback != "" {
			return part{}, fmt.Errorf("{{%s}} is not known; there are .Input, .Input.NAME, .Model, .Provider, .Capability, .TaskID and .Out", text)
		}
		return part{name: name}, nil
	}
	p := part{name: "Input", key: key}
	if strings.HasPrefix(fallback, `"`) {
		unquoted, err := strconv.Unquote(fallback)
		if err != nil {
			return part{}, fmt.Errorf("the default %s is not a quoted text", fallback)
		}
		fallback, p.fallback = unquoted, &unquoted
	} else if fallback != "" {
		p.fallback = &fallback
	}
	return p, nil
}

// values are what templates speak of.
type values struct {
	request provider.Request
	input   map[string]any // numbers are json.Number
	out     string
}

// render fills the places. fromClient reports whether the first character is one
// of a client's text.
func (t template) render(v values) (text string, fromClient bool, err error) {
	var b strings.Builder
	for _, p := range t {
		value, client, err := p.value(v)
		if err != nil {
			return "", false, err
		}
		if b.Len() == 0 && value != "" {
			fromClient = client
		}
		b.WriteString(value)
	}
	return b.String(), fromClient, nil
}

func (p part) value(v values) (text string, fromClient bool, err error) {
	switch p.name {
	case "":
		return p.literal, false, nil
	case "Model":
		return v.request.Model, false, nil
	case "Provider":
		return v.request.Provider, false, nil
	case "Capability":
		return v.request.Capability, false, nil
	case "TaskID":
		return v.request.TaskID, false, nil
	case "Out":
		return v.out, false, nil
	case "Input":
		if p.key == "" {
			return string(v.request.Input), true, nil
		}
	}
	switch value := v.input[p.key].(type) {
	case string:
		return value, true, nil
	case json.Number:
		return value.String(), false, nil
	case bool:
		return strconv.FormatBool(value), false, nil
	case nil:
		if p.fallback != nil {
			return *p.fallback, false, nil
		}
		return "", false, refuse("The input needs %q.", p.key)
	}
	return "", false, refuse("The input %q must be text, a number, true or false.", p.key)
}

// renderArguments fills the arguments, each of which stays one argument whatever
// it holds.
func renderArguments(templates []template, v values) ([]string, error) {
	var arguments []string
	for _, t := range templates {
		text, fromClient, err := t.render(v)
		switch {
		case err != nil:
			return nil, err
		case strings.ContainsRune(text, 0):
			return nil, refuse("The input holds a NUL character, which no program takes as an argument.")
		case fromClient && strings.HasPrefix(text, "-") && !slices.Contains(arguments, "--"):
			return nil, refuse("The input may not have a text here that begins with a hyphen: %.40q.", text)
		}
		arguments = append(arguments, text)
	}
	return arguments, nil
}

func refuse(format string, args ...any) error {
	return provider.Permanent(taskhook.TaskErrorProvider, fmt.Sprintf(format, args...))
}
