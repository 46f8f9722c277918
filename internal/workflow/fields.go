package workflow

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fields takes the members of an object one by one and keeps the first error.
type fields struct {
	doc   *document
	at    string
	left  map[string]any // members that were not asked for
	asked []string
	err   error
}

func (d *document) fields(at string, v any) *fields {
	object, ok := v.(map[string]any)
	f := &fields{doc: d, at: at, left: map[string]any{}}
	if !ok {
		f.err = d.wrong(at, "this must be an object")
	}
	for name, v := range object {
		f.left[name] = v
	}
	return f
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// end returns what was wrong, or that there are members that nobody asked for.
func (f *fields) end() error {
	if f.err == nil && len(f.left) > 0 {
		name := sorted(f.left)[0]
		f.err = f.doc.wrongKey(member(f.at, name), "there is no field %.80q here; the fields are %s", name, strings.Join(f.asked, ", "))
	}
	return f.err
}

// take returns a member; null is as if absent.
func (f *fields) take(name string) (v any, ok bool) {
	f.asked = append(f.asked, name)
	v = f.left[name]
	delete(f.left, name)
	return v, v != nil
}

func (f *fields) text(name string, required bool) string {
	v, given := f.take(name)
	text, ok := v.(string)
	switch {
	case given && (!ok || strings.Contains(text, "\x00")):
		f.fail(f.doc.wrong(member(f.at, name), "%s must be a text", name))
	case required && text == "":
		f.fail(f.doc.wrong(f.at, "%s is missing", name))
	}
	return text
}

func (f *fields) texts(name string) (texts []string) {
	v, given := f.take(name)
	list, ok := v.([]any)
	if given && !ok {
		f.fail(f.doc.wrong(member(f.at, name), "%s must be a list of texts", name))
	}
	for i, v := range list {
		text, ok := v.(string)
		if !ok {
			f.fail(f.doc.wrong(element(member(f.at, name), i), "this must be a text"))
		}
		texts = append(texts, text)
	}
	return texts
}

// word returns one of the words; absent is the first.
func (f *fields) word(name string, words ...string) string {
	text := f.text(name, false)
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		f.fail(f.doc.wrong(member(f.at, name), "%s must be one of %s", name, strings.TrimPrefix(strings.Join(words, ", "), ", ")))
	}
	return text
}

func (f *fields) flag(name string, absent bool) bool {
	v, given := f.take(name)
	if !given {
		return absent
	}
	flag, ok := v.(bool)
	if !ok {
		f.fail(f.doc.wrong(member(f.at, name), "%s must be true or false", name))
	}
	return flag
}

func (f *fields) count(name string, most int) int {
	v, given := f.take(name)
	if !given {
		return 0
	}
	text, _ := v.(json.Number)
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > most {
		f.fail(f.doc.wrong(member(f.at, name), "%s must be a whole number from 0 to %d", name, most))
	}
	return n
}

func (f *fields) duration(name string, most time.Duration) time.Duration {
	text := f.text(name, false)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > most {
		f.fail(f.doc.wrong(member(f.at, name), "%s must be a time from 1s to %s, written like 90s or 10m", name, most))
	}
	return d
}
