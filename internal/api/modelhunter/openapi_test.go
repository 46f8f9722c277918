package modelhunter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/openapi"
)

// contract is the document as its readers get it, with its schemas compiled.
type contract struct {
	*openapi.Document
	text     map[string]any
	compiler *jsonschema.Compiler
}

const contractURL = "https://x.example/openapi.json"

func newContract(t testing.TB, face *Face) *contract {
	t.Helper()
	doc, err := face.Document("https://x.example")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{Document: doc, text: parsed.(map[string]any), compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(contractURL, parsed); err != nil {
		t.Fatal(err)
	}
	return c
}

// schema compiles what stands at a place of the document.
func (c *contract) schema(t testing.TB, place ...string) *jsonschema.Schema {
	t.Helper()
	for i, step := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(step)
	}
	s, err := c.compiler.Compile(contractURL + "#/" + strings.Join(place, "/"))
	if err != nil {
		t.Fatalf("schema at %s: %v", place, err)
	}
	return s
}

// answerSchema compiles the schema of an operation's answers with a status, and
// returns nil where none is documented.
func (c *contract) answerSchema(t testing.TB, method, pattern string, status int) *jsonschema.Schema {
	t.Helper()
	code := strconv.Itoa(status)
	response := c.Paths[pattern][strings.ToLower(method)].Responses[code]
	if response == nil {
		return nil
	}
	if name, ok := strings.CutPrefix(response.Ref, "#/components/responses/"); ok {
		return c.schema(t, "components", "responses", name, "content", "application/json", "schema")
	}
	return c.schema(t, "paths", pattern, strings.ToLower(method), "responses", code, "content", "application/json", "schema")
}

// check says what is wrong with an answer by the document.
func (c *contract) check(t testing.TB, route Route, rec *httptest.ResponseRecorder) {
	t.Helper()
	if route.Response == nil && isStream(rec) {
		return // any text will do
	}
	s := c.answerSchema(t, route.Method, route.Pattern, rec.Code)
	if s == nil {
		t.Errorf("%s %s: the document has no status %d: %s", route.Method, route.Pattern, rec.Code, rec.Body)
		return
	}
	if err := validate(s, rec.Body.Bytes()); err != nil {
		t.Errorf("%s %s: answer %d does not fit the document: %v\n%s", route.Method, route.Pattern, rec.Code, err, rec.Body)
	}
	r := c.Response(c.Paths[route.Pattern][strings.ToLower(route.Method)].Responses[strconv.Itoa(rec.Code)])
	for name := range r.Headers {
		if rec.Header().Get(name) == "" && name != "Idempotent-Replayed" {
			t.Errorf("%s %s: answer %d lacks the header %s", route.Method, route.Pattern, rec.Code, name)
		}
	}
}

func validate(s *jsonschema.Schema, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// catalogueWorld is a world with the models of the embedded catalogue.
type catalogueWorld struct {
	*world
	models *catalogue.Catalogue
}

func (w catalogueWorld) Models() []*catalogue.Model { return w.models.Models() }

func fullFace(t testing.TB) *Face {
	t.Helper()
	models, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	face, _ := newWorld().face(t)
	face.Models = catalogueWorld{face.Models.(*world), models}
	return face
}

// Every route is in the document under its own operation id, and is documented as
// all others are.
func TestDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	face := fullFace(t)
	c := newContract(t, face)
	for _, route := range face.Routes() {
		if o := c.Paths[route.Pattern][strings.ToLower(route.Method)]; o == nil || o.Responses[strconv.Itoa(route.Status)] == nil {
			t.Errorf("the document lacks %s %s with %d", route.Method, route.Pattern, route.Status)
		}
	}
	if notes := operationNotes(); len(notes) != len(face.Routes()) {
		t.Errorf("there are %d notes for %d routes", len(notes), len(face.Routes()))
	}
	ids := map[string]bool{}
	for path, item := range c.Paths {
		for method, o := range item {
			if o.ID == "" || ids[o.ID] {
				t.Errorf("%s %s: the operation id %q is missing or not the only one", method, path, o.ID)
			}
			ids[o.ID] = true
			checkParameters(t, method+" "+path, path, o.Parameters)
		}
	}
}

func checkParameters(t *testing.T, operation, path string, list []openapi.Parameter) {
	t.Helper()
	inPath := 0
	for _, p := range list {
		if p.Description == "" || p.Schema == nil {
			t.Errorf("%s: parameter %s has no description or no schema", operation, p.Name)
		}
		if p.In == "path" {
			inPath++
			if !p.Required || !strings.Contains(path, "{"+p.Name+"}") {
				t.Errorf("%s: parameter %s is not of this path", operation, p.Name)
			}
		}
	}
	if inPath != strings.Count(path, "{") {
		t.Errorf("%s: %d parameters in the path, want %d", operation, inPath, strings.Count(path, "{"))
	}
}

// Every reference resolves, every schema compiles, every field is described.
func TestDocumentSchemas(t *testing.T) {
	t.Parallel()
	c := newContract(t, fullFace(t))
	walk(c.text, nil, func(place []string, key string, value any) {
		switch {
		case key == "schema":
			c.schema(t, append(slices.Clone(place), key)...)
		case key == "$ref" && resolve(c.text, value.(string)) == nil:
			t.Errorf("%s refers to %v, which is not there", place, value)
		}
	})
	for name := range c.Components.Schemas {
		c.schema(t, "components", "schemas", name)
		if strings.HasPrefix(name, "Input.") {
			continue // as the catalogue has it
		}
		s := resolve(c.text, "#/components/schemas/"+name).(map[string]any)
		for field, property := range s["properties"].(map[string]any) {
			if p, ok := property.(map[string]any); !ok || p["description"] == nil {
				t.Errorf("field %s of %s has no description", field, name)
			}
		}
	}
}

// walk calls visit for every member of every object in a value.
func walk(value any, place []string, visit func(place []string, key string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			if key != "example" && key != "examples" {
				visit(place, key, member)
				walk(member, append(slices.Clone(place), key), visit)
			}
		}
	case []any:
		for i, element := range value {
			walk(element, append(slices.Clone(place), strconv.Itoa(i)), visit)
		}
	}
}

// resolve returns what a reference stands for, or nil.
func resolve(document any, ref string) any {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	for step := range strings.SplitSeq(path, "/") {
		object, _ := document.(map[string]any)
		document = object[step]
	}
	return document
}

// Every example is an instance of its schema.
func TestDocumentExamples(t *testing.T) {
	t.Parallel()
	c := newContract(t, fullFace(t))
	walk(c.text, nil, func(place []string, key string, value any) {
		if media, ok := value.(map[string]any); ok && key == "application/json" && media["example"] != nil {
			s := c.schema(t, append(slices.Clone(place), key, "schema")...)
			if err := s.Validate(media["example"]); err != nil {
				t.Errorf("example at %s: %v", place, err)
			}
		}
		if parameters, ok := value.([]any); ok && key == "parameters" {
			for i, p := range parameters {
				if example := p.(map[string]any)["example"]; example != nil {
					s := c.schema(t, append(slices.Clone(place), key, strconv.Itoa(i), "schema")...)
					if err := s.Validate(example); err != nil {
						t.Errorf("example of parameter %d at %s: %v", i, place, err)
					}
				}
			}
		}
	})
}

// What the server answers is what the document says: every success, and every
// error that a route documents and a service can report.
func TestAnswersFitTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld()
	face, handler := w.face(t)
	c := newContract(t, face)
	closeObjects(c)
	for _, code := range append([]taskhook.Code{""}, taskhook.Codes()...) {
		w.err = nil
		if code != "" {
			w.err = taskhook.FieldErrorf(code, "field", "A sentence.")
		}
		for _, route := range face.Routes() {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, request(route, ownerKey))
			if rec.Code < 400 || documents(c, route, code) {
				c.check(t, route, rec)
			}
		}
	}
}

// documents reports whether a route may answer with a code.
func documents(c *contract, route Route, code taskhook.Code) bool {
	wire := envelope.WordsOf(code)
	r := c.Paths[route.Pattern][strings.ToLower(route.Method)].Responses[strconv.Itoa(wire.Status)]
	if r == nil {
		return false
	}
	text, err := json.Marshal(c.Response(r).Content)
	return err == nil && bytes.Contains(text, []byte(strconv.Quote(wire.Code)))
}

// closeObjects makes the schemas of answers refuse fields that they do not name.
func closeObjects(c *contract) {
	for name, s := range c.text["components"].(map[string]any)["schemas"].(map[string]any) {
		if object, ok := s.(map[string]any); ok && object["properties"] != nil && !strings.HasPrefix(name, "Input.") {
			object["additionalProperties"] = false
		}
	}
}

// What a request does wrong is answered as documented.
func TestRefusalsFitTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld()
	face, handler := w.face(t)
	c := newContract(t, face)
	for _, route := range face.Routes() {
		for name, r := range refused(route) {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, r)
			if rec.Code < 400 || rec.Code >= 500 {
				t.Errorf("%s %s with %s: %d %s", route.Method, route.Pattern, name, rec.Code, rec.Body)
			}
			c.check(t, route, rec)
		}
	}
}

// refused returns requests that a route can't take.
func refused(route Route) map[string]*http.Request {
	of := func(target, body, key string) *http.Request {
		r := httptest.NewRequest(route.Method, target, strings.NewReader(body))
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		return r
	}
	path, body := address(route), bodyFor(route)
	list := map[string]*http.Request{"no key": of(path, body, ""), "an unknown key": of(path, body, "nonsense")}
	if strings.Contains(route.Pattern, "id}") {
		list["a foreign key"] = of(path, body, foreignKey)
	}
	if route.Request != nil {
		list["a list"] = of(path, `[]`, ownerKey)
		list["half a body"] = of(path, `{"`, ownerKey)
		list["a large body"] = of(path, strings.Repeat(" ", maxBody+1), ownerKey)
		list["a body of another kind"] = of(path, body, ownerKey)
		list["a body of another kind"].Header.Set("Content-Type", "text/plain")
	}
	for _, p := range operationNotes()[route.Method+" "+route.Pattern].parameters {
		if p.In == "query" && p.Name == "limit" {
			list["no limit"] = of(path+"?limit=0", body, ownerKey)
		}
	}
	return list
}

// The bodies that are sent to receivers are as documented.
func TestEventsFitTheDocument(t *testing.T) {
	t.Parallel()
	c := newContract(t, fullFace(t))
	closeObjects(c)
	failed := newWorld().task
	failed.State, failed.Error, failed.Results = taskhook.TaskFailed, &taskhook.TaskError{Code: taskhook.TaskErrorTimeout, Message: "no answer"}, nil
	for eventType, body := range map[string][]byte{
		taskhook.EventTaskCompleted: EventBody(taskhook.Outcome{EventID: "evt_1", EventType: taskhook.EventTaskCompleted, CreatedAt: day(45),
			Task: newWorld().task, Links: []string{"https://x.example/results/a.mp4?signature=s"}}),
		taskhook.EventTaskFailed: EventBody(taskhook.Outcome{EventID: "evt_1", EventType: taskhook.EventTaskFailed, CreatedAt: day(45), Task: failed}),
		"order.paid":             GenericBody("evt_1", "order.paid", day(1), json.RawMessage(`{"a":[1,null]}`)),
	} {
		if err := validate(c.schema(t, "webhooks", eventType, "post", "requestBody", "content", "application/json", "schema"), body); err != nil {
			t.Errorf("%s: %v\n%s", eventType, err, body)
		}
	}
}

// The schema of a submission tells the inputs of models apart.
func TestInputsInTheDocument(t *testing.T) {
	t.Parallel()
	c := newContract(t, fullFace(t))
	for _, test := range []struct {
		path, body string
		fits       bool
	}{
		{"vidu/text-to-video", `{"model":"viduq3-pro","input":{"prompt":"a","duration":16}}`, true},
		{"vidu/text-to-video", `{"model":"viduq2-pro","input":{"prompt":"a","duration":16}}`, false},
		{"vidu/text-to-video", `{"model":"viduq2-pro","input":{"prompt":"a","duration":10}}`, true},
		{"vidu/text-to-video", `{"model":"viduq9","input":{"prompt":"a"}}`, false},
		{"vidu/text-to-video", `{"model":"viduq3-pro","input":{}}`, false},
		{"vidu/text-to-video", `{"input":{"prompt":"a"}}`, false},
		{"gemini/text-to-image", `{"model":"nano-banana-2","input":{"prompt":"a"},"metadata":null}`, true},
		{"gemini/text-to-image", `{"model":"nano-banana-2","input":{"prompt":1}}`, false},
		{"modelslab/text-to-image", `{"model":"anything/v2","input":{"model_id":"x","prompt":"a"}}`, true},
		{"modelslab/text-to-image", `{"model":"no blanks","input":{"model_id":"x","prompt":"a"}}`, false},
		{"muapi/text-to-audio", `{"model":"mmaudio-v2/text-to-audio","input":{"prompt":"rain"}}`, true},
	} {
		s := c.schema(t, "paths", "/api/v1/"+test.path, "post", "requestBody", "content", "application/json", "schema")
		if err := validate(s, []byte(test.body)); (err == nil) != test.fits {
			t.Errorf("%s %s: fits = %t: %v", test.path, test.body, err == nil, err)
		}
	}
}

func TestDocumentIsStable(t *testing.T) {
	t.Parallel()
	face := fullFace(t)
	first := newContract(t, face)
	again := newContract(t, face)
	if fmt.Sprint(first.text) != fmt.Sprint(again.text) {
		t.Error("two documents of one server differ")
	}
}

func BenchmarkDocument(b *testing.B) {
	face := fullFace(b)
	b.ReportAllocs()
	for b.Loop() {
		doc, err := face.Document("https://x.example")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := doc.Handler(); err != nil {
			b.Fatal(err)
		}
	}
}
