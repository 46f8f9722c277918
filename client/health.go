package client

import (
	"context"
	"net/http"
	"time"
)

// WebhookHealth says how a webhook fares. Test events count like others.
type WebhookHealth struct {
	WebhookID           string          `json:"webhook_id"`
	State               string          `json:"state"`                    // active, paused or disabled
	Reason              string          `json:"reason,omitempty"`         // why it is not active
	LastSuccessAt       time.Time       `json:"last_success_at,omitzero"` // absent: never
	LastFailure         *WebhookFailure `json:"last_failure,omitempty"`   // absent: never
	ConsecutiveFailures int             `json:"consecutive_failures"`     // attempts that failed since one succeeded
	Pending             int             `json:"pending"`                  // deliveries that it is owed, at most 10,000; held while it is not active
	OldestDueAt         time.Time       `json:"oldest_due_at,omitzero"`   // when the first of them is due
	RestsUntil          time.Time       `json:"rests_until,omitzero"`     // present while it is left alone: when the next attempt may be made
	BreakerTrips        int             `json:"breaker_trips,omitempty"`  // above 0: it counts as down, and one delivery at a time is tried
	LastHour            Traffic         `json:"last_hour"`
	LastDay             Traffic         `json:"last_day"`        // the last 24 hours
	Hours               []TrafficHour   `json:"hours,omitempty"` // the same by hour, oldest first; not in a Webhook
}

// WebhookFailure is the last attempt that failed.
type WebhookFailure struct {
	At         time.Time `json:"at"`
	Class      string    `json:"class"`           // "timeout", "tls" …
	StatusCode int       `json:"status_code"`     // 0 when no answer came
	Error      string    `json:"error,omitempty"` // what went wrong, a sentence
	Hint       string    `json:"hint"`            // what to do about it
}

// Traffic counts attempts, and the deliveries that they ended.
type Traffic struct {
	Succeeded   int            `json:"succeeded"`
	Failed      int            `json:"failed"`
	SuccessRate *float64       `json:"success_rate,omitempty"` // 0 to 1; nil: nothing was attempted
	Failures    map[string]int `json:"failures,omitempty"`     // Failed, by class
	Delivered   int            `json:"delivered"`              // deliveries
	GivenUp     int            `json:"given_up"`               // deliveries that ended as failed
}

// TrafficHour counts the attempts of 60 minutes.
type TrafficHour struct {
	Start     time.Time `json:"start"`
	Succeeded int       `json:"succeeded"`
	Failed    int       `json:"failed"`
}

// WebhookHealth returns how a webhook fares.
func (c *Client) WebhookHealth(ctx context.Context, id string) (WebhookHealth, error) {
	return answer[WebhookHealth](ctx, c, call{method: http.MethodGet, path: []string{"webhooks", id, "health"}})
}
