package modelhunter

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/openapi"
)

// The groups of operations.
const (
	tagTasks      = "Tasks"
	tagWebhooks   = "Webhooks"
	tagDeliveries = "Deliveries"
	tagFiles      = "Files"
	tagEvents     = "Events"
	tagWorkflows  = "Workflows"
	tagBatches    = "Batches"
	tagModels     = "Models"
	tagKeys       = "Keys"
	tagMoney      = "Money"
	tagInputs     = "Inputs"
)

// about introduces the API.
const about = "Submit generations, follow them, and have their outcomes delivered by signed webhooks. " +
	"The API is that of ModelHunter.AI, with extensions in the same form.\n\n" +
	"Every request carries `Authorization: Bearer YOUR_KEY`. " +
	"An answer is `{\"success\": true, \"data\": …}`, or `{\"success\": false, \"error\": {\"code\", \"message\"}}` with a message for people and a code for programs. " +
	"The header `X-Request-Id` of every answer names it in the server's log.\n\n" +
	"Lists come newest first, with `pagination`: while `hasMore` is true, its `cursor` asks for the next part. " +
	"In requests unknown fields are ignored, and `null` is as good as absent where a field is optional. Times are RFC 3339, in UTC."

// Document describes the API, as it is reached at baseURL, from its route table
// and the catalogue. An error is a fault in the program.
func (f *Face) Document(baseURL string) (*openapi.Document, error) {
	doc := openapi.New(openapi.Info{Title: "taskhook", Summary: "Asynchronous AI generation, delivered by webhook",
		Description: about, Version: "1"}, baseURL)
	doc.Security = []map[string][]string{{"key": {}}}
	doc.Components.SecuritySchemes["key"] = &openapi.SecurityScheme{Type: "http", Scheme: "bearer",
		Description: "A key of an account: `thk_live_…`, or `thk_test_…`, which gets made-up results."}
	doc.Tags = []openapi.Tag{
		{Name: tagTasks, Description: "A task is one generation. It is on disk when the submission is answered, and ends in exactly one of `succeeded`, `failed` and `cancelled`."},
		{Name: tagBatches, Description: "A batch is many tasks of one model, submitted together: all are accepted or none."},
		{Name: tagWebhooks, Description: "A webhook is a registered receiver: a URL and the types of event that it wants. All that is sent to it is signed."},
		{Name: tagDeliveries, Description: "A delivery is one event that is owed to one URL; it holds its attempts."},
		{Name: tagFiles, Description: "A file is an input of your own: announce it, `PUT` its bytes to the address of the answer, and complete it. Any public URL may be used instead."},
		{Name: tagEvents, Description: "An event is a fact that receivers are told of. Besides those of tasks there are those that you publish."},
		{Name: tagWorkflows, Description: "A workflow is a graph of tasks, in which a step may use what others have made. An execution is one run of it."},
		{Name: tagKeys, Description: "A key stands for an account. It may be limited to some permissions, to some addresses, in time and in what it spends."},
		{Name: tagMoney, Description: "A task costs what its model does. That is held when it is submitted, charged when it succeeds, and given back when it fails or is cancelled."},
		{Name: tagModels, Description: "What can be asked for."},
		{Name: tagInputs, Description: "What each provider takes for each capability: the submission at its own path, with the names of the models and their `input`.", Folded: true},
	}
	w := &docWriter{doc: doc, types: wireTypes(doc), models: f.Models.Models()}
	notes := operationNotes()
	for _, route := range f.Routes() {
		n, ok := notes[route.Method+" "+route.Pattern]
		if !ok {
			return nil, fmt.Errorf("describe %s %s: nothing is known of it", route.Method, route.Pattern)
		}
		doc.Add(w.operation(route, n))
	}
	w.addInputs()
	w.addEvents()
	return doc, w.types.Err()
}

// docWriter makes the parts of the document.
type docWriter struct {
	doc    *openapi.Document
	types  *openapi.Reflector
	models modelList
}

// operation describes a route.
func (w *docWriter) operation(route Route, n operationNote) *openapi.Operation {
	o := &openapi.Operation{Method: route.Method, Path: route.Pattern, ID: n.id, Tags: []string{n.tag},
		Summary: route.Summary, Description: n.text, Deprecated: n.deprecated, Alias: n.alias}
	o.Parameters = append(w.pathParameters(route.Pattern), n.parameters...)
	if route.Request != nil {
		o.RequestBody = &openapi.RequestBody{Required: !n.optionalBody,
			Content: openapi.JSON(w.either(n.orRequest, route.Request), n.request)}
	}
	o.Responses = w.responses(route, n)
	return o
}

// either returns the schema of a type, or of one of two.
func (w *docWriter) either(other, usual any) *openapi.Schema {
	if other == nil {
		return w.types.Schema(usual)
	}
	return &openapi.Schema{OneOf: []*openapi.Schema{w.types.Schema(other), w.types.Schema(usual)}}
}

// pathParameters describes the elements of a path that are in braces.
func (w *docWriter) pathParameters(pattern string) (list []openapi.Parameter) {
	add := func(name, text, example string, schema *openapi.Schema) {
		if strings.Contains(pattern, "{"+name+"}") {
			list = append(list, openapi.Parameter{Name: name, In: "path", Required: true, Description: text, Schema: schema, Example: example})
		}
	}
	add("provider", "Who runs the model, as `GET /api/v1/models` lists it.", "vidu", w.models.words(providerOf))
	add("capability", "What is asked for.", "text-to-video", w.models.words(capabilityOf))
	if strings.Contains(pattern, "/tasks/") {
		add("id", "The id of the task.", exampleTask, idSchema("task_"))
	} else {
		add("id", "The id of the webhook.", exampleWebhook, idSchema("wh_"))
	}
	add("file_id", "The id of the file.", exampleFileID, idSchema("file_"))
	add("key_id", "The id of the key.", exampleKey, idSchema("key_"))
	add("workflow_id", "The id of the workflow.", exampleWorkflow, idSchema("wf_"))
	add("batch_id", "The id of the batch.", exampleBatch, idSchema("batch_"))
	add("execution_id", "The id of the execution.", exampleExecution, idSchema("exec_"))
	add("replay_id", "The id of the replay.", exampleReplayID, idSchema("rpl_"))
	add("delivery_id", "The id of the delivery.", exampleDelivery, idSchema("dlv_"))
	return list
}

// responses describes the answers of a route: the good one, and every failure by
// its status.
func (w *docWriter) responses(route Route, n operationNote) map[string]*openapi.Response {
	if route.Response == nil {
		stream := map[string]openapi.MediaType{httpserver.EventStreamType: {Schema: &openapi.Schema{Type: "string"}, Example: n.answer}}
		return w.withFailures(route, n, &openapi.Response{Description: "A stream.", Content: stream})
	}
	fields := []openapi.Property{
		{Name: "success", Schema: &openapi.Schema{Const: true}},
		{Name: "data", Schema: w.either(n.orAnswer, route.Response)},
	}
	example := envelope.Envelope{Success: true, Data: n.answer}
	if n.paged {
		fields = append(fields, openapi.Property{Name: "pagination", Schema: w.types.Schema(client.Pagination{})})
		example.Pagination = &client.Pagination{Cursor: n.cursor, HasMore: true, Total: 42}
	}
	return w.withFailures(route, n, &openapi.Response{Description: http.StatusText(route.Status) + ".", Headers: n.header,
		Content: openapi.JSON(openapi.Object(fields...), example)})
}

// withFailures adds the ways in which a route fails to its good answer.
func (w *docWriter) withFailures(route Route, n operationNote, good *openapi.Response) map[string]*openapi.Response {
	responses := map[string]*openapi.Response{strconv.Itoa(route.Status): good}
	for _, f := range w.failures(route, n) {
		responses[strconv.Itoa(f.Status())] = f.Response(w.doc, w.types)
	}
	return responses
}
