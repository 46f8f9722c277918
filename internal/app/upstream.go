package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/upstream"
)

func upstreamOptions(p *egress.Policy) upstream.Options {
	// How long a call may take stands in the definition, and the model's time is over
	// everything: some APIs let one wait for the work, and are silent meanwhile.
	api := egress.TrustedOptions{Stall: 24 * time.Hour}
	return upstream.Options{API: egress.NewTrustedClient(api), Fetch: egress.NewGuarded(p, egress.Options{}),
		Blocked: isBlocked, Secret: config.ReadSecret}
}

// reachable returns where upstream APIs tell of work: nowhere unless the operator
// says where this server is reached; on a development machine they may be there too.
func (a *App) reachable() func(run string) string {
	if a.Config.PublicURL == "" && !a.Config.Dev {
		return nil
	}
	return a.callbacks.URL
}

func isBlocked(err error) bool {
	_, ok := errors.AsType[*egress.BlockedError](err)
	return ok
}

// loadUpstreams reads the sections providers. What is written later wins, field by
// field, as in the catalogue.
func loadUpstreams(sources []config.Source, o upstream.Options) (list []provider.Adapter, err error) {
	o.Accounts = upstream.NewAccounts()
	definitions, from := map[string]*upstream.Definition{}, map[string]config.Source{}
	for _, s := range sources {
		var section struct {
			Providers map[string]ast.Node `yaml:"providers"`
		}
		if err := yaml.Unmarshal(s.Data, &section); err != nil {
			return nil, misread(s, err)
		}
		decoder := yaml.NewDecoder(bytes.NewReader(s.Data), yaml.Strict())
		var whole any // read for its anchors, which the decoder then knows
		if err := decoder.Decode(&whole); err != nil && err != io.EOF {
			return nil, misread(s, err)
		}
		for name, node := range section.Providers {
			if definitions[name] == nil {
				definitions[name] = &upstream.Definition{}
			}
			if err := decoder.DecodeFromNode(node, definitions[name]); err != nil {
				return nil, misread(s, err)
			}
			from[name] = s
		}
	}
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		adapter, err := upstream.New(name, *definitions[name], o)
		if err != nil {
			return nil, fmt.Errorf("%s: provider %s: %w", place(from[name], name, err), name, err)
		}
		list = append(list, adapter)
	}
	return list, nil
}

// misread is a source that is no YAML, or not of the form that is read.
func misread(s config.Source, err error) error {
	if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
		p := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", s.Name, p.Line, p.Column, at.GetMessage())
	}
	return fmt.Errorf("%s: read providers: %w", s.Name, err)
}

// place returns "name:line:column" of the field of a provider that err is about, or
// of the nearest thing around it that the source writes.
func place(s config.Source, name string, err error) string {
	var fields []string
	if wrong, ok := errors.AsType[*upstream.FieldError](err); ok {
		fields = strings.Split(wrong.Field, ".")
	}
	for n := len(fields); n >= 0; n-- {
		path := (&yaml.PathBuilder{}).Root().Child("providers").Child(name)
		for _, field := range fields[:n] {
			path = path.Child(field)
		}
		if node, err := path.Build().ReadNode(bytes.NewReader(s.Data)); err == nil {
			p := node.GetToken().Position
			return fmt.Sprintf("%s:%d:%d", s.Name, p.Line, p.Column)
		}
	}
	return s.Name
}
