package taskhook

import "time"

// FailingEndpoint is an active endpoint that has accepted nothing for a while.
type FailingEndpoint struct {
	ID        string
	AccountID string
	URL       string
	LaneID    string
	Since     time.Time // its first failure after the last success
	Last      Failure
	Warned    time.Time // when its account was told; zero: it was not
}

// EndpointNotice tells an account about an endpoint that fails: that it will be
// disabled, or that it is.
type EndpointNotice struct {
	FailingEndpoint
	EventID     string
	EventType   string // EventEndpointDisabling or EventEndpointDisabled
	At          time.Time
	DisablesAt  time.Time // of a warning
	Publication *Publication
	Stale       bool // set when it is stored: the endpoint is not as it was found
}

// Disables reports whether the notice is more than a warning.
func (n *EndpointNotice) Disables() bool { return n.EventType == EventEndpointDisabled }

// Reason says why the endpoint is disabled, or will be.
func (n *EndpointNotice) Reason() string {
	if n.Last.Class == ClassGone {
		return "Its receiver answered 410: it is no more."
	}
	return "It has accepted nothing since " + n.Since.UTC().Format(time.RFC3339) + "."
}
