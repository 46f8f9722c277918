package catalogue

import (
	"fmt"
	"strings"
	"testing"
)

func TestVendors(t *testing.T) {
	t.Parallel()
	base := `
models:
  acme:
    one: {adapter: "http:a", price: 0.5, capabilities: {text-to-image: seedream-image}}
    some: {vendors: [{adapter: "http:a", model: a/some, price: 0.1}, {adapter: "http:b", price: 0.3}], choose: health, capabilities: {text-to-image: seedream-image}}
`
	over := `
models:
  acme:
    one: {vendors: [{adapter: "http:b", price: 0.2}, {adapter: "command:c"}]}
    some: {adapter: sandbox, price: 0.4}
`
	tests := []struct {
		files []string
		model string
		want  string
	}{
		{[]string{base}, "one", "http:a [{http:a  0.5}] order 0.5"},
		{[]string{base}, "some", "http:a [{http:a a/some 0.1} {http:b  0.3}] health 0.3"},
		{[]string{base, over}, "one", "http:b [{http:b  0.2} {command:c  0}] order 0.5"},
		{[]string{base, over}, "some", "sandbox [{sandbox  0.4}] health 0.4"},
	}
	for _, tt := range tests {
		var sources []*Source
		for i, text := range tt.files {
			s, err := Parse(fmt.Sprint(i), []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, s)
		}
		c, err := Load(sources...)
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Lookup("acme", "text-to-image", tt.model)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%s %v %s %s", m.Adapter, m.Vendors, m.Choose, m.Price); got != tt.want {
			t.Errorf("%s with %d files is %s, want %s", tt.model, len(tt.files), got, tt.want)
		}
		if at := m.At("http:a"); tt.model == "some" && len(tt.files) == 1 && at != "a/some" {
			t.Errorf("http:a calls it %s", at)
		}
	}
}

func TestBadVendors(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		`adapter: "http:a", vendors: [{adapter: "http:b"}]`: "f:1:42: write either adapter, or vendors",
		`vendors: []`: "f:1:23: name at least one vendor",
		`vendors: [{adapter: "http:a"}, {adapter: "http:a"}]`: "http:a is named twice",
		`vendors: [{adapter: sandbox}]`:                       `"sandbox" can't be the adapter of a vendor`,
		`vendors: [{adapter: "http:a"}, {adapter: worker}]`:   "f:1:54: workers fetch their tasks and can't be one of several vendors; write adapter: worker instead",
		`vendors: [{adapter: "worker:big"}]`:                  "write adapter: worker:big instead of vendors",
		`vendors: [{adapter: "http:a", price: dear}]`:         "f:1:53: price",
		`vendors: [{adapter: "http:a"}], choose: luck`:        "choose must be order, price or health",
		`vendors: [{adapter: "http:a", priec: 1}]`:            "priec",
	} {
		s, err := Parse("f", []byte(`models: {acme: {one: {`+settings+`, capabilities: {text-to-image: seedream-image}}}}`))
		if err == nil {
			_, err = Load(s)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", settings, err, want)
		}
	}
}
