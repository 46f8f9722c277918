package config

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/taskhook/taskhook/providers"
)

// Env looks up a variable as os.LookupEnv does.
type Env func(name string) (value string, ok bool)

// Environment is that of the process.
func Environment() Env { return os.LookupEnv }

// Default returns the configuration of an operator who sets nothing.
func Default() *Config {
	c := &Config{origins: map[string]string{}}
	for _, f := range c.fields() {
		if text, ok := f.tag.Lookup("default"); ok {
			if err := f.set(text); err != nil {
				panic("config: default of " + f.name + ": " + err.Error())
			}
		}
	}
	return c
}

// Load returns the configuration in force: flags over environment over file over
// defaults. Given names the flags that stood on the command line; the other
// fields of flags are not looked at. An empty variable counts as not set. The
// error is a sentence for the operator.
func Load(flags *Config, given []string, env Env) (*Config, error) {
	c := Default()
	file := flags.File
	if !slices.Contains(given, "config") {
		file, _ = env(Variable("config"))
	}
	if file != "" {
		if err := c.readFile(file); err != nil {
			return nil, err
		}
		c.read = file
	}
	values := flags.fields()
	for i, f := range c.fields() {
		if text, ok := env(f.variable()); ok && text != "" {
			if err := f.set(text); err != nil {
				return nil, fmt.Errorf("the variable %s is not usable: %w", f.variable(), err)
			}
			c.origins[f.name] = f.variable()
		}
		if slices.Contains(given, f.name) {
			f.value.Set(values[i].value)
			c.origins[f.name] = "--" + f.name
		}
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return c, c.readCatalogue()
}

func (c *Config) readCatalogue() error {
	for _, name := range c.Catalogue {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read the catalogue file: %w", err)
		}
		c.extra = append(c.extra, Source{Name: name, Data: data})
	}
	for _, name := range c.Provider {
		data, ok := providers.Read(name)
		if !ok {
			var err error
			if data, err = os.ReadFile(name); err != nil {
				return fmt.Errorf("read the provider file: %w; those that come with taskhook are %s", err, strings.Join(providers.Names(), ", "))
			}
		}
		c.upstreams = append(c.upstreams, Source{Name: name, Data: data})
	}
	return nil
}

// IsSetting reports whether name is that of a setting: "public-url".
func IsSetting(name string) bool {
	return slices.ContainsFunc(Default().fields(), func(f field) bool { return f.name == name })
}
