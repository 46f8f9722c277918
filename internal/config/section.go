package config

import (
	"bytes"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Source is YAML that belongs to another package. Line numbers in Data are those
// of the file Name, so that errors about it point to the right place.
type Source struct {
	Name string
	Data []byte
}

// The sections of a configuration file that are not settings, by who reads them.
const (
	sectionCatalogue = iota
	sectionCommands
	sectionProviders
	sectionShared // keys that begin with x-: places for anchors
	sectionNone
)

func sectionOf(key string) int {
	switch key {
	case "media", "capabilities", "operations", "schemas", "models":
		return sectionCatalogue
	case "commands":
		return sectionCommands
	case "providers":
		return sectionProviders
	}
	if strings.HasPrefix(key, "x-") {
		return sectionShared
	}
	return sectionNone
}

func isSection(key string) bool { return sectionOf(key) != sectionNone }

// CatalogueSources returns what extends the built-in catalogue, in the order in
// which it is laid over: the files named by Catalogue, those named by Provider, then
// the sections models, schemas, capabilities, operations and media of the
// configuration file.
func (c *Config) CatalogueSources() []Source {
	return slices.Concat(c.extra, c.upstreams, c.sources(sectionCatalogue))
}

// ProviderSources returns what describes upstream APIs: the files named by
// Provider, then the section providers of the configuration file. Keys of other
// sections stand there too.
func (c *Config) ProviderSources() []Source {
	return slices.Concat(c.upstreams, c.sources(sectionProviders))
}

// CommandSources returns the section commands of the configuration file, or
// nothing.
func (c *Config) CommandSources() []Source { return c.sources(sectionCommands) }

func (c *Config) sources(section int) []Source {
	if c.sections == nil || c.sections[section].Data == nil {
		return nil
	}
	return []Source{c.sections[section]}
}

// sections returns the file once per reader, with the lines of all other keys
// blanked. Data is nil for a reader of whom the file has no key.
func (f *file) sections(root ast.MapNode, data []byte) ([]Source, error) {
	type pair struct{ line, section int }
	var pairs []pair
	for each := root.MapRange(); each.Next(); {
		p := pair{each.Key().GetToken().Position.Line, sectionOf(plainKey(each.Key()))}
		if len(pairs) > 0 && p.line <= pairs[len(pairs)-1].line {
			return nil, f.errorf(each.Key(), "each setting and section begins on a line of its own")
		}
		pairs = append(pairs, p)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	list := make([]Source, sectionShared)
	for section := range list {
		var kept []byte
		found, next := false, 0
		for i, line := range lines {
			for next < len(pairs) && pairs[next].line <= i+1 {
				next++
			}
			owner := sectionNone
			if next > 0 {
				owner = pairs[next-1].section
			}
			found = found || owner == section
			if owner != section && owner != sectionShared {
				line = []byte("\n")
			}
			kept = append(kept, line...)
		}
		list[section].Name = f.name
		if found {
			list[section].Data = kept
		}
	}
	return list, nil
}
