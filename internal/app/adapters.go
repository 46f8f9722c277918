package app

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/command"
	"github.com/taskhook/taskhook/internal/provider/sandbox"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

// loadAdapters makes the adapters of this process, and ends what the programs of
// a killed one left. A model that names an adapter that is not there stops the
// start.
func (a *App) loadAdapters(ctx context.Context, models *catalogue.Catalogue) (*provider.Registry, error) {
	cfg := a.Config
	scratch, err := filepath.Abs(filepath.Join(cfg.Data, "scratch"))
	if err != nil {
		return nil, fmt.Errorf("find the scratch directory: %w", err)
	}
	if err := command.Reap(ctx, scratch); err != nil {
		return nil, err
	}
	a.local = []provider.Adapter{sandbox.New(a.ffmpeg)}
	for _, s := range cfg.CommandSources() {
		commands, err := loadCommands(s, command.Options{Scratch: scratch, Env: config.ProgramEnvironment()})
		if err != nil {
			return nil, err
		}
		a.local = append(a.local, commands...)
	}
	a.upstreams = upstreamOptions(a.policy)
	a.upstreams.Callback, a.upstreams.Memory = a.reachable(), upstream.NewMemory()
	a.recallTimes()
	upstreams, err := loadUpstreams(cfg.ProviderSources(), a.upstreams)
	if err != nil {
		return nil, err
	}
	adapters, err := provider.NewRegistry(append(upstreams, a.local...)...)
	if err != nil {
		return nil, err
	}
	return adapters, checkAdapters(models, adapters)
}

// checkAdapters says which model names an adapter that is not there.
func checkAdapters(models *catalogue.Catalogue, adapters *provider.Registry) error {
	for _, m := range models.Models() {
		for _, v := range m.Vendors {
			if _, pulled := catalogue.Pool(v.Adapter); pulled {
				continue
			}
			if _, ok := adapters.Adapter(v.Adapter); !ok {
				return fmt.Errorf("model %s of %s names the adapter %q, which is not configured: add it to the section commands or providers",
					m.Name, m.Provider, v.Adapter)
			}
		}
	}
	return nil
}

// loadCommands reads the section commands of a configuration file.
func loadCommands(s config.Source, o command.Options) ([]provider.Adapter, error) {
	var section struct {
		Commands map[string]command.Config `yaml:"commands"`
	}
	if err := yaml.UnmarshalWithOptions(s.Data, &section, yaml.Strict(), yaml.AllowFieldPrefixes("x-")); err != nil {
		return nil, fmt.Errorf("%s: read commands: %s", s.Name, yaml.FormatError(err, false, true))
	}
	var list []provider.Adapter
	for _, name := range slices.Sorted(maps.Keys(section.Commands)) {
		adapter, err := command.New(name, section.Commands[name], o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		list = append(list, adapter)
	}
	return list, nil
}
