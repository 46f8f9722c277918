package taskhook

import "time"

// Publication is what is published in one piece: events, and deliveries that do
// not follow from anybody's wish for a type: per-job, test and replayed ones.
type Publication struct {
	Events     []NewEvent
	Deliveries []Outgoing // publishing adds those of the fan-out
	// Rouse ends the rest of the lanes of Deliveries: a person wants to see what
	// becomes of them.
	Rouse bool
}

// NewEvent is an event to publish.
type NewEvent struct {
	Event Event // Seq is set when it is published
	// FanOut asks for a delivery to each endpoint of the account that wants the
	// type; Schedule is for those that have none of their own.
	FanOut   bool
	Schedule Schedule
}

// Outgoing is a delivery with the bytes that it sends.
type Outgoing struct {
	Delivery
	Body  []byte
	Epoch int64 // of its lane, under which it is in the owner's memory; 0: it is not
}

// NewDelivery returns the delivery of an event to an endpoint, due now.
func NewDelivery(e *Event, to *Endpoint, schedule Schedule, now time.Time) Outgoing {
	return Outgoing{Body: e.Body, Delivery: Delivery{
		ID: NewID(PrefixDelivery, now), AccountID: e.AccountID, EventID: e.ID, EventType: e.Type, Subject: e.Subject,
		EndpointID: to.ID, LaneID: to.LaneID, URL: to.URL, State: DeliveryPending,
		Schedule: schedule, DueAt: now, CreatedAt: now}}
}

// AttemptResult is an attempt that was made and how its delivery stands after it.
type AttemptResult struct {
	Delivery Delivery // State, Attempts, DueAt, FinishedAt, LastError as they are to become
	Epoch    int64    // of its lane, under which the delivery was sent
	Attempt  Attempt
	Stale    bool // set when it is recorded: the delivery was not the node's any more
}
