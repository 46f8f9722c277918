package app

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/taskhook/taskhook/internal/dashboard"
	"github.com/taskhook/taskhook/internal/keyring"
)

// buildDashboard makes the pages. The key of their cookies is derived from that of
// links, so that sessions outlast a restart.
func (a *App) buildDashboard() (http.Handler, error) {
	key, err := hkdf.Expand(sha256.New, a.keys.LinkKey(), "taskhook v1 seal dashboard cookies", keyring.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of cookies: %w", err)
	}
	return dashboard.New(dashboard.Config{Keys: a.accounts, Directory: a.store, Tasks: a.tasks, Deliveries: a.deliveries,
		Endpoints: a.deliveries, EndpointTools: a.deliveries, Money: a.accounts, Links: a.links, OperatorToken: a.Config.OperatorToken.Reveal(),
		SessionKey: key, BaseURL: a.BaseURL(), Stopping: a.stopping.Load, Log: a.Logger})
}
