package store

import (
	"sync/atomic"

	"github.com/taskhook/taskhook"
)

// inboxSlot holds the inbox of this process once it has joined.
type inboxSlot struct{ at atomic.Pointer[joined] }

type joined struct {
	node  string
	inbox taskhook.Inbox
}

func (s *inboxSlot) get() joined {
	if j := s.at.Load(); j != nil {
		return *j
	}
	return joined{inbox: noInbox{}}
}

// noInbox is that of a process that only writes, such as a CLI command.
type noInbox struct{}

func (noInbox) Reserve(string, int64, int) bool { return false }
func (noInbox) Cancel(string, int64, int, bool) {}
func (noInbox) Push([]taskhook.Outgoing)        {}
func (noInbox) Wake()                           {}
func (noInbox) Refresh(string, bool)            {}
