package store

import (
	"context"
	"errors"
	"sync"

	"github.com/taskhook/taskhook"
)

// membership is as which node this process writes.
type membership struct {
	evicted chan struct{} // holds one when a write has found that the node is not there any more

	mu    sync.Mutex
	as    author
	inbox taskhook.Inbox // nil: it has not joined
}

// joined is a node with what takes in its deliveries.
type joined struct {
	node  string
	inbox taskhook.Inbox
}

func (m *membership) get() joined {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inbox == nil {
		return joined{inbox: noInbox{}}
	}
	return joined{m.as.node, m.inbox}
}

func (m *membership) author() author {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.as
}

func (m *membership) set(as author, inbox taskhook.Inbox) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.as, m.inbox = as, inbox
}

// Evicted holds one when a write was refused because this process was taken for
// dead: it must join again.
func (s *Store) Evicted() <-chan struct{} { return s.member.evicted }

// begin is of the committer.
func (s *Store) begin(ctx context.Context) (commitTx, error) {
	t, err := s.db.begin(ctx, s.member.author(), commitLimit)
	if !errors.Is(err, errFenced) {
		return t, err
	}
	select {
	case s.member.evicted <- struct{}{}:
	default:
	}
	return nil, &taskhook.Error{Code: taskhook.CodeUnavailable, Err: err,
		Message: "This server was cut off from the others and is joining them again; send the request again in a moment."}
}

// noInbox is that of a process that only writes, such as a CLI command.
type noInbox struct{}

func (noInbox) Reserve(string, int64, int) bool { return false }
func (noInbox) Cancel(string, int64, int)       {}
func (noInbox) Push([]taskhook.Outgoing)        {}
func (noInbox) Wake(string, bool)               {}
func (noInbox) Refresh(string, bool)            {}
