package command

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func TestConfigYAML(t *testing.T) {
	t.Parallel()
	const text = `
command: [espeak-ng, -v, '{{.Input.voice | default "en"}}', --, '{{.Input.prompt}}']
stdin: '{{.Input.prompt}}'
files: {caption.txt: '{{.Input.prompt}}'}
env: {OMP_NUM_THREADS: "1"}
outputs: [speech.wav, "*.png", stdout]
max_output_bytes: 1000
timeout: 2m
concurrency: 3
nice: 10
`
	var got Config
	if err := yaml.UnmarshalWithOptions([]byte(text), &got, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	want := Config{
		Command: []string{"espeak-ng", "-v", `{{.Input.voice | default "en"}}`, "--", "{{.Input.prompt}}"},
		Stdin:   "{{.Input.prompt}}", Files: map[string]string{"caption.txt": "{{.Input.prompt}}"},
		Env: map[string]string{"OMP_NUM_THREADS": "1"}, Outputs: []string{"speech.wav", "*.png", "stdout"},
		MaxOutputBytes: 1000, Timeout: 2 * time.Minute, Concurrency: 3, Nice: 10,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Config)
		want   string // in the error
	}{
		{"no program", func(c *Config) { c.Command = nil }, "name the program"},
		{"program from a client", func(c *Config) { c.Command[0] = "{{.Input.prompt}}" }, "can't be a template"},
		{"relative program", func(c *Config) { c.Command[0] = "./run" }, "absolute path"},
		{"no outputs", func(c *Config) { c.Outputs = nil }, "outputs"},
		{"output elsewhere", func(c *Config) { c.Outputs = []string{"../secret"} }, "working folder"},
		{"absolute output", func(c *Config) { c.Outputs = []string{"/etc/passwd"} }, "working folder"},
		{"broken pattern", func(c *Config) { c.Outputs = []string{"[a"} }, "working folder"},
		{"file elsewhere", func(c *Config) { c.Files = map[string]string{"../x": ""} }, "plain file name"},
		{"file of no name", func(c *Config) { c.Files = map[string]string{".": ""} }, "plain file name"},
		{"variable", func(c *Config) { c.Env = map[string]string{"A=B": ""} }, "name of a variable"},
		{"timeout", func(c *Config) { c.Timeout = -1 }, "timeout"},
		{"nice", func(c *Config) { c.Nice = 20 }, "nice"},
		{"argument", func(c *Config) { c.Command = []string{"x", "{{.Secret}}"} }, "argument 1"},
		{"stdin", func(c *Config) { c.Stdin = "{{" }, "stdin"},
		{"file template", func(c *Config) { c.Files = map[string]string{"a.txt": "{{x}}"} }, "a.txt"},
	}
	for _, tt := range tests {
		c := Config{Command: []string{"true"}, Outputs: []string{"x"}}
		tt.change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if _, err := New("x", c, Options{Scratch: t.TempDir()}); err == nil {
			t.Errorf("%s: New takes it", tt.name)
		}
	}
	if _, err := New("x", Config{Command: []string{"true"}, Outputs: []string{"x"}}, Options{Scratch: "relative"}); err == nil {
		t.Error("New takes a relative scratch directory")
	}
}
