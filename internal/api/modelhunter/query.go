package modelhunter

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// The limits of lists. Webhooks and keys are few, and the original API has no
// pages of them.
const (
	defaultLimit         = 20
	defaultWebhooksLimit = 100
	defaultKeysLimit     = 100
	maxLimit             = 100
)

// query reads the parameters of a list and keeps the first error. An empty
// parameter is as if absent; unknown ones are ignored.
type query struct {
	values url.Values
	err    error
}

func queryOf(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &query{err: taskhook.Errorf(taskhook.CodeMalformed, "The query of the address can't be read. Escape its special characters.")}
	}
	return &query{values: values}
}

func (q *query) fail(name, format string, args ...any) {
	if q.err == nil {
		q.err = taskhook.FieldErrorf(taskhook.CodeInvalid, name, format, args...)
	}
}

func (q *query) text(name string) string {
	values := q.values[name]
	if len(values) == 0 {
		return ""
	}
	if len(values) > 1 {
		q.fail(name, "%s is given more than once.", name)
	}
	if err := checkText(name, values[0]); err != nil && q.err == nil {
		q.err = err
	}
	return values[0]
}

// page reads limit and cursor, which is the id of the last row seen.
func (q *query) page(limit int, prefix string) taskhook.Page {
	p := taskhook.Page{Limit: q.number("limit", limit, maxLimit), Cursor: q.text("cursor")}
	if p.Cursor != "" && !taskhook.HasIDForm(prefix, p.Cursor) {
		q.fail("cursor", "cursor must be the one that the list before answered with.")
	}
	return p
}

// number reads a whole number from 1 to most.
func (q *query) number(name string, usual, most int) int {
	text := q.text(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		q.fail(name, "%s must be a whole number from 1 to %d.", name, most)
	}
	return n
}

// id reads the id of something to filter by.
func (q *query) id(name, prefix string) string {
	id := q.text(name)
	if id != "" && !taskhook.HasIDForm(prefix, id) {
		q.fail(name, "%s must be an id that begins with %s.", name, prefix)
	}
	return id
}

// oneOf reads one of a few words.
func oneOf[S ~string](q *query, name string, words ...S) S {
	text := S(q.text(name))
	if text == "" {
		return ""
	}
	names := make([]string, len(words))
	for i, word := range words {
		if word == text {
			return text
		}
		names[i] = string(word)
	}
	q.fail(name, "%s must be one of %s.", name, strings.Join(names, ", "))
	return ""
}

// time reads a moment, or a day, whose end it returns if end is set.
func (q *query) time(name string, end bool) time.Time {
	text := q.text(name)
	if text == "" {
		return time.Time{}
	}
	// An offset's plus sign that was not escaped has become a space.
	if t, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+")); err == nil {
		return t
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		q.fail(name, "%s must be a time like 2026-03-01T09:30:00Z or a day like 2026-03-01.", name)
	}
	if end {
		day = day.AddDate(0, 0, 1)
	}
	return day
}
