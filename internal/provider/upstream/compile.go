package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// program is a Definition whose expressions are compiled.
type program struct {
	Definition
	base         *url.URL
	headers      map[string]*expression
	submit       *request
	poll         *request // nil: there is nothing to poll
	cancel       *request // nil: work can't be cancelled
	handle       *expression
	item, itemOf *expression // the parts of a poll's answer, and whose each is
	state        *expression
	progress     *expression
	outputs      *expression
	failure      *expression
}

// request is a compiled Call.
type request struct {
	method  string
	path    *expression
	query   map[string]*expression
	headers map[string]*expression
	body    *expression
}

// Validate says what of the definition can't be used. New does so too.
func (d Definition) Validate() error {
	_, err := d.withDefaults().compile()
	return err
}

func (d Definition) compile() (*program, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	p := &program{Definition: d}
	var err error
	if p.base, err = url.Parse(strings.TrimSuffix(d.URL, "/")); err != nil {
		return nil, errors.New("url: it can't be read")
	}
	c := compiler{}
	p.headers = c.texts("headers", d.Headers)
	p.submit = c.call("submit", d.Submit.Call)
	if d.Submit.Idempotency != "" {
		p.submit.headers[d.Submit.Idempotency] = c.expression("submit.idempotency", "$run")
	}
	p.handle = c.expression("submit.handle", d.Submit.Handle)
	if d.Poll != nil {
		p.poll = c.call("poll", d.Poll.Call)
		p.item, p.itemOf = c.expression("poll.item", d.Poll.Item), c.expression("poll.handle", d.Poll.Handle)
	}
	if d.Cancel != nil {
		p.cancel = c.call("cancel", *d.Cancel)
	}
	p.state, p.progress = c.expression("state", d.State), c.expression("progress", d.Progress)
	p.outputs, p.failure = c.expression("outputs", d.Outputs), c.expression("error", d.Error)
	return p, c.err
}

// compiler keeps the first error.
type compiler struct{ err error }

func (c *compiler) note(field string, err error) {
	if err != nil && c.err == nil {
		c.err = &FieldError{field, err}
	}
}

func (c *compiler) expression(field, text string) *expression {
	e, err := compile(text)
	c.note(field, err)
	return e
}

func (c *compiler) texts(field string, texts map[string]string) map[string]*expression {
	list := map[string]*expression{}
	for name, text := range texts {
		e, err := compileText("", text)
		c.note(field+"."+name, err)
		list[name] = e
	}
	return list
}

func (c *compiler) call(field string, call Call) *request {
	r := &request{method: call.Method, query: c.texts(field+".query", call.Query), headers: c.texts(field+".headers", call.Headers), body: c.expression(field+".body", call.Body)}
	if r.method == "" {
		if r.method = http.MethodGet; call.Body != "" || field == "submit" {
			r.method = http.MethodPost
		}
	}
	var err error
	r.path, err = compileText("@uri", call.Path)
	c.note(field+".path", err)
	return r
}

// FieldError says which field of a definition can't be used.
type FieldError struct {
	Field string // with dots, as in "submit.body"
	Err   error
}

// Error names the field.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

func (d Definition) check() error {
	base, err := url.Parse(d.URL)
	wrong := func(field, format string, args ...any) error { return &FieldError{field, fmt.Errorf(format, args...)} }
	switch {
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http":
		return wrong("url", "write an address such as https://api.example.com/v1")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return wrong("url", "leave out user, query and fragment; secrets belong into headers")
	case d.Submit.Path == "":
		return wrong("submit.path", "say where work is asked for")
	case d.Outputs == "" && !d.Submit.Binary:
		return wrong("outputs", "say where the results stand in an answer")
	case d.Poll != nil && d.Submit.Handle == "":
		return wrong("submit.handle", "say by what name the API knows the work, which poll needs")
	case d.Poll != nil && d.Poll.Path == "":
		return wrong("poll.path", "say where to look how the work stands")
	case d.Poll != nil && d.State == "":
		return wrong("state", "say where an answer has the state of the work, which poll waits for")
	case d.Poll != nil && (d.Poll.Batch < 0 || d.Poll.Every < 0):
		return wrong("poll", "batch and every must be above 0")
	case d.Poll != nil && d.Poll.Batch > 1 && d.Poll.Item == "":
		return wrong("poll.item", "say where the answer for many has each one")
	case d.Concurrency < 0, d.Rate < 0, d.Timeout < 0, d.MaxOutputBytes < 0:
		return errors.New("concurrency, rate, timeout and max_output_bytes must be above 0")
	}
	for word, meaning := range d.States {
		if !slices.Contains(states(), state(meaning)) {
			return wrong("states."+word, "%q is none of queued, running, succeeded, failed and cancelled", meaning)
		}
	}
	for name := range d.Secrets {
		if d.Secrets[name] == "" {
			return wrong("secrets."+name, "name a variable of the environment, or file: and a path")
		}
	}
	return nil
}
