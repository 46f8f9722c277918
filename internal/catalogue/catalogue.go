package catalogue

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/taskhook/taskhook"
)

// Catalogue is the list of all models that is in force. Each call sees one list, whole.
type Catalogue struct{ now atomic.Pointer[contents] }

// Replace puts the list of another Catalogue in force.
func (c *Catalogue) Replace(other *Catalogue) { c.now.Store(other.now.Load()) }

// contents is a list, which never changes.
type contents struct {
	models     map[key]*Model
	sorted     []*Model // the listed ones by provider, name, capability
	operations map[string]string
}

type key struct{ provider, name, capability string }

func (c *contents) add(m *Model, listed bool) {
	c.models[key{m.Provider, m.Name, m.Capability}] = m
	if listed {
		c.sorted = append(c.sorted, m)
	}
}

// Models returns every Model by provider, name and capability. The slice is the
// caller's, the Models are shared and must not be changed.
func (c *Catalogue) Models() []*Model { return slices.Clone(c.now.Load().sorted) }

// Providers returns the names of the providers in order.
func (c *Catalogue) Providers() []string { return c.now.Load().providers() }

func (c *contents) providers() []string {
	return distinct(c.sorted, func(m *Model) string { return m.Provider })
}

// Capabilities returns the names of what a provider's models can do, in order.
func (c *Catalogue) Capabilities(provider string) []string {
	return c.now.Load().capabilities(provider)
}

func (c *contents) capabilities(provider string) []string {
	return distinct(c.of(provider), func(m *Model) string { return m.Capability })
}

// Operation returns the capability that a path of ModelsLab asks for: what stands
// behind the version, such as "video/text2video" or "lora_fine_tune". An operation
// that only a family's AnyName takes is itself the model to run, for nothing else
// tells it from its siblings; for others model is empty. The error is a taskhook.Error with
// CodeProviderNotFound.
func (c *Catalogue) Operation(path string) (capability, model string, err error) {
	operations := c.now.Load().operations
	family, operation, _ := strings.Cut(path, "/")
	if capability, ok := operations[path]; ok && operation != AnyName {
		return capability, "", nil
	}
	if capability, ok := operations[family+"/"+AnyName]; ok && validModelName(operation) && !strings.Contains(operation, "/") {
		return capability, operation, nil
	}
	return "", "", taskhook.Errorf(taskhook.CodeProviderNotFound, "there is no operation %s%s", quoteShort(path), didYouMean(path, maps.Keys(operations)))
}

// of returns the models of a provider.
func (c *contents) of(provider string) []*Model {
	start, _ := slices.BinarySearchFunc(c.sorted, provider, func(m *Model, p string) int { return cmp.Compare(m.Provider, p) })
	end := start
	for end < len(c.sorted) && c.sorted[end].Provider == provider {
		end++
	}
	return c.sorted[start:end]
}

// distinct returns the sorted values of the models' field.
func distinct(models []*Model, field func(*Model) string) []string {
	values := make([]string, len(models))
	for i, m := range models {
		values[i] = field(m)
	}
	slices.Sort(values)
	return slices.Compact(values)
}
