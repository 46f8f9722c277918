//go:build unix

package main

import (
	"context"

	"github.com/taskhook/taskhook/internal/config"
)

type configCommand struct {
	config.Config
	Markdown bool `hidden:"" help:"Print docs/config.md."`
}

// Run prints the settings in force; it fails where serve would refuse them.
func (cmd *configCommand) Run(_ context.Context, c *console) error {
	if cmd.Markdown {
		return config.WriteMarkdown(c.stdout)
	}
	cfg, err := c.load(cmd.Config)
	if err != nil {
		return err
	}
	return cfg.Dump(c.stdout)
}
