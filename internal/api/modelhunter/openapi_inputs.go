package modelhunter

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/openapi"
)

// modelList is the models of the catalogue.
type modelList []*catalogue.Model

const submitPattern = "/api/v1/{provider}/{capability}"

func providerOf(m *catalogue.Model) string   { return m.Provider }
func capabilityOf(m *catalogue.Model) string { return m.Capability }

// words returns the schema of a text that is one of the values of the models'
// field.
func (l modelList) words(field func(*catalogue.Model) string) *openapi.Schema {
	found := map[string]bool{}
	for _, m := range l {
		found[field(m)] = true
	}
	return &openapi.Schema{Type: "string", Enum: openapi.Enum(slices.Sorted(maps.Keys(found))...)}
}

// addInputs describes the submission to every capability of every provider, with
// the input of each model.
func (w *docWriter) addInputs() {
	groups := map[[2]string]modelList{} // by provider and capability
	for _, m := range w.models {
		k := [2]string{m.Provider, m.Capability}
		groups[k] = append(groups[k], m)
	}
	for _, k := range slices.SortedFunc(maps.Keys(groups), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		w.addInput(k[0], k[1], groups[k])
	}
}

// addInput describes the submission to a capability of a provider.
func (w *docWriter) addInput(provider, capability string, models modelList) {
	generic := w.doc.Paths[submitPattern]["post"]
	if accepted := generic.Responses["202"]; accepted.Ref == "" { // all of them share it
		generic.Responses["202"] = w.doc.AddResponse("SubmittedTask", accepted)
	}
	o := *generic
	o.Path = "/api/v1/" + provider + "/" + capability
	o.ID = "submit." + provider + "." + capability
	o.Tags = []string{tagInputs}
	o.Summary = fmt.Sprintf("Submit %s to %s", capability, provider)
	o.Description = ""
	o.Parameters = slices.DeleteFunc(slices.Clone(o.Parameters), func(p openapi.Parameter) bool { return p.In == "path" })
	o.RequestBody = &openapi.RequestBody{Required: true, Content: openapi.JSON(w.submission(provider, capability, models), nil)}
	w.doc.Add(&o)
}

// submission returns the schema of a submission: the models that it may name, and
// for each of them its input.
func (w *docWriter) submission(provider, capability string, models modelList) *openapi.Schema {
	s := &openapi.Schema{AllOf: []*openapi.Schema{w.types.Schema(client.Submission{})}}
	name := &openapi.Schema{Type: "string", Description: "The name of the model."}
	if open := slices.IndexFunc(models, func(m *catalogue.Model) bool { return m.Name == catalogue.AnyName }); open >= 0 {
		name.Pattern = `^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,127}$`
		name.Examples = openapi.Enum(named(models)...)
		name.Description = "The name of the model; any will do, and the provider decides."
	} else {
		name.Enum = openapi.Enum(named(models)...)
	}
	variants := w.inputs(provider, capability, models)
	if len(variants) == 1 {
		s.AllOf = append(s.AllOf, openapi.Object(openapi.Property{Name: "model", Schema: name}, openapi.Property{Name: "input", Schema: variants[0].schema}))
		return s
	}
	s.AllOf = append(s.AllOf, openapi.Object(openapi.Property{Name: "model", Schema: name}))
	for _, v := range variants {
		s.AllOf = append(s.AllOf, &openapi.Schema{
			If:   openapi.Object(openapi.Property{Name: "model", Schema: v.models}),
			Then: openapi.Object(openapi.Property{Name: "input", Schema: v.schema}),
		})
	}
	return s
}

// inputVariant is an input that some of the models share.
type inputVariant struct {
	models *openapi.Schema // of their names
	schema *openapi.Schema // a reference
}

// inputs returns the different inputs of the models, each a component.
func (w *docWriter) inputs(provider, capability string, models modelList) (variants []inputVariant) {
	var texts []string
	sharing := map[string]modelList{} // by schema
	for _, m := range models {
		text := string(m.Schema)
		if sharing[text] == nil {
			texts = append(texts, text)
		}
		sharing[text] = append(sharing[text], m)
	}
	for i, text := range texts {
		component := fmt.Sprintf("Input.%s.%s", provider, capability)
		if len(texts) > 1 {
			component += fmt.Sprintf(".%d", i+1)
		}
		w.doc.Components.Schemas[component] = sharing[text][0].Schema
		which := &openapi.Schema{Enum: openapi.Enum(named(sharing[text])...)}
		if slices.ContainsFunc(sharing[text], func(m *catalogue.Model) bool { return m.Name == catalogue.AnyName }) {
			which = &openapi.Schema{Not: &openapi.Schema{Enum: openapi.Enum(others(models, sharing[text])...)}}
		}
		variants = append(variants, inputVariant{models: which, schema: openapi.Ref(component)})
	}
	return variants
}

// named returns the names of those models that have one.
func named(models modelList) (names []string) {
	for _, m := range models {
		if m.Name != catalogue.AnyName {
			names = append(names, m.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// others returns the names of the models that are not in some.
func others(models, some modelList) []string {
	return slices.DeleteFunc(named(models), func(name string) bool {
		return slices.ContainsFunc(some, func(m *catalogue.Model) bool { return m.Name == name })
	})
}
