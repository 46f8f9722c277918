package openapi

import (
	"net/http"
	"strconv"
	"strings"
)

// Version is the version of the specification that documents keep to.
const Version = "3.1.0"

// Document describes one API. Its fields are those of the specification.
type Document struct {
	OpenAPI    string                `json:"openapi"`
	Info       Info                  `json:"info"`
	Servers    []Server              `json:"servers"`
	Security   []map[string][]string `json:"security"`
	Tags       []Tag                 `json:"tags"`
	Paths      map[string]PathItem   `json:"paths"`
	Webhooks   map[string]PathItem   `json:"webhooks,omitempty"`
	Components Components            `json:"components"`

	operations []*Operation // in the order in which they were added
	events     []*Operation
}

// The parts of a Document.
type (
	// Info names the API. Description is CommonMark.
	Info struct {
		Title       string `json:"title"`
		Summary     string `json:"summary,omitempty"`
		Description string `json:"description,omitempty"`
		Version     string `json:"version"`
	}

	// Server is where the API is reached.
	Server struct {
		URL string `json:"url"`
	}

	// Tag is a group of operations.
	Tag struct {
		Name        string `json:"name"`
		Description string `json:"description,omitempty"`
		Folded      bool   `json:"-"` // pages show only the bodies of its operations, folded
	}

	// PathItem holds the operations of a path by their method in lower case.
	PathItem map[string]*Operation

	// Components are what operations refer to by name.
	Components struct {
		Schemas         map[string]any             `json:"schemas"`
		Responses       map[string]*Response       `json:"responses,omitempty"`
		SecuritySchemes map[string]*SecurityScheme `json:"securitySchemes,omitempty"`
	}

	// SecurityScheme says how a request tells who makes it.
	SecurityScheme struct {
		Type        string `json:"type"`
		Scheme      string `json:"scheme,omitempty"`
		In          string `json:"in,omitempty"`   // of an apiKey: "header"
		Name        string `json:"name,omitempty"` // of an apiKey
		Description string `json:"description,omitempty"`
	}
)

// Operation is one thing that can be asked for, or one event that is sent.
type Operation struct {
	Method string `json:"-"` // "POST"
	Path   string `json:"-"` // "/api/v1/tasks/{id}", or the type of an event
	// Alias is the ID of the operation that this is another path of, or empty.
	// Pages show the two as one.
	Alias string `json:"-"`

	ID          string                 `json:"operationId"`
	Tags        []string               `json:"tags,omitempty"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitempty"`
	Deprecated  bool                   `json:"deprecated,omitempty"`
	Parameters  []Parameter            `json:"parameters,omitempty"`
	RequestBody *RequestBody           `json:"requestBody,omitempty"`
	Responses   map[string]*Response   `json:"responses"` // by status: "200"
	Security    *[]map[string][]string `json:"security,omitempty"`
}

// The parts of an Operation. A schema is what its JSON says: a *Schema or the text
// of one.
type (
	// Parameter is a part of the path, the query or the header of a request.
	Parameter struct {
		Name        string `json:"name"`
		In          string `json:"in"` // "path", "query" or "header"
		Description string `json:"description,omitempty"`
		Required    bool   `json:"required,omitempty"`
		AllowEmpty  bool   `json:"allowEmptyValue,omitempty"` // of a query: empty is as if absent
		Schema      any    `json:"schema"`
		Example     any    `json:"example,omitempty"`
	}

	// RequestBody is what is sent.
	RequestBody struct {
		Required bool                 `json:"required,omitempty"`
		Content  map[string]MediaType `json:"content"`
	}

	// Response is an answer, or refers to one of the components.
	Response struct {
		Ref         string               `json:"$ref,omitempty"`
		Description string               `json:"description,omitempty"`
		Headers     map[string]Header    `json:"headers,omitempty"`
		Content     map[string]MediaType `json:"content,omitempty"`
	}

	// Header is a header of an answer.
	Header struct {
		Description string `json:"description,omitempty"`
		Schema      any    `json:"schema"`
	}

	// MediaType is the form of a body.
	MediaType struct {
		Schema  any `json:"schema"`
		Example any `json:"example,omitempty"`
	}
)

// JSON is the content of a body in JSON.
func JSON(schema, example any) map[string]MediaType {
	return map[string]MediaType{"application/json": {Schema: schema, Example: example}}
}

// New returns an empty document of an API that is reached at baseURL.
func New(info Info, baseURL string) *Document {
	return &Document{OpenAPI: Version, Info: info, Servers: []Server{{URL: baseURL}}, Security: []map[string][]string{},
		Tags: []Tag{}, Paths: map[string]PathItem{}, Webhooks: map[string]PathItem{},
		Components: Components{Schemas: map[string]any{}, Responses: map[string]*Response{}, SecuritySchemes: map[string]*SecurityScheme{}}}
}

// Add adds an operation under its path. Pages show operations in the order in
// which they were added.
func (d *Document) Add(o *Operation) {
	put(d.Paths, o)
	d.operations = append(d.operations, o)
}

// AddWebhook adds an event that the server sends; its path is the event's type.
func (d *Document) AddWebhook(o *Operation) {
	put(d.Webhooks, o)
	d.events = append(d.events, o)
}

func put(items map[string]PathItem, o *Operation) {
	if items[o.Path] == nil {
		items[o.Path] = PathItem{}
	}
	items[o.Path][strings.ToLower(o.Method)] = o
}

// Response returns the response that r is or refers to.
func (d *Document) Response(r *Response) *Response {
	if name, ok := strings.CutPrefix(r.Ref, responsePrefix); ok {
		return d.Components.Responses[name]
	}
	return r
}

// responsePrefix begins the references to common responses.
const responsePrefix = "#/components/responses/"

// AddResponse keeps a response under a name and returns the reference to it.
func (d *Document) AddResponse(name string, r *Response) *Response {
	d.Components.Responses[name] = r
	return &Response{Ref: responsePrefix + name}
}

// Success returns the status and the response of an operation that went well.
func (o *Operation) Success() (status int, r *Response) {
	for text, response := range o.Responses {
		if n, err := strconv.Atoi(text); err == nil && n < http.StatusMultipleChoices {
			return n, response
		}
	}
	return 0, nil
}
