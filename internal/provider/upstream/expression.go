package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// names are the variables of expressions, in the order of scope.values.
func names() []string {
	return []string{"$model", "$provider", "$capability", "$task", "$run", "$handle", "$handles", "$callback", "$secrets"}
}

// scope is what the variables stand for.
type scope struct {
	model, provider, capability string
	task, run                   string
	handle                      string
	resumed                     bool // it was asked for before this process waited
	handles                     []any
	callback                    any // nil: nobody can reach this server
	secrets                     map[string]any
}

func (s *scope) values() []any {
	return []any{s.model, s.provider, s.capability, s.task, s.run, s.handle, s.handles, s.callback, s.secrets}
}

// expression is a compiled one; nil yields nothing.
type expression struct {
	code   *gojq.Code
	fields []string // of one that only descends, such as .job.state: it needs no machine
}

// descent is an expression that only descends.
var descent = regexp.MustCompile(`^(\.[A-Za-z_][A-Za-z0-9_]*)+$`)

// evaluation bounds the time of one.
const evaluation = time.Second

func compile(text string) (*expression, error) {
	if text == "" {
		return nil, nil
	}
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	code, err := gojq.Compile(query, gojq.WithVariables(names()))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	e := &expression{code: code}
	if text = strings.TrimSpace(text); descent.MatchString(text) {
		e.fields = strings.Split(text[1:], ".")
	}
	return e, nil
}

// descend yields what the fields lead to; ok is false when they lead through what is no
// object, of which the language says more.
func (e *expression) descend(in any) (found any, ok bool) {
	for _, field := range e.fields {
		switch at := in.(type) {
		case nil:
			return nil, true
		case map[string]any:
			in = at[field]
		default:
			return nil, false
		}
	}
	return in, e.fields != nil
}

// compileText compiles a text with \(…) in it; format is "@uri" for one whose
// insertions are escaped, or empty.
func compileText(format, text string) (*expression, error) {
	quoted, err := quote(text)
	if err != nil {
		return nil, err
	}
	return compile(strings.TrimSpace(format + " " + quoted))
}

// all returns everything that the expression yields.
func (e *expression) all(ctx context.Context, in any, s *scope) (values []any, err error) {
	if e == nil {
		return nil, nil
	}
	if found, ok := e.descend(in); ok {
		return []any{found}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, evaluation)
	defer cancel()
	iter := e.code.RunWithContext(ctx, in, s.values()...)
	for {
		v, ok := iter.Next()
		if !ok {
			return values, nil
		}
		if err, failed := v.(error); failed {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				return values, nil
			}
			return values, err
		}
		values = append(values, v)
	}
}

// first returns the first value, nil when there is none.
func (e *expression) first(ctx context.Context, in any, s *scope) (any, error) {
	values, err := e.all(ctx, in, s)
	if len(values) == 0 {
		return nil, err
	}
	return values[0], nil
}

// text returns the first value as text: numbers as they are written, null and
// false as nothing, and others as JSON.
func (e *expression) text(ctx context.Context, in any, s *scope) (string, error) {
	v, err := e.first(ctx, in, s)
	if err != nil || v == nil || v == false {
		return "", err
	}
	if text, ok := v.(string); ok {
		return text, nil
	}
	encoded, err := gojq.Marshal(v)
	return string(encoded), err
}

// decode reads JSON into what expressions take; numbers keep their digits.
func decode(data []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}
