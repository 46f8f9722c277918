package store

import (
	"sync/atomic"

	"github.com/taskhook/taskhook"
)

// Outgoing is a delivery with the bytes that it sends.
type Outgoing struct {
	taskhook.Delivery
	Body  []byte
	Epoch int64 // of its lane, under which it is claimed for the owner's memory; 0: free
}

// Inbox is the memory of the process that owns lanes. The store calls it from
// within commits, so its methods must not wait and must not call the store.
type Inbox interface {
	// Reserve asks for room for one fresh delivery of a lane that this node owns
	// under the epoch. It refuses when the lane is not in memory under that
	// epoch, is full, or has older deliveries waiting in the database.
	Reserve(lane string, epoch int64) bool
	// Cancel gives back room whose delivery was not committed. When that is in
	// doubt the owner must raise the lane's epoch, which frees the delivery if it
	// is there.
	Cancel(lane string, epoch int64, inDoubt bool)
	// Push hands over committed deliveries for which room was reserved.
	Push(claimed []Outgoing)
	// Wake says that a lane has free deliveries that have become due.
	Wake()
	// Refresh says that the endpoint of a lane was changed.
	Refresh(lane string)
}

// inboxSlot holds the inbox of this process once it has joined.
type inboxSlot struct{ at atomic.Pointer[joined] }

type joined struct {
	node  string
	inbox Inbox
}

func (s *inboxSlot) get() joined {
	if j := s.at.Load(); j != nil {
		return *j
	}
	return joined{inbox: noInbox{}}
}

// noInbox is that of a process that only writes, such as a CLI command.
type noInbox struct{}

func (noInbox) Reserve(string, int64) bool { return false }
func (noInbox) Cancel(string, int64, bool) {}
func (noInbox) Push([]Outgoing)            {}
func (noInbox) Wake()                      {}
func (noInbox) Refresh(string)             {}
