package catalogue

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

//go:embed catalogue.yaml
var embedded []byte

// Source is one parsed file of the catalogue.
type Source struct {
	name string
	root ast.Node // nil when the file is empty
	doc  document
}

// Parse reads one file; name is for error messages, which have the form
// "name:line:column: what is wrong". Top-level keys are those of the embedded
// catalogue.yaml: media, capabilities, operations, schemas, models. The keys
// commands, providers, workers and workflows are left to their own readers, and
// keys that begin with "x-" are places for anchors. Any other key is an error.
func Parse(name string, data []byte) (*Source, error) {
	s := &Source{name: name}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, s.explain(err)
	}
	if len(file.Docs) > 1 {
		return nil, fmt.Errorf("%s: holds %d YAML documents; keep one", name, len(file.Docs))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return s, nil
	}
	s.root = file.Docs[0].Body
	if err := yaml.NodeToValue(s.root, &s.doc, yaml.Strict(), yaml.AllowFieldPrefixes("x-")); err != nil {
		return nil, s.explain(err)
	}
	return s, nil
}

// explain puts the position before the message of a YAML error.
func (s *Source) explain(err error) error {
	at, ok := errors.AsType[yaml.Error](err)
	if !ok || at.GetToken() == nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	message := at.GetMessage()
	if mistyped, ok := errors.AsType[*yaml.TypeError](err); ok {
		message = fmt.Sprintf("a value of type %s is needed here", mistyped.DstType)
	}
	p := at.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %s", s.name, p.Line, p.Column, message)
}

// at returns "name:line:column" of the place under the keys, or of the nearest
// enclosing one that the file writes itself.
func (s *Source) at(keys ...string) string {
	place := s.root
	for _, key := range keys {
		next := child(place, key)
		if next == nil {
			break
		}
		place = next
	}
	if place == nil {
		return s.name
	}
	if pair, ok := place.(*ast.MappingValueNode); ok {
		place = pair.Key
	}
	p := place.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", s.name, p.Line, p.Column)
}

// errorf returns an error about the place under the keys.
func (s *Source) errorf(keys []string, format string, args ...any) error {
	return fmt.Errorf("%s: %s", s.at(keys...), fmt.Sprintf(format, args...))
}

// child returns the pair with the key in a mapping, or the element of a sequence
// at the index that the key spells.
func child(node ast.Node, key string) ast.Node {
	if pair, ok := node.(*ast.MappingValueNode); ok {
		node = pair.Value
	}
	if anchor, ok := node.(*ast.AnchorNode); ok {
		node = anchor.Value
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, pair := range n.Values {
			if strings.Trim(pair.Key.GetToken().Value, `"'`) == key {
				return pair
			}
		}
	case *ast.SequenceNode:
		for i, value := range n.Values {
			if fmt.Sprint(i) == key {
				return value
			}
		}
	}
	return nil
}
