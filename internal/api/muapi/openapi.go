package muapi

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/openapi"
)

// mountDocuments serves the description of the API where its clients look for it.
func (f *Face) mountDocuments() {
	spec, page := openapi.Handlers("openapi.json", func() (*openapi.Document, error) { return f.Document() })
	f.mux.Handle("GET "+specPath, spec)
	f.mux.Handle("GET "+pagePath, page)
}

const (
	specPath = "/openapi.json"
	pagePath = "/docs"
)

// Documents lists the paths of the description, for the front.
func Documents() []string { return []string{specPath, pagePath} }

// Document describes the API: an operation for each model, whose input is the body
// that it takes, and what else there is. An error is a fault in the program.
func (f *Face) Document() (*openapi.Document, error) {
	doc := openapi.New(openapi.Info{Title: "taskhook: the API of muapi.ai", Version: "1",
		Description: "Submit with `POST /api/v1/{model}` and the header `x-api-key`; read the prediction, or give a `webhook`."}, f.BaseURL)
	doc.Security = []map[string][]string{{"key": {}}}
	doc.Components.SecuritySchemes["key"] = &openapi.SecurityScheme{Type: "apiKey", In: "header", Name: "x-api-key"}
	doc.Tags = []openapi.Tag{{Name: tagModels, Description: "What can be asked for."}, {Name: tagOthers, Description: "Predictions, files, the account and its keys."}}
	types := wireTypes(doc)
	for _, m := range f.offered() {
		doc.Add(submission(m, types))
	}
	for _, route := range f.Routes() {
		if !strings.Contains(route.Pattern, "{model...}") {
			doc.Add(operation(route, types))
		}
	}
	return doc, types.Err()
}

const (
	tagModels = "Models"
	tagOthers = "Calls"
)

// wireTypes makes the types of answers known.
func wireTypes(doc *openapi.Document) *openapi.Reflector {
	types := openapi.NewReflector(doc)
	for _, value := range []any{prediction{}, links{}, timings{}, cost{}, predictionList{}, uploadedFile{}, modelList{}, listedModel{},
		balance{}, key{}, createdKey{}, deletedKey{}, refusal{}} {
		types.Answer(value, nil)
	}
	return types
}

// submission describes the submission to a model.
func submission(m *catalogue.Model, types *openapi.Reflector) *openapi.Operation {
	text := &openapi.Schema{Type: "string"}
	return &openapi.Operation{Method: http.MethodPost, Path: "/api/v1/" + m.Name, ID: "submit." + m.Name, Tags: []string{tagModels},
		Summary: "Submit " + m.Capability + " to " + m.Name,
		Parameters: []openapi.Parameter{
			{Name: webhookParameter, In: "query", Description: "The URL that the outcome is sent to.", Schema: text},
			{Name: "sync", In: "query", Description: "Wait up to a minute for the outcome.", Schema: &openapi.Schema{Type: "boolean"}}},
		RequestBody: &openapi.RequestBody{Required: true, Content: openapi.JSON(m.Schema, nil)},
		Responses:   responses(prediction{}, types)}
}

// operation describes a route.
func operation(route Route, types *openapi.Reflector) *openapi.Operation {
	o := &openapi.Operation{Method: route.Method, Path: route.Pattern, Tags: []string{tagOthers}, Summary: route.Summary,
		ID: strings.ToLower(route.Method) + strings.NewReplacer("/api/v1", "", "/", ".", "{", "", "}", "").Replace(route.Pattern)}
	for _, name := range []string{"id", "number"} {
		if strings.Contains(route.Pattern, "{"+name+"}") {
			o.Parameters = append(o.Parameters, openapi.Parameter{Name: name, In: "path", Required: true, Schema: &openapi.Schema{Type: "string"}})
		}
	}
	if route.Scope == scopeNone {
		o.Security = &[]map[string][]string{{}}
	}
	o.Responses = responses(route.Response, types)
	return o
}

// responses describes the answers of a call; answer may be nil where none goes well.
func responses(answer any, types *openapi.Reflector) map[string]*openapi.Response {
	list := map[string]*openapi.Response{"default": {Description: "An error.", Content: openapi.JSON(types.Schema(refusal{}), nil)}}
	if answer != nil {
		list["200"] = &openapi.Response{Description: "OK.", Content: openapi.JSON(types.Schema(answer), nil)}
	}
	return list
}
