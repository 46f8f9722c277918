package openapi

import (
	"encoding/json"
	"strings"
	"testing"
)

func written(words []span) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.Text)
	}
	return b.String()
}

// Schemas in words: what they admit, and what they demand.
func TestSchemasInWords(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`true`:                                   "|",
		`{}`:                                     "|",
		`{"type":"string"}`:                      "string|",
		`{"type":["string","null"]}`:             "string|",
		`{"type":["string","integer"]}`:          "string or integer|",
		`{"type":"string","format":"date-time"}`: "time|",
		`{"type":"string","format":"uri","maxLength":9}`:                       "URL|at most 9 characters",
		`{"type":"integer","minimum":1,"maximum":5,"default":2}`:               "integer|1 to 5; default 2",
		`{"type":"number","exclusiveMinimum":0,"multipleOf":8}`:                "number|above 0; in steps of 8",
		`{"type":"integer","minimum":0}`:                                       "integer|",
		`{"type":"integer","minimum":1}`:                                       "integer|at least 1",
		`{"type":"string","minLength":1}`:                                      "string|",
		`{"type":"string","enum":["a","b",null]}`:                              "string|one of a, b",
		`{"enum":[5,true,{"a":1}]}`:                                            `|one of 5, true, {"a":1}`,
		`{"examples":["x"]}`:                                                   "|such as x",
		`{"type":"array","items":{"type":"number","maximum":3},"maxItems":2}`:  "array of number|at most 2 entries; each at most 3",
		`{"type":["string","array"],"items":{"type":"string"}}`:                "string or array of string|",
		`{"$ref":"#/components/schemas/Tree"}`:                                 "Tree|",
		`{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}`:        "array of Tree|",
		`{"oneOf":[{"$ref":"#/components/schemas/A"},{"type":"string"},{}]}`:   "A or string|",
		`{"anyOf":[{"type":"object"},{"type":"boolean"}]}`:                     "object or boolean|",
		`{"type":"string","anyOf":[{"format":"date-time"},{"format":"date"}]}`: "string|",
		`{"enum":["1","2","3","4","5","6","7","8","9","10","11","12","13"]}`:   "|one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 1 more",
	} {
		s, err := shapeOf(json.RawMessage(schema))
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		if got := written(s.typeOf()) + "|" + written(s.limits()); got != want {
			t.Errorf("%s in words is %q, want %q", schema, got, want)
		}
	}
}

func TestPropertiesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	s, err := shapeOf(json.RawMessage(`{"properties":{"z":true,"a":{"type":"string"},"m":{}}}`))
	if err != nil || len(s.Properties) != 3 || s.Properties[0].name != "z" || s.Properties[1].name != "a" || s.Properties[2].name != "m" {
		t.Errorf("properties are %v, %v", s.Properties, err)
	}
	if s.Properties.find("a").Types[0] != "string" || s.Properties.find("b") != nil {
		t.Error("properties are not found by their names")
	}
	for _, bad := range []string{`{"properties":[]}`, `{"properties":{"a":7}`, `{"type":7}`} {
		if _, err := shapeOf(json.RawMessage(bad)); err == nil {
			t.Errorf("%s passes for a schema", bad)
		}
	}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		operation Operation
		body      string
		want      string
	}{
		{Operation{Method: "GET", Path: "/a"}, "", "curl 'https://x.example/a' \\\n  -H 'Authorization: Bearer YOUR_KEY'"},
		{Operation{Method: "DELETE", Path: "/a"}, "", "curl -X DELETE 'https://x.example/a' \\\n  -H 'Authorization: Bearer YOUR_KEY'"},
		{Operation{Method: "POST", Path: "/a"}, "", "curl -X POST 'https://x.example/a' \\\n  -H 'Authorization: Bearer YOUR_KEY'"},
		{Operation{Method: "POST", Path: "/{id}", Parameters: []Parameter{{Name: "id", In: "path", Example: "a_1"}}}, `{"a":"it's"}`,
			"curl 'https://x.example/a_1' \\\n  -H 'Authorization: Bearer YOUR_KEY' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"a\":\"it'\\''s\"}'"},
	} {
		if got := curl("https://x.example", &test.operation, test.body); got != test.want {
			t.Errorf("curl is\n%s, want\n%s", got, test.want)
		}
	}
}
