package taskhook

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// OriginLane returns the id of the lane for per-job deliveries of an account to
// an origin, "https://host:port".
func OriginLane(account, origin string) string {
	sum := sha256.Sum256([]byte(account + "\n" + origin))
	return PrefixLane + hex.EncodeToString(sum[:12])
}

// OwnedLane is a lane, the queue of one receiver, that a node has just become the
// owner of. The epoch counts its changes of hand: what an owner did under an older
// one counts no more.
type OwnedLane struct {
	ID         string
	AccountID  string
	EndpointID string // empty: per-job deliveries of one origin
	Epoch      int64
	Rest       Rest
}

// Rest keeps a lane from sending, over restarts too.
type Rest struct {
	Until time.Time // zero: it may send
	// Trips counts the times that its breaker has opened since the receiver
	// accepted something; 0: it is closed. While it is open, what is owed waits,
	// and after each rest one delivery is tried.
	Trips int
}

// LanePage asks for due deliveries of one owned lane that are not in its owner's
// memory.
type LanePage struct {
	Lane  string
	Epoch int64
	Limit int
	Held  []string // those that were there when it was asked; what comes by Push meanwhile is known by its claim
}

// LaneDue is what a page brought.
type LaneDue struct {
	Lane       string
	Epoch      int64
	Deliveries []Outgoing // in the order in which they fell due
	// Next is when the first delivery that it did not bring is due, which is in the
	// past when the page was too small for all; zero: there is none.
	Next time.Time
	Lost bool // the lane is held, or no longer the node's under this epoch
}

// Inbox is the memory of the process that owns lanes. The store calls it from
// within commits, so its methods must not wait and must not call the store.
type Inbox interface {
	// Reserve asks for room for one fresh delivery of size bytes, of a lane that
	// this node owns under the epoch. It refuses when the lane is not in memory
	// under that epoch, is full, or has older deliveries waiting in the database;
	// the delivery is then one that Wake tells of when it is committed.
	Reserve(lane string, epoch int64, size int) bool
	// Cancel gives back room whose delivery was not committed, or perhaps was.
	Cancel(lane string, epoch int64, size int)
	// Push hands over committed deliveries for which room was reserved.
	Push(fresh []Outgoing)
	// Wake says that something is due in the database that does not come by Push: in
	// a lane of this node, or in one that nobody owns, with an empty id. The node
	// must look for it by a page, or a claim, that begins after the call. In doubt it
	// was perhaps committed: the owner must raise the lane's epoch first, which waits for
	// the end of that commit.
	Wake(lane string, inDoubt bool)
	// Refresh says that the endpoint of a lane was changed or, if gone, that deliveries
	// of it were removed, which may be in memory: the owner must raise its epoch.
	Refresh(lane string, gone bool)
}
