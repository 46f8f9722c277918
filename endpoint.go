package taskhook

import (
	"slices"
	"strings"
	"time"
)

// EndpointState says whether an endpoint is sent to.
type EndpointState string

// The states of an endpoint. What is owed to a paused or disabled endpoint is
// held, not lost.
const (
	EndpointActive   EndpointState = "active"
	EndpointPaused   EndpointState = "paused"
	EndpointDisabled EndpointState = "disabled"
)

// Secret signs what an endpoint is sent. Text is "whsec_" and base64.
type Secret struct {
	Text string
	// PromotedAt is when X-Webhook-Signature starts to use it. Until then only
	// the list in webhook-signature does.
	PromotedAt time.Time
	ExpiresAt  time.Time // zero: never
}

// Endpoint is a registered receiver. The primary API calls it a webhook.
type Endpoint struct {
	ID          string
	AccountID   string
	URL         string
	Description string
	Events      []string // wanted event types, such as "task.completed", "task.*" or "*"
	State       EndpointState
	Reason      string   // why it is paused or disabled
	Schedule    Schedule // nil: the operator's
	Rate        int      // attempts a second at most; 0: no limit
	MaxInFlight int      // attempts at a time at most; 0: as many as it bears
	Secrets     []Secret // newest first
	LaneID      string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Wants reports whether the endpoint asked for events of the type. Transient ones
// are asked for by their name alone: "task.*" stands for outcomes.
func (e *Endpoint) Wants(eventType string) bool {
	if Transient(eventType) {
		return slices.Contains(e.Events, eventType)
	}
	return slices.ContainsFunc(e.Events, func(wanted string) bool {
		prefix, all := strings.CutSuffix(wanted, "*")
		return wanted == eventType || all && strings.HasPrefix(eventType, prefix)
	})
}

// Follows reports whether the endpoint asked for events of tasks on their way.
func (e *Endpoint) Follows() bool { return slices.ContainsFunc(e.Events, Transient) }

// MaxEndpoints is how many endpoints an account may have, which bounds how many
// deliveries follow from one event.
const MaxEndpoints = 1000

// SigningSecrets returns the secret for X-Webhook-Signature, which carries one
// value, and all valid ones for webhook-signature, which carries a list. During
// a rotation the older secret stays primary until the newer is promoted.
func (e *Endpoint) SigningSecrets(now time.Time) (primary string, all []string) {
	for _, s := range e.Secrets {
		if !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt) {
			continue
		}
		all = append(all, s.Text)
		if primary == "" && !now.Before(s.PromotedAt) {
			primary = s.Text
		}
	}
	if primary == "" && len(all) > 0 {
		primary = all[0]
	}
	return primary, all
}

// EndpointFilter selects endpoints of one account, newest first.
type EndpointFilter struct {
	AccountID string
	State     EndpointState
	Page
}
