package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// The bounds of what a client may ask for.
const (
	maxSeconds = 3600
	maxSteps   = 100
	maxFail    = 500 // characters
)

// Options steer one run: {"sandbox": {"seconds": 2, "steps": 5, "fail": "a
// sentence", "nsfw": true}}.
type Options struct {
	Duration time.Duration // how long the run takes; without "seconds" 1 s
	Steps    int           // how many times it reports progress; without "steps" 4
	Fail     string        // the sentence to fail with in the end, or empty

	// Safety is what a check is pretended to have found in each result: flagged
	// with "nsfw" true, safe with false, unknown without it.
	Safety taskhook.Safety
}

// ParseOptions reads the steering object of an input; without one the defaults
// hold. What can't be used is a taskhook.Error with CodeInvalid that names the
// field, so that a submission can be refused before anything runs.
func ParseOptions(input json.RawMessage) (Options, error) {
	options := Options{Duration: time.Second, Steps: 4}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(input, &members); err != nil {
		return options, taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "input must be a JSON object.")
	}
	raw, ok := members[provider.Steering]
	if !ok || string(raw) == "null" {
		return options, nil
	}
	var steering map[string]json.RawMessage
	if err := json.Unmarshal(raw, &steering); err != nil {
		return options, invalid("", `sandbox must be an object such as {"seconds": 2, "steps": 5}.`)
	}
	for _, name := range slices.Sorted(maps.Keys(steering)) {
		if err := options.set(name, steering[name]); err != nil {
			return options, err
		}
	}
	return options, nil
}

func (o *Options) set(name string, value json.RawMessage) error {
	switch name {
	case "seconds":
		var seconds *float64
		if json.Unmarshal(value, &seconds) != nil || seconds == nil || *seconds < 0 || *seconds > maxSeconds {
			return invalid(".seconds", "sandbox.seconds must be a number from 0 to 3600.")
		}
		o.Duration = time.Duration(*seconds * float64(time.Second))
	case "steps":
		var steps *int
		if json.Unmarshal(value, &steps) != nil || steps == nil || *steps < 1 || *steps > maxSteps {
			return invalid(".steps", "sandbox.steps must be a whole number from 1 to 100.")
		}
		o.Steps = *steps
	case "fail":
		var fail *string
		if json.Unmarshal(value, &fail) != nil || fail == nil || *fail == "" || utf8.RuneCountInString(*fail) > maxFail {
			return invalid(".fail", "sandbox.fail must be the sentence to fail with, of at most 500 characters.")
		}
		o.Fail = *fail
	case "nsfw":
		var flagged *bool
		if json.Unmarshal(value, &flagged) != nil || flagged == nil {
			return invalid(".nsfw", "sandbox.nsfw must be true or false.")
		}
		o.Safety = taskhook.SafetySafe
		if *flagged {
			o.Safety = taskhook.SafetyFlagged
		}
	default:
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "input."+provider.Steering,
			"sandbox has no member %q; it takes seconds, steps, fail and nsfw.", name)
	}
	return nil
}

func invalid(member, message string) error {
	return &taskhook.Error{Code: taskhook.CodeInvalid, Field: "input." + provider.Steering + member, Message: message}
}
