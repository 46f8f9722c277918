//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/providers"
)

type providerCommand struct {
	List  providerListCommand  `cmd:"" help:"List the descriptions of upstream APIs that come with taskhook."`
	Check providerCheckCommand `cmd:"" help:"Say whether files that describe upstream APIs can be used, and what they run."`
	Try   providerTryCommand   `cmd:"" help:"Run one task at an upstream API, for real, and show every request and answer."`
}

type providerListCommand struct{}

// Run lists the names.
func (*providerListCommand) Run(_ context.Context, c *console) error {
	for _, name := range providers.Names() {
		fmt.Fprintln(c.stdout, name)
	}
	return nil
}

// providerFiles are what describes the upstream APIs; later ones overlay earlier ones.
type providerFiles struct {
	Files []string `arg:"" placeholder:"FILE" help:"Files, or names of those that come with taskhook; later ones change single fields of earlier ones."`
	Dev   bool     `help:"Fetch results over plain http and from private addresses too."`
	Allow []string `placeholder:"HOST" help:"Private addresses that results may be fetched from."`
}

func (f *providerFiles) load(c *console) (*config.Config, error) {
	given := &console{env: func(string) (string, bool) { return "", false }, given: []string{"provider", "dev", "allow"}}
	return given.load(config.Config{Provider: f.Files, Dev: f.Dev, Allow: f.Allow})
}

type providerCheckCommand struct{ providerFiles }

// Run checks files and lists the models that they run.
func (cmd *providerCheckCommand) Run(_ context.Context, c *console) error {
	cfg, err := cmd.load(c)
	if err != nil {
		return err
	}
	models, err := app.CheckProviders(cfg)
	if err != nil {
		return err
	}
	for _, m := range models {
		fmt.Fprintf(c.stdout, "%s/%s %s by %s\n", m.Provider, m.Name, m.Capability, m.Adapter)
	}
	fmt.Fprintf(c.stderr, "good; %d models\n", len(models))
	return nil
}

type providerTryCommand struct {
	providerFiles
	Model      string `required:"" placeholder:"NAME" help:"Model to run."`
	Capability string `placeholder:"NAME" help:"What to ask for, when the model can do several things."`
	Input      string `default:"{}" placeholder:"JSON" help:"The task's input, an object: JSON, @file, or - for the standard input."`
	Output     string `default:"." placeholder:"DIR" help:"Directory for the results."`
}

// Run runs one task.
func (cmd *providerTryCommand) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c)
	if err != nil {
		return err
	}
	input, err := readJSON("input", cmd.Input)
	if err != nil {
		return err
	}
	if info, err := os.Stat(cmd.Output); err != nil || !info.IsDir() {
		return usageError{fmt.Errorf("--output %s is not a directory", cmd.Output)}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := app.Trial{Model: cmd.Model, Capability: cmd.Capability, Input: json.RawMessage(input), Dir: cmd.Output, Trace: c.stdout}
	return t.Run(ctx, cfg)
}
