package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/envelope"
	"github.com/taskhook/taskhook/internal/openapi"
	"github.com/taskhook/taskhook/internal/pull"
)

const workerKey = "thk_live_worker"

// fleet stands in for all services.
type fleet struct{ err error }

func (*fleet) Authenticate(_ context.Context, text string, _ netip.Addr) (who taskhook.Identity, err error) {
	switch text {
	case "":
		return who, taskhook.Errorf(taskhook.CodeUnauthenticated, "There is no key.")
	case workerKey:
		who.Permissions = []taskhook.Scope{taskhook.ScopeWorker}
	}
	return who, nil
}

func (f *fleet) Lease(context.Context, taskhook.Limits, taskhook.Worker, int, time.Duration) ([]pull.Job, bool, error) {
	job := pull.Job{Input: json.RawMessage(`{}`), Every: time.Second}
	job.Claims = 1
	return []pull.Job{job}, true, f.err
}

func (f *fleet) Heartbeat(context.Context, string, int) (pull.Heartbeat, error) {
	return pull.Heartbeat{Standing: pull.Lost, Every: time.Second}, f.err
}
func (f *fleet) Complete(context.Context, string, []pull.Result) error { return f.err }
func (f *fleet) Fail(context.Context, string, string, bool) error      { return f.err }
func (f *fleet) Release(context.Context, string) error                 { return f.err }
func (f *fleet) Received(context.Context, string, int) (int64, error)  { return 5, f.err }
func (f *fleet) Drain(context.Context, string) error                   { return f.err }
func (f *fleet) Workers(context.Context) ([]taskhook.Worker, error) {
	return []taskhook.Worker{{Name: "w"}}, f.err
}
func (f *fleet) Receive(_ context.Context, _ string, _ int, _ int64, r io.Reader) (int64, error) {
	n, err := io.Copy(io.Discard, r)
	if f.err != nil {
		err = f.err
	}
	return n, err
}

// contract is the document as its readers get it.
type contract struct {
	*openapi.Document
	text     map[string]any
	compiler *jsonschema.Compiler
}

const contractURL = "https://x.example" + specPath

// newContract asks a face for its document, as anybody may.
func newContract(t *testing.T, f *Face) *contract {
	t.Helper()
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, specPath, nil))
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(rec.Body.Bytes()))
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%d: %v", rec.Code, err)
	}
	doc, err := f.Document()
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
func (c *contract) schema(t *testing.T, place ...string) *jsonschema.Schema {
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

func newFace(services *fleet) *Face {
	return New(Config{Keys: services, Leases: services, Outputs: services, Workers: services, BaseURL: "https://x.example", Log: slog.New(slog.DiscardHandler)})
}

// TestDocumentIsComplete holds that every route is described, with every field of its
// bodies, and that examples are what they are examples of.
func TestDocumentIsComplete(t *testing.T) {
	t.Parallel()
	f := newFace(&fleet{})
	c := newContract(t, f)
	ids := map[string]bool{}
	for _, r := range f.routes() {
		o := c.Paths[r.path][strings.ToLower(r.method)]
		if o == nil || o.ID == "" || ids[o.ID] || o.Description == "" || o.Responses["200"] == nil {
			t.Fatalf("%s %s is described as %+v", r.method, r.path, o)
		}
		ids[o.ID] = true
		inPath := 0
		for _, p := range o.Parameters {
			if inPath += strings.Count(r.path, "{"+p.Name+"}"); p.Description == "" {
				t.Errorf("%s %s: %s is not described", r.method, r.path, p.Name)
			}
		}
		if inPath != strings.Count(r.path, "{") {
			t.Errorf("%s %s: %d parameters of the path are described", r.method, r.path, inPath)
		}
	}
	if n := len(operationNotes()); n != len(ids) {
		t.Errorf("%d notes for %d routes", n, len(ids))
	}
	for name := range c.Components.Schemas {
		c.schema(t, "components", "schemas", name)
		s := c.text["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any)
		for field, property := range s["properties"].(map[string]any) {
			if p, ok := property.(map[string]any); !ok || p["description"] == nil {
				t.Errorf("field %s of %s has no description", field, name)
			}
		}
	}
	c.examples(t, c.text, nil)
}

// examples looks at all below a place.
func (c *contract) examples(t *testing.T, value any, place []string) {
	switch value := value.(type) {
	case []any:
		for i, v := range value {
			c.examples(t, v, append(slices.Clone(place), strconv.Itoa(i)))
		}
	case map[string]any:
		for key, v := range value {
			at := append(slices.Clone(place), key)
			if media, ok := v.(map[string]any); ok && key == "application/json" {
				if err := c.schema(t, append(slices.Clone(at), "schema")...).Validate(media["example"]); err != nil {
					t.Errorf("example at %s: %v", at, err)
				}
				continue
			}
			c.examples(t, v, at)
		}
	}
}

// TestAnswersFitTheDocument holds that what is answered is what is described: when all
// goes well, with every error of a service, and without a key that will do.
func TestAnswersFitTheDocument(t *testing.T) {
	t.Parallel()
	services := &fleet{}
	f := newFace(services)
	c := newContract(t, f)
	for _, code := range append([]taskhook.Code{""}, taskhook.Codes()...) {
		services.err = nil
		if code != "" {
			services.err = taskhook.FieldErrorf(code, "field", "A sentence.")
		}
		for _, r := range f.routes() {
			if code == "" || c.documents(r, code) {
				c.check(t, f, r, workerKey, "")
			}
		}
	}
	services.err = nil
	for _, r := range f.routes() {
		c.check(t, f, r, "", "")
		c.check(t, f, r, "thk_live_other", "")
		if r.request != nil && r.request != (bytesOf{}) {
			c.check(t, f, r, workerKey, `{"`)
			c.check(t, f, r, workerKey, strings.Repeat(" ", 2<<20))
		}
	}
}

// documents reports whether a route may answer with a code.
func (c *contract) documents(r route, code taskhook.Code) bool {
	words := envelope.WordsOf(code)
	response := c.Paths[r.path][strings.ToLower(r.method)].Responses[strconv.Itoa(words.Status)]
	if response == nil {
		return false
	}
	text, err := json.Marshal(c.Response(response).Content)
	return err == nil && bytes.Contains(text, []byte(strconv.Quote(words.Code)))
}

func (c *contract) check(t *testing.T, f *Face, r route, key, body string) {
	t.Helper()
	if note := operationNotes()[r.method+" "+r.path]; body == "" && note.request != nil {
		text, _ := json.Marshal(note.request)
		body = string(text)
	}
	path := strings.NewReplacer("{lease}", exampleLease, "{output}", "0").Replace(r.path)
	if r.request == (bytesOf{}) {
		path, body = path+"?offset=0", "bytes"
	}
	req := httptest.NewRequest(r.method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+key)
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, req)
	response := c.Paths[r.path][strings.ToLower(r.method)].Responses[strconv.Itoa(rec.Code)]
	if response == nil {
		t.Errorf("%s %s: the document has no status %d: %s", r.method, r.path, rec.Code, rec.Body)
		return
	}
	place := []string{"paths", r.path, strings.ToLower(r.method), "responses", strconv.Itoa(rec.Code)}
	if name, ok := strings.CutPrefix(response.Ref, "#/components/responses/"); ok {
		place = []string{"components", "responses", name}
	}
	value, err := jsonschema.UnmarshalJSON(rec.Body)
	if err == nil {
		err = c.schema(t, append(place, "content", "application/json", "schema")...).Validate(value)
	}
	if err != nil {
		t.Errorf("%s %s: answer %d does not fit the document: %v", r.method, r.path, rec.Code, err)
	}
}
