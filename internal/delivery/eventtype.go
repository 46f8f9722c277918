package delivery

import (
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
)

// The rule of event types.
const (
	maxTypes = 100
	typeRule = "write words of lower-case letters, digits and _ with full stops between them, such as order.paid, at most 100 characters."
	anyType  = "*"  // stands for every type
	anyOf    = ".*" // ends one that stands for all that begin alike
)

// checkTypes says what is wrong with the event types that an endpoint wants, or
// returns them as given, each once.
func checkTypes(types []string) ([]string, error) {
	if len(types) == 0 {
		return nil, taskhook.FieldErrorf(taskhook.CodeMissing, "events", "Say which events to send, such as [%q, %q].",
			taskhook.EventTaskCompleted, taskhook.EventTaskFailed)
	}
	if len(types) > maxTypes {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "events has more than %d entries.", maxTypes)
	}
	var once []string
	for _, name := range types {
		if own(name) && example(name) == "" {
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "There is no event type %.80q; taskhook sends %s.",
				name, strings.Join(taskhook.EventTypes(), ", "))
		}
		if name != anyType && !typeForm(example(name)) {
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "%.80q is not an event type; %s task.* stands for all that begin so, * for every type.",
				name, typeRule)
		}
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once, nil
}

// example returns a type that a wanted one stands for; empty: there is none.
func example(wanted string) string {
	one := taskhook.Endpoint{Events: []string{wanted}}
	if i := slices.IndexFunc(taskhook.EventTypes(), one.Wants); i >= 0 {
		return taskhook.EventTypes()[i]
	}
	if own(wanted) {
		return ""
	}
	if prefix, ok := strings.CutSuffix(wanted, anyOf); ok {
		return prefix + ".test"
	}
	return wanted
}

// own reports whether only taskhook may publish events of the type.
func own(eventType string) bool {
	for _, prefix := range []string{"task.", "batch.", "workflow.", "endpoint."} {
		if strings.HasPrefix(eventType, prefix) {
			return true
		}
	}
	return false
}

// typeForm reports whether the type keeps to the rule; at least two words.
func typeForm(eventType string) bool {
	words := strings.Split(eventType, ".")
	if len(words) < 2 || len(eventType) > 100 {
		return false
	}
	for _, word := range words {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}
