package muapi

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/openapi"
)

// specPath is where clients look for the schemas of models, below the host or the
// base path that they are given.
const specPath = "/openapi.json"

// Documents lists the paths of the site that the face has its own answer to, for
// the front.
func Documents() []string { return []string{specPath} }

// Document describes the API: an operation for each model, whose input is the body
// that it takes, and what else there is. An error is a fault in the program.
func (f *Face) Document() (*openapi.Document, error) {
	doc := openapi.New(openapi.Info{Title: "taskhook: the API of muapi.ai", Version: "1",
		Description: "Submit with `POST /api/v1/{model}` and the header `x-api-key`; read the prediction, or give a `webhook`."}, f.BaseURL)
	doc.Security = []map[string][]string{{"key": {}}}
	doc.Components.SecuritySchemes["key"] = &openapi.SecurityScheme{Type: "apiKey", In: "header", Name: "x-api-key"}
	doc.Tags = []openapi.Tag{{Name: tagModels, Description: "What can be asked for."}, {Name: tagOthers, Description: "Predictions, files, workflows, the account and its keys."}}
	types := wireTypes(doc)
	for _, m := range f.offered() {
		doc.Add(submission(m, types))
	}
	for _, route := range f.Routes() { // those that may go well, and are no submission
		if route.Response != nil && !strings.Contains(route.Pattern, "{model...}") {
			doc.Add(operation(route, types))
		}
	}
	doc.AddWebhook(&openapi.Operation{Method: http.MethodPost, Path: "outcome", ID: "on.outcome", Summary: "A prediction was completed, or failed",
		Description: "Sent to the URL that was given as `webhook` or `webhook_url`, without a signature of this API. The body is the prediction without its cost.",
		RequestBody: &openapi.RequestBody{Required: true, Content: openapi.JSON(types.Schema(prediction{}), nil)},
		Responses:   map[string]*openapi.Response{"2XX": {Description: "Accepted."}, "default": {Description: "Tried again, three times at most."}}})
	doc.AddWebhook(&openapi.Operation{Method: http.MethodPost, Path: "run", ID: "on.run", Summary: "A run of a workflow was completed, or failed",
		Description: "Sent to the URL that was given with the run, or else to that of the workflow. The body is what api-outputs answers.",
		RequestBody: &openapi.RequestBody{Required: true, Content: openapi.JSON(types.Schema(runOutcome{}), nil)},
		Responses:   map[string]*openapi.Response{"2XX": {Description: "Accepted."}, "default": {Description: "Tried again, three times at most."}}})
	return doc, types.Err()
}

const (
	tagModels = "Models"
	tagOthers = "Calls"
)

// wireTypes makes the types of answers known.
func wireTypes(doc *openapi.Document) *openapi.Reflector {
	types := openapi.NewReflector(doc)
	for _, value := range []any{prediction{}, links{}, timings{}, cost{}, predictionList{}, uploadedFile{}, uploadForm{}, modelList{}, listedModel{},
		balance{}, key{}, createdKey{}, deletedKey{}, refusal{},
		startedRun{}, runStatus{}, nodeStatus{}, runOutcome{}, listedWorkflow{}, shownWorkflow{}, deletedWorkflow{}, node{}, edge{},
		apiInputs{}, apiInput{}, inputSchema{}, inputProperty{}} {
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
	for _, name := range []string{"id", "number", "workflow_id", "run_id"} {
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

// responses describes the answers of a call.
func responses(answer any, types *openapi.Reflector) map[string]*openapi.Response {
	return map[string]*openapi.Response{
		"200":     {Description: "OK.", Content: openapi.JSON(types.Schema(answer), nil)},
		"default": {Description: "An error.", Content: openapi.JSON(types.Schema(refusal{}), nil)},
	}
}
