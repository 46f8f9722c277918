package openapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

type (
	tree struct {
		Name     string          `json:"name"`
		Size     int             `json:"size,omitempty"`
		Planted  time.Time       `json:"planted,omitzero"`
		Branches []tree          `json:"branches,omitempty"`
		Leaf     *leaf           `json:"leaf,omitempty"`
		Extra    json.RawMessage `json:"extra"`
		Hidden   string          `json:"-"`
	}

	leaf struct {
		Green bool `json:"green"`
	}
)

func schemaText(t *testing.T, schema any) string {
	t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReflector(t *testing.T) {
	t.Parallel()
	doc := New(Info{}, "https://x.example")
	r := NewReflector(doc)
	r.Answer(tree{}, Fields{"": {Description: "A tree."}, "size": {Minimum: "1", Maximum: "9"}, "name": {Enum: Enum("oak", "elm")}})
	r.Request(leaf{}, Fields{"green": {Description: "Not brown."}})
	if got := schemaText(t, r.Schema([]tree{})); got != `{"items":{"$ref":"#/components/schemas/Tree"},"type":"array"}` || r.Err() != nil {
		t.Errorf("a list is %s, %v", got, r.Err())
	}
	want := `{"properties":{"name":{"type":"string","enum":["oak","elm"]},"size":{"type":"integer","maximum":9,"minimum":1},` +
		`"planted":{"type":"string","format":"date-time"},"branches":{"items":{"$ref":"#/components/schemas/Tree"},"type":"array"},` +
		`"leaf":{"$ref":"#/components/schemas/Leaf"},"extra":true},"type":"object","required":["name","extra"],"description":"A tree."}`
	if got := schemaText(t, doc.Components.Schemas["Tree"]); got != want {
		t.Errorf("Tree is\n%s, want\n%s", got, want)
	}
	if got := schemaText(t, doc.Components.Schemas["Leaf"]); !strings.Contains(got, "Not brown.") {
		t.Errorf("Leaf is %s", got)
	}
}

// A null stands for an absent field of a request, and not for one of an answer or
// one that is required.
func TestNullInRequests(t *testing.T) {
	t.Parallel()
	type order struct {
		Must string `json:"must"`
		May  string `json:"may,omitempty"`
		Size *int   `json:"size,omitempty"`
	}
	doc := New(Info{}, "")
	r := NewReflector(doc)
	r.Request(order{}, Fields{"may": {Enum: Enum("a")}})
	r.Schema(order{})
	want := `{"properties":{"must":{"type":"string"},"may":{"enum":["a",null],"type":["string","null"]},` +
		`"size":{"type":["integer","null"]}},"type":"object","required":["must"]}`
	if got := schemaText(t, doc.Components.Schemas["Order"]); got != want {
		t.Errorf("Order is\n%s, want\n%s", got, want)
	}
}

func TestReflectorMistakes(t *testing.T) {
	t.Parallel()
	for name, mistake := range map[string]func(*Reflector){
		"an unknown type":           func(r *Reflector) { r.Schema(leaf{}) },
		"an unknown type within":    func(r *Reflector) { r.Answer(tree{}, nil); r.Schema(tree{}) },
		"a field that is not there": func(r *Reflector) { r.Answer(leaf{}, Fields{"brown": {}}); r.Schema(leaf{}) },
	} {
		r := NewReflector(New(Info{}, ""))
		if mistake(r); r.Err() == nil {
			t.Errorf("%s passes", name)
		}
	}
}
