package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Model is one thing that can be asked for: a model with one of its capabilities.
type Model struct {
	ID               string          `json:"id"` // what a submission names; "*" stands for any name
	Provider         string          `json:"provider"`
	Capability       string          `json:"capability"`
	Type             string          `json:"type"`      // the medium
	Available        bool            `json:"available"` // something is configured to run it; test keys need nothing
	EstimatedSeconds int             `json:"estimated_seconds"`
	Cost             json.Number     `json:"cost"`         // USD for a task
	InputSchema      json.RawMessage `json:"input_schema"` // JSON Schema 2020-12
}

// ModelQuery selects models. Empty fields select all.
type ModelQuery struct {
	Provider   string
	Capability string
}

// Models lists what can be asked for. It is not paged.
func (c *Client) Models(ctx context.Context, q ModelQuery) ([]Model, error) {
	v := url.Values{}
	set(v, "provider", q.Provider)
	set(v, "capability", q.Capability)
	return answer[[]Model](ctx, c, call{method: http.MethodGet, path: []string{"models"}, query: v})
}
