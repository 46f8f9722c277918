package workflow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
)

// The bounds of a definition.
const (
	maxSource = 64 << 10
	maxDepth  = 32
)

// document is a definition as a tree of what JSON knows: map[string]any, []any,
// string, json.Number, bool and nil.
type document struct {
	root   any
	places map[string]place // of YAML, by pointer
}

// place is where a value and its key stand in a text.
type place struct{ line, column, keyLine, keyColumn int }

// read takes a source apart.
func read(s taskhook.Source) (*document, error) {
	if len(s.Text) > maxSource {
		return nil, taskhook.FieldErrorf(taskhook.CodeTooLarge, "definition", "The definition has more than %d KB. Leave out what is not needed.", maxSource>>10)
	}
	var d *document
	var err error
	switch s.Format {
	case taskhook.FormatJSON:
		d, err = readJSON(s.Text)
	case taskhook.FormatYAML:
		d, err = readYAML(s.Text)
	default:
		err = fmt.Errorf("there is no format %q", s.Format)
	}
	if _, ok := errors.AsType[*taskhook.Error](err); err != nil && !ok {
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "definition", "The definition can't be read: %s.", err)
	}
	return d, err
}

// wrong is the error about the value that a JSON pointer names: with its line and
// column in YAML, else with the pointer.
func (d *document) wrong(pointer, format string, args ...any) error {
	at, ok := d.places[pointer]
	return d.errorAt(pointer, ok, at.line, at.column, fmt.Sprintf(format, args...))
}

// wrongKey is the error about the name of a member.
func (d *document) wrongKey(pointer, format string, args ...any) error {
	at, ok := d.places[pointer]
	return d.errorAt(pointer, ok, at.keyLine, at.keyColumn, fmt.Sprintf(format, args...))
}

func (d *document) errorAt(pointer string, placed bool, line, column int, message string) error {
	where := pointer
	if pointer == "" {
		where = "/"
	}
	if placed {
		where = fmt.Sprintf("line %d, column %d", line, column)
	}
	return taskhook.FieldErrorf(taskhook.CodeInvalid, pointer, "%s: %s", where, message)
}

// member and element are the pointers (RFC 6901) to parts of what a pointer names.
func member(pointer, name string) string {
	return pointer + "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

func element(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }
