package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
)

// Page serves the document as a page for people: no script, nothing fetched, and
// a policy that lets a browser do no more. SpecURL leads to the JSON.
func (d *Document) Page(specURL string) (http.Handler, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("read the page of documents: %w", err)
	}
	w := &pageWriter{doc: d, linked: map[string]bool{}}
	view := w.page(specURL)
	if w.err != nil {
		return nil, fmt.Errorf("describe the API in words: %w", w.err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, view); err != nil {
		return nil, fmt.Errorf("write the page of documents: %w", err)
	}
	hash := sha256.Sum256([]byte(pageStyle))
	return fixed(text.Bytes(), http.Header{
		"Content-Type": {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	}), nil
}

// What the template is given.
type (
	pageView struct {
		Info     Info
		About    [][]span
		BaseURL  string
		SpecURL  string
		Style    template.CSS
		Groups   []groupView
		Events   []operationView
		Headers  []rowView
		Failures []failureView
		Objects  []tableView
	}

	groupView struct {
		Name, Anchor string
		Text         []span
		Folded       bool
		Operations   []operationView
	}

	operationView struct {
		Anchor, Method, Path, Summary string
		Text                          []span
		Also                          []routeView // other paths
		Parameters                    []rowView
		Bodies                        []tableView
		BodyOptional                  bool
		Request                       string // an example
		Status                        string // "202 Accepted"
		Returns                       []span
		Answer                        string // an example
		Answers                       []failureView
	}

	routeView struct{ Method, Path string }

	tableView struct {
		Title, Anchor string
		Text          []span
		Rows          []rowView
	}

	rowView struct {
		Name, In string
		Required bool
		Type     []span
		Text     []span
		Limits   []span
	}

	failureView struct {
		Status, Anchor string
		Codes          []span
		Text           []span
	}
)

// pageWriter puts a document into words.
type pageWriter struct {
	doc    *Document
	linked map[string]bool // components that a type leads to
	err    error
}

func (w *pageWriter) page(specURL string) pageView {
	v := pageView{Info: w.doc.Info, About: paragraphs(w.doc.Info.Description), BaseURL: w.doc.Servers[0].URL, SpecURL: specURL,
		Style: template.CSS(pageStyle)}
	for _, tag := range w.doc.Tags {
		g := groupView{Name: tag.Name, Anchor: anchor(tag.Name), Text: spans(tag.Description), Folded: tag.Folded}
		for _, o := range w.doc.operations {
			if slices.Contains(o.Tags, tag.Name) && o.Alias == "" {
				g.Operations = append(g.Operations, w.operation(o, tag.Folded))
			}
		}
		v.Groups = append(v.Groups, g)
	}
	for _, o := range w.doc.events {
		v.Events = append(v.Events, w.event(o))
		v.Headers = w.parameters(o.Parameters) // the same for all
	}
	v.Failures = w.failures(w.doc.Components.Responses)
	v.Objects = w.objects()
	return v
}

func (w *pageWriter) operation(o *Operation, folded bool) operationView {
	v := operationView{Anchor: anchor(o.ID), Method: o.Method, Path: o.Path, Summary: o.Summary, Text: spans(o.Description),
		Parameters: w.parameters(o.Parameters)}
	for _, other := range w.doc.operations {
		if other.Alias == o.ID {
			v.Also = append(v.Also, routeView{other.Method, other.Path})
		}
	}
	body := ""
	if o.RequestBody != nil {
		content := o.RequestBody.Content["application/json"]
		body = w.pretty(content.Example)
		v.Bodies, v.BodyOptional = w.tables(w.shape(content.Schema), folded), !o.RequestBody.Required
	}
	v.Request = curl(w.doc.Servers[0].URL, o, body)
	status, success := o.Success()
	success = w.doc.Response(success)
	v.Status = fmt.Sprintf("%d %s", status, http.StatusText(status))
	if content, ok := success.Content["application/json"]; ok {
		v.Answer = w.pretty(content.Example)
		if data := w.shape(content.Schema).Properties.find("data"); data != nil {
			v.Returns = w.link(data.typeOf())
		}
	}
	failures := maps.Clone(o.Responses)
	delete(failures, strconv.Itoa(status))
	v.Answers = w.failures(failures)
	return v
}

func (w *pageWriter) event(o *Operation) operationView {
	content := o.RequestBody.Content["application/json"]
	v := operationView{Anchor: anchor(o.ID), Path: o.Path, Summary: o.Summary, Text: spans(o.Description),
		Returns: w.link(w.shape(content.Schema).typeOf()), Request: w.pretty(content.Example)}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		v.Answers = append(v.Answers, failureView{Status: status, Text: spans(o.Responses[status].Description)})
	}
	return v
}

// failures lists answers by their status.
func (w *pageWriter) failures(responses map[string]*Response) (list []failureView) {
	for _, key := range slices.Sorted(maps.Keys(responses)) {
		r := w.doc.Response(responses[key])
		name := strings.TrimPrefix(responses[key].Ref, responsePrefix)
		v := failureView{Status: key, Anchor: "error-" + name, Text: spans(r.Description), Codes: w.codes(r)}
		if name == "" { // a list of components
			v.Anchor = "error-" + key
			v.Status = w.statusOf(key)
		}
		if len(v.Codes) > 0 {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, func(a, b failureView) int { return strings.Compare(a.Status, b.Status) })
	return list
}

// codes returns the codes that an answer may report.
func (w *pageWriter) codes(r *Response) []span {
	failure := w.shape(r.Content["application/json"].Schema).Properties.find("error")
	if failure == nil {
		return nil
	}
	for _, part := range failure.AllOf {
		if code := part.Properties.find("code"); code != nil {
			return values(code.Enum)
		}
	}
	return nil
}

// statusOf returns the status under which operations refer to a common response.
func (w *pageWriter) statusOf(name string) string {
	for _, o := range w.doc.operations {
		for status, r := range o.Responses {
			if r.Ref == responsePrefix+name {
				return status
			}
		}
	}
	return ""
}

func (w *pageWriter) parameters(list []Parameter) (rows []rowView) {
	for _, p := range list {
		s := w.shape(p.Schema)
		rows = append(rows, rowView{Name: p.Name, In: p.In, Required: p.Required, Type: s.typeOf(), Text: spans(p.Description), Limits: s.limits()})
	}
	return rows
}

func (w *pageWriter) shape(schema any) *shape {
	s, err := shapeOf(schema)
	if err != nil {
		w.fail(err)
		return &shape{}
	}
	return s
}

func (w *pageWriter) pretty(example any) string {
	text, err := pretty(example)
	w.fail(err)
	return text
}

func (w *pageWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func anchor(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			return '-'
		}
		return r
	}, strings.ToLower(text))
}

func objectAnchor(name string) string { return "object-" + name }
