package taskhook

import (
	"fmt"
	"slices"
	"time"
)

// ReplayState is where a replay stands.
type ReplayState string

// The states of a replay; nothing leaves the last two.
const (
	ReplayRunning   ReplayState = "running"
	ReplayPaused    ReplayState = "paused"
	ReplayCompleted ReplayState = "completed"
	ReplayCancelled ReplayState = "cancelled"
)

// replayMoves are the legal moves.
var replayMoves = map[ReplayState][]ReplayState{
	ReplayRunning: {ReplayPaused, ReplayCompleted, ReplayCancelled},
	ReplayPaused:  {ReplayRunning, ReplayCancelled},
}

// ReplayStates lists all states.
func ReplayStates() []ReplayState {
	return []ReplayState{ReplayRunning, ReplayPaused, ReplayCompleted, ReplayCancelled}
}

// Final reports whether nothing leaves the state.
func (s ReplayState) Final() bool { return len(replayMoves[s]) == 0 }

// CanBecome reports whether a replay may move from s to next.
func (s ReplayState) CanBecome(next ReplayState) bool { return slices.Contains(replayMoves[s], next) }

// ReplayChoice says what to send again. What was made after the replay was asked
// for is never part of it.
type ReplayChoice struct {
	// Deliveries are the ids of what to send again, at most MaxReplayed; nil: what
	// Filter selects. What has not ended is passed by.
	Deliveries []string
	// Filter selects deliveries; its Page is not looked at. Those of the test button
	// are passed by.
	Filter DeliveryFilter
	// Since, where set, asks for the events from then on that the endpoint of the
	// filter has not got: the filter then has nothing else but EventType and To.
	Since time.Time
	// Missing asks with Since also for events that the endpoint wants now, but was
	// never owed: from before it was there, or wanted their type.
	Missing bool
}

// The limits of replays.
const (
	MaxReplayed       = 1000 // deliveries that are chosen one by one
	DefaultReplayRate = 50   // deliveries a second
	MaxReplayRate     = 1000
	MaxReplays        = 20 // of an account that have not ended
)

// Replay sends again what was chosen: it makes new deliveries, at a limited rate,
// of the same events with the same ids and bytes. An event goes to the same target
// once at most.
type Replay struct {
	ID        string
	AccountID string
	KeyID     string // that asked for it, or empty
	Choice    ReplayChoice
	TargetID  string // the endpoint that gets all; empty: each goes where it went
	Rate      int    // deliveries a second
	State     ReplayState
	Reason    string // why it was cancelled by the server, a sentence; else empty
	// Cursor is how far it has come, and Bound where it ends, in the words of the
	// store.
	Cursor, Bound string
	Found         int  // deliveries to make or to pass by, counted at its start
	Open          bool // there may be more than Found
	Created       int  // deliveries made so far
	Skipped       int  // passed by: owed there already, or to nobody any more
	CreatedAt     time.Time
	FinishedAt    time.Time      // zero: it has not ended
	Outcomes      ReplayOutcomes // set when one replay is read
}

// To is the endpoint that gets all of a replay; empty: each goes where it went.
func (r *Replay) To() string {
	if !r.Choice.Since.IsZero() {
		return r.Choice.Filter.EndpointID
	}
	return r.TargetID
}

// Percent is how much of the replay is done; false when that is not known.
func (r *Replay) Percent() (int, bool) {
	switch done := r.Created + r.Skipped; {
	case r.State == ReplayCompleted:
		return 100, true
	case r.Open || r.Found == 0:
		return 0, false
	default:
		return min(100*done/r.Found, 99), true
	}
}

// ReplayOutcomes counts what became of the first MaxTotal deliveries of a replay.
type ReplayOutcomes struct{ Pending, Delivered, Failed, Cancelled int }

// ReplayFilter selects replays of one account, newest first.
type ReplayFilter struct {
	AccountID string
	State     ReplayState
	Page
}

// ReplayChange changes what is not nil. To make a replay completed is not possible.
type ReplayChange struct {
	State *ReplayState
	Rate  *int
}

// ReplayItem is something that a replay sends again. The Delivery is the one that
// is repeated; it has no ID where the event was never owed to the endpoint.
type ReplayItem struct {
	Delivery
	Body []byte // of the new delivery; nil in a preview
	// Skip says that nothing is to be made of it: the event is owed to the target
	// already, or nobody is there to get it.
	Skip bool
}

// ReplayPart is what a replay has found next.
type ReplayPart struct {
	Items  []ReplayItem // oldest first
	Target *Endpoint    // that gets them, without its secrets; nil: each goes where it went
	Cursor string       // where it goes on
	Done   bool         // nothing follows
}

// ReplayStep is a part of a replay that is done: the replay as it was read, its new
// deliveries, and where it goes on.
type ReplayStep struct {
	Replay      Replay
	Part        ReplayPart
	Publication *Publication
	Stale       bool // set when it is stored: the replay was not as it was read
}

// ReplayPreview says what a replay would do.
type ReplayPreview struct {
	Expected int  // deliveries to make, at most MaxTotal
	Open     bool // there may be more than Expected: the search ended before
	Skipped  int  // passed by, as far as was searched
	Sample   []ReplayItem
	Purged   int           // of the deliveries, those of results that are no longer kept
	Held     bool          // its endpoint is not active: what is made waits
	Takes    time.Duration // at the rate, at least
}

// Warnings are sentences about what may not be wanted.
func (p ReplayPreview) Warnings() (list []string) {
	if p.Purged > 0 {
		list = append(list, fmt.Sprintf("%d of them are about results whose files are no longer kept: their links answer 410.", p.Purged))
	}
	if p.Held {
		list = append(list, "The webhook is not active: what is sent again is held until it is.")
	}
	return list
}
