package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// NewKey is the body that makes a key. It can do no more than the key that makes
// it.
type NewKey struct {
	Name        string          `json:"name"`
	Permissions map[string]bool `json:"permissions,omitempty"` // {"video:create": true}; none: full access
	IPWhitelist []string        `json:"ipWhitelist,omitempty"` // addresses and networks that it may be used from; none: any
	ExpiresAt   time.Time       `json:"expiresAt,omitzero"`    // zero: never
	SpendLimit  json.Number     `json:"spendLimit,omitempty"`  // USD that its tasks may cost in all; empty: no limit
	Test        *bool           `json:"test,omitempty"`        // nil: like the key that makes it
}

// Key authenticates an account.
type Key struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Hint        string          `json:"hint"` // its first characters
	Test        bool            `json:"test"`
	Permissions map[string]bool `json:"permissions,omitempty"`  // absent: full access
	IPWhitelist []string        `json:"ip_whitelist,omitempty"` // absent: any address
	ExpiresAt   time.Time       `json:"expires_at,omitzero"`
	SpendLimit  json.Number     `json:"spend_limit,omitempty"` // USD; absent: none
	Spent       json.Number     `json:"spent"`                 // USD, with what is held for unfinished tasks
	CreatedAt   time.Time       `json:"created_at"`

	Key string `json:"key,omitempty"` // its text, shown only when it is new
}

// CreateKey makes a key. The answer alone shows its text.
func (c *Client) CreateKey(ctx context.Context, n NewKey) (Key, error) {
	return answer[Key](ctx, c, call{method: http.MethodPost, path: []string{"api-keys"}, body: n})
}

// Keys lists the keys of the account.
func (c *Client) Keys(ctx context.Context, q PageQuery) (Page[Key], error) {
	return page[Key](ctx, c, call{method: http.MethodGet, path: []string{"api-keys"}, query: q.values()})
}

// DeleteKey ends a key for good.
func (c *Client) DeleteKey(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: []string{"api-keys", id}})
}
