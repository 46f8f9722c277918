package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Balance is the money of an account. Amounts are decimal numbers of USD with at
// most six decimals.
type Balance struct {
	Balance     json.Number `json:"balance"`     // available; below 0: what a postpaid account owes
	BillingMode string      `json:"billingMode"` // prepaid, or postpaid: without a limit
	Held        json.Number `json:"held"`        // for tasks that have not ended

	// Part of the original API; this server has none of it.
	MonthlySpendLimit  *json.Number `json:"monthlySpendLimit"`
	AutoTopUpEnabled   bool         `json:"autoTopUpEnabled"`
	AutoTopUpThreshold *json.Number `json:"autoTopUpThreshold"`
	AutoTopUpAmount    *json.Number `json:"autoTopUpAmount"`
}

// Usage is how the tasks of an account ended, in whole hours.
type Usage struct {
	From      time.Time  `json:"from"`
	To        time.Time  `json:"to"` // exclusive
	GroupBy   string     `json:"group_by"`
	Rows      []UsageRow `json:"rows"`
	Truncated bool       `json:"truncated,omitempty"` // there are more rows; the total has them
	Total     UsageCount `json:"total"`
}

// UsageRow is the usage of a day, model or key.
type UsageRow struct {
	Group     string      `json:"group"` // "2026-03-01", "vidu/viduq3-pro" or "key_…"
	Succeeded int64       `json:"succeeded"`
	Failed    int64       `json:"failed"`
	Cancelled int64       `json:"cancelled"`
	Cost      json.Number `json:"cost"`
}

// UsageCount is how many tasks ended, by how they did, and what those that
// succeeded cost.
type UsageCount struct {
	Succeeded int64       `json:"succeeded"`
	Failed    int64       `json:"failed"`
	Cancelled int64       `json:"cancelled"`
	Cost      json.Number `json:"cost"`
}

// UsageQuery selects tasks by the hours in which they ended. Empty fields leave it
// to the server: the last 30 days, by day.
type UsageQuery struct {
	From, To time.Time // at most 366 days
	GroupBy  string    // day, model or key
}

// Balance returns the money of the account.
func (c *Client) Balance(ctx context.Context) (Balance, error) {
	return answer[Balance](ctx, c, call{method: http.MethodGet, path: []string{"balance"}})
}

// Usage sums up how the tasks of the account ended.
func (c *Client) Usage(ctx context.Context, q UsageQuery) (Usage, error) {
	v := url.Values{}
	set(v, "groupBy", q.GroupBy)
	setTime(v, "startDate", q.From)
	setTime(v, "endDate", q.To)
	return answer[Usage](ctx, c, call{method: http.MethodGet, path: []string{"usage"}, query: v})
}
