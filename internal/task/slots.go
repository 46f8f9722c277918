package task

import (
	"slices"
	"sync"
)

// slots bound the runs that go on at once, of one queue, or of several whose adapters
// have one account with their provider.
type slots struct {
	claiming sync.Mutex // held by the queue that claims, so that it finds room for what it gets

	mu     sync.Mutex
	most   int
	taken  int
	queues []*queue // told when there is room
}

// set says how many there are.
func (s *slots) set(most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = most
}

func (s *slots) join(q *queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues = append(s.queues, q)
}

// part is of a queue that now has other slots. Those that its runs have they keep.
func (s *slots) part(q *queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues = slices.DeleteFunc(s.queues, func(other *queue) bool { return other == q })
}

func (s *slots) take() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken++
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	for _, q := range s.queues {
		q.signal()
	}
}

func (s *slots) free() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most - s.taken
}
