package catalogue

import (
	"fmt"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/taskhook/taskhook"
)

// Load returns the catalogue of the embedded file with the extra ones laid over
// it in turn. The fields that an extra file writes for a model replace those of
// the files before it and leave the others as they are. Errors name file, line
// and column, and say what to write.
func Load(extra ...*Source) (*Catalogue, error) {
	base, err := Parse("catalogue.yaml", embedded)
	if err != nil {
		return nil, err
	}
	return build(append([]*Source{base}, extra...))
}

// builder gathers what the sources say.
type builder struct {
	media        map[taskhook.Medium]settings
	capabilities map[string]taskhook.Medium
	operations   map[string]string
	schemas      map[string]inputSchema
	entries      map[string]map[string]entry // by provider and name
	places       map[[2]string]string        // of entries, for errors
	compiler     *jsonschema.Compiler
	compiled     int // schemas so far
}

func build(sources []*Source) (*Catalogue, error) {
	b := builder{
		media:        map[taskhook.Medium]settings{},
		capabilities: map[string]taskhook.Medium{},
		operations:   map[string]string{},
		schemas:      map[string]inputSchema{},
		entries:      map[string]map[string]entry{},
		places:       map[[2]string]string{},
		compiler:     newCompiler(),
	}
	// Files may refer to each other's names, so these come first.
	for _, read := range []func(*Source) error{b.addMedia, b.addCapabilities, b.addSchemas, b.addOperations, b.addEntries} {
		for _, s := range sources {
			if err := read(s); err != nil {
				return nil, err
			}
		}
	}
	return b.catalogue()
}

func (b *builder) addMedia(s *Source) error {
	for _, medium := range slices.Sorted(maps.Keys(s.doc.Media)) {
		at := []string{"media", string(medium)}
		if !slices.Contains(taskhook.Media(), medium) {
			return s.errorf(at, "there is no medium %q; the media are %s", medium, list(taskhook.Media()))
		}
		t := s.doc.Media[medium]
		given := settings{Estimate: textOrNil(t.Estimate), Timeout: textOrNil(t.Timeout)}
		if err := given.check(s, at); err != nil {
			return err
		}
		b.media[medium] = given.or(b.media[medium])
	}
	return nil
}

func (b *builder) addCapabilities(s *Source) error {
	for _, name := range slices.Sorted(maps.Keys(s.doc.Capabilities)) {
		medium, at := s.doc.Capabilities[name], []string{"capabilities", name}
		if !validPathName(name) {
			return s.errorf(at, "a capability is written in small letters, digits and hyphens, not %q", name)
		}
		if b.media[medium].Estimate == nil || b.media[medium].Timeout == nil {
			return s.errorf(at, "there is no medium %q; the media are %s", medium, list(taskhook.Media()))
		}
		b.capabilities[name] = medium
	}
	return nil
}

func (b *builder) addOperations(s *Source) error {
	for _, path := range slices.Sorted(maps.Keys(s.doc.Operations)) {
		capability := s.doc.Operations[path]
		if _, ok := b.capabilities[capability]; !ok {
			return s.errorf([]string{"operations", path}, "no file defines the capability %q; write it under capabilities", capability)
		}
		b.operations[path] = capability
	}
	return nil
}

func (b *builder) addEntries(s *Source) error {
	for _, provider := range slices.Sorted(maps.Keys(s.doc.Models)) {
		if !validPathName(provider) {
			return s.errorf([]string{"models", provider}, "a provider is written in small letters, digits and hyphens, not %q", provider)
		}
		for _, name := range slices.Sorted(maps.Keys(s.doc.Models[provider])) {
			e := s.doc.Models[provider][name]
			at := []string{"models", provider, name}
			if err := b.checkEntry(s, at, name, e); err != nil {
				return err
			}
			if b.entries[provider] == nil {
				b.entries[provider] = map[string]entry{}
			}
			b.entries[provider][name] = e.over(b.entries[provider][name])
			b.places[[2]string{provider, name}] = s.at(at...)
		}
	}
	return nil
}

// checkEntry checks all that can be judged without the other files' entries.
func (b *builder) checkEntry(s *Source, at []string, name string, e entry) error {
	if name != AnyName && !validModelName(name) {
		return s.errorf(at, "%q can't be the name of a model; use letters, digits and . _ - / : @ +", name)
	}
	if err := e.Settings.check(s, at); err != nil {
		return err
	}
	for _, capability := range slices.Sorted(maps.Keys(e.Capabilities)) {
		at := append(slices.Clone(at), "capabilities", capability)
		if _, ok := b.capabilities[capability]; !ok {
			return s.errorf(at, "no file defines the capability %q%s; write it under capabilities", capability, didYouMean(capability, maps.Keys(b.capabilities)))
		}
		o := e.Capabilities[capability]
		if _, ok := b.schemas[o.Schema]; !ok && o.Schema != "" {
			return s.errorf(at, "no file defines the schema %q%s; write it under schemas", o.Schema, didYouMean(o.Schema, maps.Keys(b.schemas)))
		}
		if o.Settings.Wait != nil {
			return s.errorf(append(at, "wait"), "wait is of the whole model %s, for tasks wait together whatever they ask it for; write it beside capabilities", name)
		}
		if err := o.Settings.check(s, at); err != nil {
			return err
		}
	}
	return nil
}

// catalogue resolves the entries.
func (b *builder) catalogue() (*Catalogue, error) {
	c := &contents{models: map[key]*Model{}, operations: b.operations}
	for _, provider := range slices.Sorted(maps.Keys(b.entries)) {
		for _, name := range slices.Sorted(maps.Keys(b.entries[provider])) {
			if err := b.resolve(c, provider, name); err != nil {
				return nil, fmt.Errorf("%s: %w", b.places[[2]string{provider, name}], err)
			}
		}
	}
	found := &Catalogue{}
	found.now.Store(c)
	return found, nil
}

// resolve adds the Models of one entry. What a capability leaves open is decided
// by the model, then by the provider's AnyName entry, then by the medium. As that
// entry answers for every name, its capabilities are the model's too, but they
// are listed only for a model that names none itself.
func (b *builder) resolve(c *contents, provider, name string) error {
	e, shared := b.entries[provider][name], b.entries[provider][AnyName]
	if len(e.Capabilities) == 0 && len(shared.Capabilities) == 0 && name != AnyName {
		return fmt.Errorf("model %s of %s has no capability; write capabilities: {CAPABILITY: SCHEMA}", name, provider)
	}
	all := map[string]offer{}
	maps.Copy(all, shared.Capabilities)
	maps.Copy(all, e.Capabilities)
	for _, capability := range slices.Sorted(maps.Keys(all)) {
		general := shared.Capabilities[capability].over(offer{Settings: shared.Settings})
		o := e.Capabilities[capability].over(offer{Settings: e.Settings}).over(general)
		if o.Schema == "" {
			return fmt.Errorf("capability %s of model %s has no schema; write %s: SCHEMA", capability, name, capability)
		}
		_, own := e.Capabilities[capability]
		c.add(b.model(provider, name, capability, o), own || len(e.Capabilities) == 0)
	}
	return nil
}

// model returns the Model of a fully resolved offer, which was checked before.
func (b *builder) model(provider, name, capability string, o offer) *Model {
	medium := b.capabilities[capability]
	o = o.over(offer{Settings: b.media[medium]})
	schema := b.schemas[o.Schema]
	m := &Model{
		Provider: provider, Name: name, Capability: capability, Medium: medium,
		Schema: schema.text, schema: schema.compiled,
	}
	m.Estimate, _ = duration(o.Settings.Estimate)
	m.Timeout, _ = duration(o.Settings.Timeout)
	m.takeVendors(o.Settings)
	m.Lease, m.Rerun = defaultLease, o.Settings.Rerun == nil || *o.Settings.Rerun
	if d, _ := duration(o.Settings.Lease); d > 0 {
		m.Lease = d
	}
	m.Wait, _ = patience(o.Settings.Wait)
	if o.Settings.Loose != nil && *o.Settings.Loose {
		m.loose = schema.forms
	}
	return m
}
