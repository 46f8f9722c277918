package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// FeedQuery asks for events in the order of the feed.
type FeedQuery struct {
	After     string        // cursor of the last event seen; "now": only what is yet to come; empty: the oldest that are kept
	Types     []string      // such as "task.*"; empty: all, or what the webhook wants
	WebhookID string        // sign the events as for this webhook
	Wait      time.Duration // for something to come, at most a minute
	Limit     int           // 0: 100
}

// FeedPage is a piece of the feed.
type FeedPage struct {
	Events []FeedEvent `json:"events"`
	Next   string      `json:"next"` // cursor of the next piece
	More   bool        `json:"more"` // there may be more already
}

// FeedEvent is an event with its place in the feed. Event is the body that webhooks are
// sent, byte for byte.
type FeedEvent struct {
	Cursor  string            `json:"cursor"`
	Event   json.RawMessage   `json:"event"`
	Headers map[string]string `json:"headers,omitempty"` // of an attempt to deliver it to the webhook now
}

// Feed returns the events after a cursor, each exactly once for who goes on with Next.
func (c *Client) Feed(ctx context.Context, q FeedQuery) (FeedPage, error) {
	values := url.Values{}
	for name, value := range map[string]string{"after": q.After, "types": strings.Join(q.Types, ","), "webhookId": q.WebhookID} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.Wait > 0 {
		values.Set("wait", q.Wait.String())
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return answer[FeedPage](ctx, c, call{method: http.MethodGet, path: []string{"events"}, query: values})
}
