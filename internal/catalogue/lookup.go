package catalogue

import (
	"slices"

	"github.com/taskhook/taskhook"
)

// Lookup returns the model of a provider for a capability.
//
// An empty capability asks for a model that has one only, as names of muapi do.
// An empty model asks for one that is named like the capability, as some
// operations of ModelsLab take no model. Where the provider has an AnyName entry
// for the capability, a name that is not listed is answered from it; the result
// carries the asked name.
//
// The error is a taskhook.Error: CodeProviderNotFound for an unknown provider or
// a capability that it lacks, CodeModelNotFound for a model that is unknown or
// lacks the capability. Its message names what there is.
func (c *Catalogue) Lookup(provider, capability, model string) (*Model, error) {
	return c.now.Load().lookup(provider, capability, model)
}

func (c *contents) lookup(provider, capability, model string) (*Model, error) {
	if model == "" {
		model = capability
	}
	if m, ok := c.models[key{provider, model, capability}]; ok && model != AnyName {
		return m, nil
	}
	offered := c.of(provider)
	if len(offered) == 0 {
		return nil, taskhook.FieldErrorf(taskhook.CodeProviderNotFound, "provider", "there is no provider %s%s; the providers are %s",
			quoteShort(provider), didYouMean(provider, slices.Values(c.providers())), list(c.providers()))
	}
	if capability == "" {
		return c.onlyOf(provider, model)
	}
	if capabilities := c.capabilities(provider); !slices.Contains(capabilities, capability) {
		return nil, taskhook.FieldErrorf(taskhook.CodeProviderNotFound, "capability", "provider %s has no capability %s%s; it has %s; GET /api/v1/models lists all",
			provider, quoteShort(capability), didYouMean(capability, slices.Values(capabilities)), list(capabilities))
	}
	if open, ok := c.models[key{provider, AnyName, capability}]; ok && validModelName(model) {
		named := *open
		named.Name = model
		return &named, nil
	}
	return nil, modelNotFound(offered, provider, capability, model)
}

// onlyOf returns the model with the name if it has just one capability.
func (c *contents) onlyOf(provider, model string) (*Model, error) {
	var found []*Model
	for _, m := range c.of(provider) {
		if m.Name == model && model != AnyName {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return nil, modelNotFound(c.of(provider), provider, "", model)
	case 1:
		return found[0], nil
	}
	return nil, taskhook.FieldErrorf(taskhook.CodeProviderNotFound, "capability", "model %s can do more than one thing; ask for one of %s",
		model, list(distinct(found, func(m *Model) string { return m.Capability })))
}

// modelNotFound returns the error for a model that no offer of the provider fits.
func modelNotFound(offered []*Model, provider, capability, model string) error {
	var names, can []string
	for _, m := range offered {
		if m.Name == model {
			can = append(can, m.Capability)
		}
		if m.Name != AnyName && (capability == "" || m.Capability == capability) {
			names = append(names, m.Name)
		}
	}
	if len(can) > 0 && model != AnyName {
		return taskhook.FieldErrorf(taskhook.CodeModelNotFound, "model", "model %s of %s can't do %s; it can do %s; for %s take %s",
			model, provider, capability, list(can), capability, list(names))
	}
	there := "it has " + list(names)
	if len(names) == 0 {
		there = "a name is made of letters, digits and . _ - / : @ +" // every name would do, but for its form
	}
	return taskhook.FieldErrorf(taskhook.CodeModelNotFound, "model", "provider %s has no model %s%s; %s; GET /api/v1/models lists all",
		provider, quoteShort(model), didYouMean(model, slices.Values(names)), there)
}
