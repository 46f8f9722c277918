package taskhook

import "time"

// DeliveryState is where a delivery stands; nothing leaves a final state.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"
	DeliveryCancelled DeliveryState = "cancelled"
)

// DeliveryStates lists all states.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryPending, DeliveryDelivered, DeliveryFailed, DeliveryCancelled}
}

// Final reports whether nothing leaves the state.
func (s DeliveryState) Final() bool { return s != DeliveryPending }

// Delivery is one event owed to one URL: configured when EndpointID is set, else
// per-job.
type Delivery struct {
	ID         string
	AccountID  string
	EventID    string
	EventType  string
	Subject    string // of the event: the task's id
	EndpointID string // empty for a per-job delivery
	LaneID     string
	URL        string
	State      DeliveryState
	Attempts   int      // made so far
	Schedule   Schedule // fixed when the delivery was made
	Test       bool     // asked for by the test button
	ReplayOf   string   // the delivery that this one repeats, or empty
	ReplayID   string   // the replay that has made it, or empty
	Held       bool     // pending, but its endpoint is paused or disabled
	LastError  string   // of the last attempt, a sentence
	LastClass  Class    // of the last attempt, where that failed; else empty
	DueAt      time.Time
	CreatedAt  time.Time
	FinishedAt time.Time // zero while pending
}

// PerJob reports whether the URL was given with a task.
func (d *Delivery) PerJob() bool { return d.EndpointID == "" }

// Settle says how a delivery stands after an attempt that ended at end:
// delivered, owed again at due, or failed because its schedule is used up.
func (d *Delivery) Settle(a *Attempt, end time.Time) (state DeliveryState, due time.Time) {
	if a.Delivered() {
		return DeliveryDelivered, end
	}
	if a.Class == ClassGone && !d.Test {
		return DeliveryFailed, end
	}
	delay, ok := d.Schedule.After(a.Number)
	if !ok {
		return DeliveryFailed, end
	}
	return DeliveryPending, end.Add(max(delay, min(a.RetryAfter, MaxRetryAfter)))
}

// MaxRetryAfter is the longest wait that a receiver can ask for.
const MaxRetryAfter = time.Hour

// DeliveryFilter selects deliveries of one account, newest first.
type DeliveryFilter struct {
	AccountID  string
	EndpointID string
	EventID    string
	EventType  string
	Subject    string
	State      DeliveryState
	Failing    bool      // only those whose last attempt failed
	LastClass  Class     // one of Failures: only those whose last attempt failed in this way
	ReplayID   string    // only those that this replay has made
	From, To   time.Time // creation time, From inclusive, To exclusive
	Page
}
