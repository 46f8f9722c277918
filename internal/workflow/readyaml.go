package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The nesting that is too much for any definition. The parser takes a time that
// grows with the square of it, so it is found before that is asked.
const (
	maxOpen   = 200 // brackets
	maxIndent = 500 // bytes before the first word of a line
)

// tooDeep reports whether a text is nested so that the parser would take long. It
// knows no quotes, so it counts brackets in texts too.
func tooDeep(text []byte) bool {
	open, indent, leading := 0, 0, true
	for _, c := range text {
		switch c {
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		case '\n':
			indent, leading = 0, true
			continue
		}
		if leading = leading && (c == ' ' || c == '-' || c == '?' || c == '\t' || c == '\r'); leading {
			indent++
		}
		if open > maxOpen || indent > maxIndent {
			return true
		}
	}
	return false
}

func readYAML(text []byte) (*document, error) {
	if tooDeep(text) {
		return nil, errors.New("it is nested too deep")
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		if bad, ok := errors.AsType[yaml.Error](err); ok && bad.GetToken() != nil {
			return nil, placed(bad.GetToken(), errors.New(bad.GetMessage()))
		}
		return nil, err
	}
	d := &document{places: map[string]place{}}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("it must be one YAML document")
	}
	d.root, err = d.yamlValue(file.Docs[0].Body, "", 0)
	return d, err
}

func placed(at *token.Token, err error) error {
	return fmt.Errorf("line %d, column %d: %w", at.Position.Line, at.Position.Column, err)
}

// yamlValue reads one node, and refuses what JSON has not.
func (d *document) yamlValue(node ast.Node, pointer string, depth int) (any, error) {
	if node == nil || node.GetToken() == nil {
		return nil, nil
	}
	at := node.GetToken()
	if depth > maxDepth {
		return nil, placed(at, fmt.Errorf("it is nested more than %d levels deep", maxDepth))
	}
	p := d.places[pointer]
	p.line, p.column = at.Position.Line, at.Position.Column
	d.places[pointer] = p
	switch n := node.(type) {
	case ast.MapNode:
		return d.yamlObject(n, pointer, depth)
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, v := range n.Values {
			var err error
			if list[i], err = d.yamlValue(v, element(pointer, i), depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value)), nil
	case *ast.FloatNode:
		return json.Number(strconv.FormatFloat(n.Value, 'g', -1, 64)), nil
	}
	return nil, placed(at, errors.New("anchors, aliases, tags and numbers that JSON has not can't be used here; write the value itself"))
}

func (d *document) yamlObject(mapping ast.MapNode, pointer string, depth int) (any, error) {
	object := map[string]any{}
	for pairs := mapping.MapRange(); pairs.Next(); {
		key, ok := pairs.Key().(*ast.StringNode)
		if !ok {
			at := pairs.Key().GetToken()
			return nil, placed(at, fmt.Errorf("%q can't be a name here; write it in quotes", at.Value))
		}
		if _, ok := object[key.Value]; ok {
			return nil, placed(key.GetToken(), fmt.Errorf("%q is repeated", key.Value))
		}
		below, at := member(pointer, key.Value), key.GetToken().Position
		if len(object) == 0 { // an object begins with its first name, where its token is the colon
			p := d.places[pointer]
			p.line, p.column = at.Line, at.Column
			d.places[pointer] = p
		}
		d.places[below] = place{at.Line, at.Column, at.Line, at.Column}
		var err error
		if object[key.Value], err = d.yamlValue(pairs.Value(), below, depth+1); err != nil {
			return nil, err
		}
	}
	return object, nil
}
