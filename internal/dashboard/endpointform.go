package dashboard

import (
	"errors"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// endpointForm is the form of an endpoint as it was filled in.
type endpointForm struct {
	ID     string // empty: a new one
	Fields endpointFields
	Error  string // what is wrong
	At     string // the field that it is about: "url", "events", "schedule", or none
}

// endpointFields are the fields as their texts.
type endpointFields struct {
	URL         string
	Description string
	Events      string // one type per line
	OwnSchedule bool   // Schedule counts, not the operator's
	Schedule    string // "1m,5m,30m"
}

func readEndpointForm(r *http.Request) endpointForm {
	field := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	return endpointForm{Fields: endpointFields{URL: field("url"), Description: field("description"), Events: field("events"),
		OwnSchedule: field("own_schedule") != "", Schedule: field("schedule")}}
}

// events returns the types, which blanks, commas and line ends part.
func (f endpointForm) events() []string {
	return strings.FieldsFunc(f.Fields.Events, func(r rune) bool { return r == ',' || r <= ' ' })
}

// schedule returns nil for the operator's.
func (f endpointForm) schedule() (taskhook.Schedule, error) {
	if !f.Fields.OwnSchedule {
		return nil, nil
	}
	s, err := taskhook.ParseSchedule(f.Fields.Schedule)
	if err != nil {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "schedule", "The delays can't be used: %s.", err)
	}
	return s, nil
}

// failed returns the form with what is wrong with it.
func (f endpointForm) failed(err error) endpointForm {
	if bad, ok := errors.AsType[*taskhook.Error](err); ok {
		f.Error, f.At = bad.Message, bad.Field
	}
	return f
}
