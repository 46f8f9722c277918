package openapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// hostile is what must never reach a browser as it is.
const hostile = `<script>alert("'&` + "</style>"

// garden is a document with everything that pages show, and hostile texts in all
// places.
func garden() *Document {
	d := New(Info{Title: "garden" + hostile, Summary: hostile, Description: "First `code`.\n\nSecond " + hostile, Version: "1"}, "https://x.example")
	r := NewReflector(d)
	r.Answer(leaf{}, Fields{"": {Description: hostile}, "green": {Description: hostile}})
	r.Answer(tree{}, Fields{"": {Description: "A tree."}, "name": {Description: hostile, Enum: Enum("oak", hostile)}})
	d.Tags = []Tag{{Name: "Trees", Description: hostile}, {Name: "Kinds", Folded: true}}
	fault := d.AddResponse("NotFound", &Response{Description: hostile, Content: JSON(Object(
		Property{"success", &Schema{Const: false}},
		Property{"error", &Schema{AllOf: []*Schema{Object(Property{"code", &Schema{Enum: Enum("NO_TREE")}})}}}), nil)})
	plant := &Operation{Method: "POST", Path: "/trees/{id}", ID: "plant", Tags: []string{"Trees"}, Summary: "Plant" + hostile, Description: hostile,
		Parameters: []Parameter{
			{Name: "id", In: "path", Required: true, Description: hostile, Schema: &Schema{Type: "string", MaxLength: ptr(9)}, Example: "tree_1"},
			{Name: "X-Soil", In: "header", Schema: &Schema{Type: "string"}, Example: "it's"}},
		RequestBody: &RequestBody{Required: true, Content: JSON(r.Schema(tree{}), map[string]string{"name": "it's " + hostile})},
		Responses: map[string]*Response{"404": fault, "201": {Description: "Created.",
			Content: JSON(Object(Property{"success", &Schema{Const: true}}, Property{"data", r.Schema(tree{})}), map[string]any{"data": hostile})}}}
	d.Add(plant)
	again := *plant
	again.Method, again.ID, again.Alias = "PUT", "again", "plant"
	d.Add(&again)
	kind := *plant
	kind.ID, kind.Tags = "kind", []string{"Kinds"}
	kind.RequestBody = &RequestBody{Content: JSON(&Schema{AllOf: []*Schema{
		Object(Property{"name", &Schema{Enum: Enum("oak", "elm")}}),
		{If: Object(Property{"name", &Schema{Enum: Enum("oak")}}), Then: Object(Property{"leaf", Ref("Leaf")})},
		{If: Object(Property{"name", &Schema{Not: &Schema{}}}), Then: Object(Property{"leaf", Ref("Leaf")})},
	}}, nil)}
	d.Add(&kind)
	d.AddWebhook(&Operation{Method: "POST", Path: "tree.fell", ID: "on tree.fell", Summary: "A tree fell", Description: hostile,
		Parameters:  []Parameter{{Name: "X-Wind", In: "header", Description: hostile, Schema: &Schema{Type: "string"}}},
		RequestBody: &RequestBody{Content: JSON(r.Schema(leaf{}), map[string]string{"a": hostile})},
		Responses:   map[string]*Response{"2XX": {Description: hostile}}})
	return d
}

func ptr(n uint64) *uint64 { return &n }

func visit(h http.Handler, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/docs", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestPage(t *testing.T) {
	t.Parallel()
	h, err := garden().Page("/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	rec := visit(h)
	page := rec.Body.String()
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("the page is %d, %v", rec.Code, rec.Header())
	}
	if strings.Contains(page, "<script") || strings.Count(page, "</style>") != 1 {
		t.Error("a text of the document reached the page as HTML")
	}
	for _, want := range []string{
		"First <code>code</code>.", `href="/openapi.json"`, "https://x.example",
		"curl &#39;https://x.example/trees/tree_1&#39;", `-H &#39;X-Soil: it&#39;\&#39;&#39;s&#39;`, "201 Created", "at most 9 characters",
		"PUT", "NO_TREE", "tree.fell", "X-Wind", `id="object-Tree"`, "For <code>oak</code>.", "For any other name.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Count(page, `class="method POST"`) != 1 || strings.Contains(page, `id="again"`) {
		t.Error("an alias is shown as an operation of its own")
	}
}

// Every link of the page leads to a place on it, and no two places have one name.
func TestPageAnchors(t *testing.T) {
	t.Parallel()
	h, err := garden().Page("/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	page := visit(h).Body.String()
	places := map[string]int{}
	for _, m := range regexp.MustCompile(`\bid="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		places[m[1]]++
	}
	for place, n := range places {
		if n != 1 {
			t.Errorf("%d places are called %s", n, place)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if places[m[1]] == 0 {
			t.Errorf("a link leads to %s, which is not there", m[1])
		}
	}
}

// The policy allows the page's own style and nothing else.
func TestPagePolicy(t *testing.T) {
	t.Parallel()
	h, err := garden().Page("/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	rec := visit(h)
	policy := rec.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script") {
		t.Errorf("policy = %s", policy)
	}
	if body := rec.Body.String(); strings.Contains(body, ` style="`) || strings.Contains(body, " on") && regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(body) {
		t.Error("the page has what its policy forbids")
	}
	if !strings.Contains(rec.Body.String(), "<style>"+pageStyle+"</style>") {
		t.Error("the style on the page is not the one that the policy names")
	}
}

func TestHandlers(t *testing.T) {
	t.Parallel()
	made := 0
	spec, page := Handlers("/openapi.json", func() (*Document, error) {
		made++
		return garden(), nil
	})
	if made != 0 {
		t.Error("the document is made before it is asked for")
	}
	first := visit(spec)
	if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "application/json" || !strings.HasPrefix(first.Body.String(), `{"openapi":"3.1`) {
		t.Errorf("the document is %d %v", first.Code, first.Header())
	}
	if again := visit(spec, "If-None-Match", first.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("the same document again is %d", again.Code)
	}
	if rec := visit(page); rec.Code != http.StatusOK || made != 1 {
		t.Errorf("the page is %d, the document was made %d times", rec.Code, made)
	}
}

func TestHandlersOfNoDocument(t *testing.T) {
	t.Parallel()
	want := errors.New("no document")
	spec, page := Handlers("/", func() (*Document, error) { return nil, want })
	for _, h := range []http.Handler{spec, page} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic is %v", got)
				}
			}()
			visit(h)
		}()
	}
}
