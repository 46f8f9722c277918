package app

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/dashboard"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/workflow"
)

// buildDashboard makes the pages. The key of their cookies is derived from that of
// links, so that sessions outlast a restart.
func (a *App) buildDashboard() (http.Handler, error) {
	key, err := hkdf.Expand(sha256.New, a.keys.LinkKey(), "taskhook v1 seal dashboard cookies", keyring.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of cookies: %w", err)
	}
	return dashboard.New(dashboard.Config{Keys: a.accounts, Directory: a.store, Tasks: a.tasks, Deliveries: a.deliveries, Replays: a.replays,
		Endpoints: a.deliveries, EndpointTools: a.deliveries, Money: a.accounts, Storage: a.store, Workers: a.store, Disk: func() (taskhook.Disk, error) { return store.DiskOf(a.Config.Data) },
		Workflows: a.flows, Executions: a.flows, Outline: outline, Links: a.links, OperatorToken: a.Config.OperatorToken.Reveal(),
		SessionKey: key, BaseURL: a.BaseURL(), Stopping: a.stopping.Load, Log: a.Logger})
}

// outline reads a definition for the pages.
func outline(source taskhook.Source) (o dashboard.Outline, err error) {
	definition, err := workflow.Parse(source)
	if err != nil {
		return o, err
	}
	for _, in := range definition.Inputs {
		o.Parameters = append(o.Parameters, dashboard.Parameter{Name: in.Name, Type: in.Type, Description: in.Description, Required: in.Required})
	}
	for _, s := range definition.Steps {
		o.Steps = append(o.Steps, dashboard.OutlineStep{ID: s.ID, Provider: s.Provider, Capability: s.Capability, Model: s.Model, Needs: s.Needs, Retries: s.Retries})
	}
	return o, nil
}
