package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// file is the configuration file while it is read.
type file struct {
	name   string
	fields map[string]field // by path
	groups map[string]bool  // the first parts of the paths that have two
	config *Config
}

func (c *Config) readFile(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read the configuration file: %w", err)
	}
	return c.parseFile(name, data)
}

// parseFile takes the settings of the file and keeps its sections. Errors have
// the form "name:line:column: what is wrong".
func (c *Config) parseFile(name string, data []byte) error {
	f := file{name: name, fields: map[string]field{}, groups: map[string]bool{}, config: c}
	for _, setting := range c.fields() {
		if !setting.inFile() {
			continue
		}
		f.fields[setting.path] = setting
		if group, _, ok := strings.Cut(setting.path, "."); ok {
			f.groups[group] = true
		}
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return explain(name, err)
	}
	if len(parsed.Docs) > 1 {
		return fmt.Errorf("%s: holds %d YAML documents; keep one", name, len(parsed.Docs))
	}
	if len(parsed.Docs) == 0 || empty(parsed.Docs[0].Body) {
		return nil
	}
	root, ok := parsed.Docs[0].Body.(ast.MapNode)
	if !ok {
		return f.errorf(parsed.Docs[0].Body, "a configuration is a list of settings such as listen: 127.0.0.1:8080")
	}
	if err := f.take(root, ""); err != nil {
		return err
	}
	c.sections, err = f.sections(root, data)
	return err
}

// take applies the settings of a mapping; those of the root have no prefix.
func (f *file) take(mapping ast.MapNode, prefix string) error {
	for pairs := mapping.MapRange(); pairs.Next(); {
		key, value := pairs.Key(), pairs.Value()
		path := prefix + plainKey(key)
		setting, known := f.fields[path]
		switch {
		case prefix == "" && isSection(path):
		case known:
			if err := f.apply(setting, value); err != nil {
				return err
			}
		case f.groups[path] && empty(value):
		case f.groups[path]:
			group, ok := value.(ast.MapNode)
			if !ok {
				return f.errorf(value, "%s has settings of its own; write them below it, indented", path)
			}
			if err := f.take(group, path+"."); err != nil {
				return err
			}
		default:
			return f.errorf(key, "there is no setting %q; `taskhook config` shows all", path)
		}
	}
	return nil
}

// apply sets one field. A setting without a value keeps its default.
func (f *file) apply(setting field, value ast.Node) error {
	if empty(value) {
		return nil
	}
	text, ok := plainText(value)
	if list, isList := value.(*ast.SequenceNode); isList && setting.isList() {
		parts := make([]string, len(list.Values))
		for i, element := range list.Values {
			if parts[i], ok = plainText(element); !ok {
				return f.errorf(element, "an element of %s is not a plain value", setting.path)
			}
		}
		text, ok = strings.Join(parts, ","), true
	}
	if !ok {
		return f.errorf(value, "%s takes a plain value", setting.path)
	}
	if err := setting.set(text); err != nil {
		return f.errorf(value, "%s: %w", setting.path, err)
	}
	f.config.origins[setting.name] = fmt.Sprintf("%s:%d", f.name, value.GetToken().Position.Line)
	return nil
}

// plainText returns the text of a scalar; ok is false for all else.
func plainText(node ast.Node) (text string, ok bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func plainKey(key ast.MapKeyNode) string {
	if text, ok := plainText(key); ok {
		return text
	}
	return key.String()
}

func empty(node ast.Node) bool {
	return node == nil || node.Type() == ast.NullType || node.Type() == ast.CommentType
}

// errorf returns an error about the place of the node.
func (f *file) errorf(node ast.Node, format string, args ...any) error {
	return errorAt(f.name, node.GetToken(), fmt.Errorf(format, args...))
}

// explain puts the position before the message of a syntax error.
func explain(name string, err error) error {
	at, ok := errors.AsType[yaml.Error](err)
	if !ok || at.GetToken() == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return errorAt(name, at.GetToken(), errors.New(at.GetMessage()))
}

func errorAt(name string, at *token.Token, err error) error {
	return fmt.Errorf("%s:%d:%d: %w", name, at.Position.Line, at.Position.Column, err)
}
