package config

import (
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
)

// Dump writes the settings in force in the form of the file, each with a comment
// where it was set. Of secrets it says only whether they are set.
func (c *Config) Dump(w io.Writer) error {
	var b strings.Builder
	group := ""
	for _, f := range c.fields() {
		if !f.inFile() {
			continue
		}
		name, indent := f.path, ""
		if g, rest, ok := strings.Cut(f.path, "."); ok {
			if g != group {
				fmt.Fprintf(&b, "%s:\n", g)
			}
			group, name, indent = g, rest, "  "
		}
		value, err := yaml.MarshalWithOptions(f.value.Interface(), yaml.Flow(true))
		if err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		fmt.Fprintf(&b, "%s%s: %s", indent, name, strings.TrimSpace(string(value)))
		if origin := c.origins[f.name]; origin != "" {
			fmt.Fprintf(&b, " # %s", origin)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
