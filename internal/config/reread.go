package config

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook/providers"
)

// Reread returns the configuration with its catalogue and its providers as the files
// say now; settings stay as they are.
func (c *Config) Reread() (*Config, error) {
	now := *c
	now.extra, now.upstreams, now.sections = nil, nil, nil
	if c.read != "" {
		file := Default()
		if err := file.readFile(c.read); err != nil {
			return nil, err
		}
		now.sections = file.sections
	}
	return &now, now.readCatalogue()
}

// Stamp tells whether files that Reread reads have changed: it is another one then.
func (c *Config) Stamp() string {
	var b strings.Builder
	for _, name := range slices.Concat([]string{c.read}, c.Catalogue, c.Provider) {
		if _, embedded := providers.Read(name); name == "" || embedded {
			continue
		}
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, os.ErrNotExist):
			b.WriteString("gone")
		case err == nil:
			b.WriteString(info.ModTime().UTC().Format("2006-01-02T15:04:05.999999999 ") + strconv.FormatInt(info.Size(), 10))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
