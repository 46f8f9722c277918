package config

import (
	"fmt"
	"io"
	"strings"
)

const markdownHead = `# Configuration

<!-- Generated from internal/config by "go generate ./internal/config"; do not edit. -->

A setting is taken from the command line, else from the environment, else from the YAML file that --config
names, else it has its default. "taskhook config" shows the settings in force and where each was set.

- An empty variable counts as not set. Lists are separated by commas in flags and variables.
- A file may also hold the sections "models", "schemas", "capabilities", "operations" and "media", which are
  laid over the built-in catalogue, and "commands". Keys that begin with "x-" are places for anchors.
- Secrets can't be flags, since flags are visible to all users of a machine.

| in the file | flag | variable | default | meaning |
|---|---|---|---|---|
`

// WriteMarkdown writes docs/config.md.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(markdownHead, `"`, "`"))
	for _, f := range Default().fields() {
		path, flag := code(f.path), code("--"+f.name)
		if !f.inFile() {
			path = ""
		}
		if !f.isFlag() {
			flag = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", path, flag, code(f.variable()), code(f.tag.Get("default")), f.tag.Get("help"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
