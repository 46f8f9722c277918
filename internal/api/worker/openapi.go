package worker

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/openapi"
	"github.com/taskhook/taskhook/internal/pull"
)

// specPath is where the description is, for everybody.
const specPath = base + "/openapi.json"

// about introduces the API.
const about = "Fetch tasks, work on them, and send their results: the API of programs on machines of the operator that need no port of their own.\n\n" +
	"Ask for tasks, give a sign of life for each as often as its `heartbeat` says, send its outputs, and tell how it ended. " +
	"A worker has a task under a lease; when nothing is heard of it until `expires_at`, another gets the task, and what the first one then says is a conflict and changes nothing. " +
	"Every call may be repeated when its answer was lost, and may be made to any server of the same database.\n\n" +
	"Answers have the frame of the primary API: `{\"success\": true, \"data\": …}`, or `{\"success\": false, \"error\": {\"code\", \"message\"}}`. " +
	"Members that are not known are to be ignored, by both sides."

// Document describes the API. An error is a fault in the program.
func (f *Face) Document() (*openapi.Document, error) {
	doc := openapi.New(openapi.Info{Title: "taskhook: the API of workers", Summary: "Fetch tasks, and send results", Description: about, Version: "1"}, f.BaseURL)
	doc.Security = []map[string][]string{{"key": {}}}
	doc.Components.SecuritySchemes["key"] = &openapi.SecurityScheme{Type: "http", Scheme: "bearer",
		Description: "A key of workers, which the operator makes beside the server: `taskhook key create --scope worker`."}
	doc.Tags = []openapi.Tag{{Name: tagLeases, Description: "Tasks that a worker has."}, {Name: tagWorkers, Description: "Who fetches."}}
	types, notes := wireTypes(doc), operationNotes()
	for _, r := range f.routes() {
		n, ok := notes[r.method+" "+r.path]
		if !ok {
			return nil, fmt.Errorf("describe %s %s: nothing is known of it", r.method, r.path)
		}
		doc.Add(operation(doc, types, &r, &n))
	}
	return doc, types.Err()
}

// operation describes a route.
func operation(doc *openapi.Document, types *openapi.Reflector, r *route, n *note) *openapi.Operation {
	o := &openapi.Operation{Method: r.method, Path: r.path, ID: n.id, Tags: []string{n.tag}, Summary: r.summary, Description: n.text,
		Parameters: parameters(r.path), Responses: map[string]*openapi.Response{}}
	failures := []envelope.Failure{unauthorized, forbidden, rateLimited, fault, unavailable}
	switch r.request.(type) {
	case nil:
	case bytesOf:
		o.Parameters = append(o.Parameters, openapi.Parameter{Name: "offset", In: "query", Required: true, Example: "16777216",
			Description: "Where in the output the bytes begin: how much of it has arrived.", Schema: &openapi.Schema{Type: "integer", Minimum: "0"}})
		o.RequestBody = &openapi.RequestBody{Content: map[string]openapi.MediaType{"application/octet-stream": {Schema: &openapi.Schema{}}}}
	default:
		o.RequestBody = &openapi.RequestBody{Required: true, Content: openapi.JSON(types.Schema(r.request), n.request)}
		failures = append(failures, badRequest, tooLarge)
	}
	for _, failure := range append(failures, n.failures...) {
		o.Responses[strconv.Itoa(failure.Status())] = failure.Response(doc, types)
	}
	schema := openapi.Object(openapi.Property{Name: "success", Schema: &openapi.Schema{Const: true}}, openapi.Property{Name: "data", Schema: types.Schema(r.response)})
	o.Responses[strconv.Itoa(http.StatusOK)] = &openapi.Response{Description: "OK.", Content: openapi.JSON(schema, envelope.Envelope{Success: true, Data: n.answer})}
	return o
}

// parameters describes those of a path.
func parameters(path string) (list []openapi.Parameter) {
	if strings.Contains(path, "{lease}") {
		list = append(list, openapi.Parameter{Name: "lease", In: "path", Required: true, Example: exampleLease,
			Description: "The lease under which the worker has the task.", Schema: &openapi.Schema{Type: "string"}})
	}
	if strings.Contains(path, "{output}") {
		list = append(list, openapi.Parameter{Name: "output", In: "path", Required: true, Example: "0",
			Description: "Which of the task's outputs, from 0.", Schema: &openapi.Schema{Type: "integer", Minimum: "0", Maximum: number(pull.MaxOutputs - 1)}})
	}
	return list
}
