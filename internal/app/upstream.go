package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

func (a *App) upstreamOptions() upstream.Options {
	return upstream.Options{API: egress.NewTrustedClient(egress.TrustedOptions{}), Fetch: egress.NewGuarded(a.policy, egress.Options{}),
		Blocked: isBlocked, Secret: config.ReadSecret}
}

func isBlocked(err error) bool {
	_, ok := errors.AsType[*egress.BlockedError](err)
	return ok
}

// loadUpstreams reads the sections providers. What is written later wins, field by
// field, as in the catalogue.
func loadUpstreams(sources []config.Source, o upstream.Options) (list []provider.Adapter, err error) {
	definitions, from := map[string]*upstream.Definition{}, map[string]string{}
	for _, s := range sources {
		var section struct {
			Providers map[string]ast.Node `yaml:"providers"`
		}
		if err := yaml.Unmarshal(s.Data, &section); err != nil {
			return nil, fmt.Errorf("%s: read providers: %s", s.Name, yaml.FormatError(err, false, true))
		}
		for name, node := range section.Providers {
			if definitions[name] == nil {
				definitions[name] = &upstream.Definition{}
			}
			if err := yaml.NodeToValue(node, definitions[name], yaml.Strict()); err != nil {
				return nil, fmt.Errorf("%s: read provider %s: %s", s.Name, name, yaml.FormatError(err, false, true))
			}
			from[name] = s.Name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		adapter, err := upstream.New(name, *definitions[name], o)
		if err != nil {
			return nil, fmt.Errorf("%s: provider %s: %w", from[name], name, err)
		}
		list = append(list, adapter)
	}
	return list, nil
}
