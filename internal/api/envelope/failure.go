package envelope

import (
	"net/http"
	"strconv"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

// Failure is a way in which requests fail, as documents describe it: codes that share a
// status.
type Failure struct {
	Name  string // of the component
	Codes []taskhook.Code
	Text  string
	Say   string // a message for the example
}

// Status is that of the answer.
func (f Failure) Status() int { return WordsOf(f.Codes[0]).Status }

// words returns the codes as the APIs say them.
func (f Failure) words() []string {
	words := make([]string, len(f.Codes))
	for i, code := range f.Codes {
		words[i] = WordsOf(code).Code
	}
	return words
}

// Response adds the answer to a document, whose types know client.Error, and returns a
// reference to it.
func (f Failure) Response(doc *openapi.Document, types *openapi.Reflector) *openapi.Response {
	schema := openapi.Object(
		openapi.Property{Name: "success", Schema: &openapi.Schema{Const: false}},
		openapi.Property{Name: "error", Schema: &openapi.Schema{AllOf: []*openapi.Schema{
			types.Schema(client.Error{}),
			openapi.Object(openapi.Property{Name: "code", Schema: &openapi.Schema{Enum: openapi.Enum(f.words()...)}}),
		}}})
	example := Envelope{Error: &client.Error{Code: f.words()[0], Message: f.Say}}
	r := &openapi.Response{Description: f.Text, Content: openapi.JSON(schema, example)}
	switch words := WordsOf(f.Codes[0]); {
	case words.RetryAfter > 0:
		r.Headers = map[string]openapi.Header{"Retry-After": {Description: "How many seconds to wait.",
			Schema: &openapi.Schema{Type: "integer", Examples: []any{strconv.Itoa(words.RetryAfter)}}}}
	case words.Status == http.StatusUnauthorized:
		r.Headers = map[string]openapi.Header{"WWW-Authenticate": {Description: "How to authenticate.", Schema: &openapi.Schema{Const: "Bearer"}}}
	}
	return doc.AddResponse(f.Name, r)
}
