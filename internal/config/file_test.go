package config

import (
	"slices"
	"strings"
	"testing"
)

func TestFileErrorsHavePositions(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file, want string }{
		{"unknown", "data: x\nlisten_at: y\n", `f.yaml:2:1: there is no setting "listen_at"`},
		{"unknown in a group", "delivery:\n  speed: 9\n", `f.yaml:2:3: there is no setting "delivery.speed"`},
		{"flag name of a grouped one", "delivery-timeout: 9s\n", `f.yaml:1:1: there is no setting "delivery-timeout"`},
		{"the file itself", "config: other.yaml\n", `f.yaml:1:1: there is no setting "config"`},
		{"bad duration", "delivery:\n  timeout: soon\n", `f.yaml:2:12: delivery.timeout: "soon" is not a duration`},
		{"bad bool", "dev: on\n", `f.yaml:1:6: dev: "on" is neither true nor false`},
		{"bad schedule", "schedule: [1m, soon]\n", `f.yaml:1:11: schedule: read delay "soon"`},
		{"group as scalar", "delivery: 9s\n", `f.yaml:1:11: delivery has settings of its own`},
		{"list for one value", "data: [a, b]\n", "f.yaml:1:7: data takes a plain value"},
		{"mapping for a value", "data:\n  dir: a\n", "data takes a plain value"},
		{"mapping in a list", "allow:\n  - a\n  - b: c\n", "an element of allow is not a plain value"},
		{"duplicate", "data: a\ndata: b\n", "f.yaml:2:1: "},
		{"syntax", "data: [a\n", "f.yaml:1:"},
		{"scalar root", "listen\n", "f.yaml:1:1: a configuration is a list of settings"},
		{"sequence root", "- listen\n", "f.yaml:1:1: a configuration is a list of settings"},
		{"two documents", "data: a\n---\ndata: b\n", "f.yaml: holds 2 YAML documents"},
		{"crowded", "{data: a, models: {}}\n", "each setting and section begins on a line of its own"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Default().parseFile("f.yaml", []byte(tt.file))
			if err == nil || !strings.HasPrefix(err.Error(), "f.yaml:") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestFileForms(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file string }{
		{"nothing", ""},
		{"comment", "# nothing yet\n"},
		{"document start", "---\nallow: [a, b]\n"},
		{"block list", "allow:\n  - a\n  - b\n"},
		{"quoted", "allow: ['a', \"b\"]\n"},
		{"commas", "allow: a, b\n"},
		{"no value keeps the default", "listen:\ndelivery:\nallow: [a, b]\n"},
		{"line ends of another system", "dev: false\r\nallow: [a, b]\r\n"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			if err := c.parseFile("f.yaml", []byte(tt.file)); err != nil {
				t.Fatal(err)
			}
			if c.Listen != "127.0.0.1:8080" {
				t.Errorf("listen is %q", c.Listen)
			}
			if strings.Contains(tt.file, "allow") && !slices.Equal(c.Allow, []string{"a", "b"}) {
				t.Errorf("allow is %q", c.Allow)
			}
		})
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	const file = `data: d
x-shared: &price 5
models:
  # a comment
  local:
    echo: {price: *price}
delivery:
  concurrency: 3
commands:
  echo:
    run: [sh, -c, "echo"]
schemas:
  s: {}
`
	c := Default()
	if err := c.parseFile("f.yaml", []byte(file)); err != nil {
		t.Fatal(err)
	}
	if c.Data != "d" || c.Delivery.Concurrency != 3 {
		t.Errorf("data %q, concurrency %d", c.Data, c.Delivery.Concurrency)
	}
	catalogue := "\nx-shared: &price 5\nmodels:\n  # a comment\n  local:\n    echo: {price: *price}\n\n\n\n\n\nschemas:\n  s: {}\n"
	commands := "\nx-shared: &price 5\n\n\n\n\n\n\ncommands:\n  echo:\n    run: [sh, -c, \"echo\"]\n\n\n"
	for _, tt := range []struct {
		got  []Source
		want string
	}{{c.CatalogueSources(), catalogue}, {c.CommandSources(), commands}} {
		if len(tt.got) != 1 || tt.got[0].Name != "f.yaml" || strings.TrimRight(string(tt.got[0].Data), "\n") != strings.TrimRight(tt.want, "\n") {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestNoSections(t *testing.T) {
	t.Parallel()
	c := Default()
	if err := c.parseFile("f.yaml", []byte("data: d\nx-y: 1\n")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Config{c, Default()} {
		if len(c.CatalogueSources())+len(c.CommandSources()) > 0 {
			t.Errorf("sections without any: %q %q", c.CatalogueSources(), c.CommandSources())
		}
	}
}

func TestCatalogueFilesComeBeforeTheSections(t *testing.T) {
	t.Parallel()
	extra := write(t, "models: {}\n")
	main := write(t, "catalogue: "+extra+"\nmodels:\n  local: {}\n")
	c, err := Load(&Config{Location: Location{File: main}}, []string{"config"}, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	got := c.CatalogueSources()
	if len(got) != 2 || got[0].Name != extra || string(got[0].Data) != "models: {}\n" || got[1].Name != main {
		t.Errorf("got %q", got)
	}
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{"", "data: d\n", "models:\n  a: {}\ndelivery: {timeout: 1s}\n", "? a\n: b\n",
		"x-a: &a 1\ndata: *a\n", "allow: [a, {b: c}]", "<<: {data: d}\n", "\"da\\x74a\": |\n  x\n", "- a\n- b", "{}", "null"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Default()
		if err := c.parseFile("f.yaml", data); err != nil {
			if !strings.HasPrefix(err.Error(), "f.yaml:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		for _, s := range append(c.CatalogueSources(), c.CommandSources()...) {
			if strings.Count(string(s.Data), "\n") < strings.Count(string(data), "\n") {
				t.Errorf("lines were lost: %q from %q", s.Data, data)
			}
		}
	})
}
