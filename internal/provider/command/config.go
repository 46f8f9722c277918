package command

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"
)

// Config says how to run one program. As YAML:
//
//	command: [espeak-ng, -v, '{{.Input.voice | default "en"}}', -w, speech.wav, --, '{{.Input.prompt}}']
//	outputs: [speech.wav]
//
// The texts of Command, Stdin and Files are templates. {{.Input.NAME}} is a
// member of the task's input: text, a number, true or false; a task without it
// fails unless a default is given. {{.Input}} is all of it, as JSON. {{.Model}}, {{.Provider}}, {{.Capability}} and
// {{.TaskID}} say what is run; {{.Out}} is the working folder. There is nothing
// more to the language.
type Config struct {
	// Command is the program and its arguments. The program is a name to be
	// looked for or an absolute path, and no template. An argument that a
	// client's text begins may not begin with "-", lest it be an option; after
	// the argument "--", where most programs expect no options, it may.
	Command []string `yaml:"command" json:"command"`
	// Stdin is what the program reads; without it, nothing.
	Stdin string `yaml:"stdin" json:"stdin,omitempty"`
	// Files are put into the working folder before the program starts, by name.
	Files map[string]string `yaml:"files" json:"files,omitempty"`
	// Env is added to the environment. Its values are no templates.
	Env map[string]string `yaml:"env" json:"env,omitempty"`
	// Outputs are the results, in order: names or patterns ("*.png") of files in
	// the working folder, or "stdout". Each must match something. Where stdout is
	// not a result, lines there or, as always, on stderr report: "progress 40" how
	// far it is, "nsfw true" or "nsfw false" what a safety check of the program's
	// own has found, and "nsfw true 2.png" the same of one result.
	Outputs []string `yaml:"outputs" json:"outputs"`
	// MaxOutputBytes bounds each result; without it, 1 GiB.
	MaxOutputBytes int64 `yaml:"max_output_bytes" json:"max_output_bytes,omitempty"`
	// Timeout is how long a run may take; without it, 1 h.
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// Concurrency is how many runs there are at once; without it, 1.
	Concurrency int `yaml:"concurrency" json:"concurrency,omitempty"`
	// Nice lowers the program's priority, from 0 to 19.
	Nice int `yaml:"nice" json:"nice,omitempty"`
}

// stdout is the output that is no file.
const stdout = "stdout"

// withDefaults returns c with what was left out.
func (c Config) withDefaults() Config {
	if c.MaxOutputBytes == 0 {
		c.MaxOutputBytes = 1 << 30
	}
	if c.Timeout == 0 {
		c.Timeout = time.Hour
	}
	if c.Concurrency == 0 {
		c.Concurrency = 1
	}
	return c
}

// Validate says what of the configuration can't be used. New does so too.
func (c Config) Validate() error {
	_, err := c.withDefaults().compile()
	return err
}

// program is a Config whose templates are parsed.
type program struct {
	Config
	arguments []template // without the program's name
	stdin     template
	files     map[string]template
}

func (c Config) compile() (*program, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &program{Config: c, files: make(map[string]template, len(c.Files))}
	for i, text := range c.Command[1:] {
		t, err := parseTemplate(text)
		if err != nil {
			return nil, fmt.Errorf("command: argument %d: %w", i+1, err)
		}
		p.arguments = append(p.arguments, t)
	}
	var err error
	if p.stdin, err = parseTemplate(c.Stdin); err != nil {
		return nil, fmt.Errorf("stdin: %w", err)
	}
	for name, text := range c.Files {
		if p.files[name], err = parseTemplate(text); err != nil {
			return nil, fmt.Errorf("files: %s: %w", name, err)
		}
	}
	return p, nil
}

func (c Config) check() error {
	switch {
	case len(c.Command) == 0 || c.Command[0] == "":
		return errors.New("command: name the program to run")
	case strings.Contains(c.Command[0], "{{"):
		return errors.New("command: the program's name can't be a template")
	case strings.Contains(c.Command[0], "/") && !path.IsAbs(c.Command[0]):
		return errors.New("command: write the program as a name or as an absolute path")
	case len(c.Outputs) == 0:
		return errors.New("outputs: name the files that are the result, or stdout")
	case c.MaxOutputBytes < 0, c.Timeout < 0, c.Concurrency < 0:
		return errors.New("max_output_bytes, timeout and concurrency must be above 0")
	case c.Nice < 0 || c.Nice > 19:
		return errors.New("nice: must be from 0 to 19")
	}
	for _, pattern := range c.Outputs {
		if _, err := path.Match(pattern, ""); err != nil || !fs.ValidPath(pattern) {
			return fmt.Errorf("outputs: %q is not a name or pattern within the working folder", pattern)
		}
	}
	for name := range c.Files {
		if !fs.ValidPath(name) || name == "." || strings.Contains(name, "/") {
			return fmt.Errorf("files: %q is not a plain file name", name)
		}
	}
	variable := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	for name := range c.Env {
		if !variable.MatchString(name) {
			return fmt.Errorf("env: %q is not the name of a variable", name)
		}
	}
	return nil
}
