package delivery

import "time"

// pace is how soon a lane's receiver answers.
type pace int

const (
	paceNew  pace = iota // it has not answered yet
	paceFast             // within slowAfter, the last time
	paceSlow
	paces int = iota
)

// turns shares out the slots. Slow lanes hold at most half of them, and together
// with new ones three quarters, so that receivers that hang hold up neither those
// that answer nor those that may. Among lanes of a pace the account is next that
// has used its slots for the shortest time, and of its lanes the one that has.
type turns struct {
	slots  int // sends at a time
	total  int // of them taken
	active [paces]int
	lines  [paces]ranking[*line]
	shares map[string]*share // of accounts with lanes in memory
	spent  time.Duration     // by the account that had the last turn
	next   pace              // whose turn it is
}

// share is what an account has had of the slots.
type share struct {
	account string
	lanes   int // in memory
	active  int // sends
	spent   time.Duration
	turn    time.Duration // spent by the lane that had the last one
	lines   [paces]line
}

// line is those lanes of an account, of one pace, that wait for a turn.
type line struct {
	*share
	waiting ranking[*lane]
	place   int // among the lines of the pace
}

// minTurn is what a turn is counted as before it is known how long it takes, and at
// least.
const minTurn = time.Millisecond

func newTurns(slots int) turns {
	t := turns{slots: slots, shares: map[string]*share{}}
	for p := range t.lines {
		t.lines[p] = ranking[*line]{
			less:  func(a, b *line) bool { return a.spent < b.spent },
			place: func(l *line) *int { return &l.place },
		}
	}
	return t
}

// join gives a lane its account's share.
func (t *turns) join(l *lane) {
	s := t.shares[l.account]
	if s == nil {
		s = &share{account: l.account}
		for p := range s.lines {
			s.lines[p] = line{share: s, place: -1, waiting: ranking[*lane]{
				less:  func(a, b *lane) bool { return a.spent < b.spent },
				place: func(l *lane) *int { return &l.place },
			}}
		}
		t.shares[l.account] = s
	}
	s.lanes++
	l.share = s
}

// leave is for a lane that is not ours any more.
func (t *turns) leave(l *lane) {
	t.unlist(l)
	if l.share.lanes--; l.share.lanes == 0 {
		delete(t.shares, l.account)
	}
}

// list puts a lane in its line. Who was idle can't have saved up turns.
func (t *turns) list(l *lane) {
	s := l.share
	if l.inFlight == 0 {
		l.spent = max(l.spent, s.turn)
	}
	if s.active == 0 && s.idle() {
		s.spent = max(s.spent, t.spent)
	}
	of := &s.lines[l.pace]
	of.waiting.put(l)
	t.lines[l.pace].put(of)
}

// idle reports whether no lane of the account waits.
func (s *share) idle() bool {
	for p := range s.lines {
		if !s.lines[p].waiting.empty() {
			return false
		}
	}
	return true
}

// unlist takes a lane out of its line, if it waits.
func (t *turns) unlist(l *lane) {
	of := &l.share.lines[l.pace]
	of.waiting.remove(l)
	if of.waiting.empty() {
		t.lines[l.pace].remove(of)
	}
}

// admits reports whether a lane of the pace may take one more slot.
func (t *turns) admits(p pace) bool {
	switch {
	case t.total >= t.slots:
		return false
	case p == paceSlow && t.active[paceSlow] >= max(t.slots/2, 1):
		return false
	}
	return p == paceFast || t.active[paceSlow]+t.active[paceNew] < max(t.slots*3/4, 1)
}

// take removes the lane whose turn it is from its line; nil: nobody's.
func (t *turns) take() *lane {
	for i := range paces {
		p := (t.next + pace(i)) % pace(paces)
		if t.lines[p].empty() || !t.admits(p) {
			continue
		}
		t.next = (p + 1) % pace(paces)
		l := t.lines[p].first().waiting.first()
		t.unlist(l)
		return l
	}
	return nil
}

// begin counts a send of a lane, for as long as its last one took.
func (t *turns) begin(s *send) {
	l := s.lane
	t.total++
	t.active[s.pace]++
	l.share.active++
	l.inFlight++
	l.share.turn, t.spent = max(l.share.turn, l.spent), max(t.spent, l.share.spent)
	s.counted = max(l.lasts, minTurn)
	t.charge(l, s.counted)
}

// end counts a send for as long as it took.
func (t *turns) end(s *send, took time.Duration) {
	l := s.lane
	t.total--
	t.active[s.pace]--
	l.share.active--
	l.inFlight--
	l.lasts = took
	t.charge(l, max(took, minTurn)-s.counted)
}

// charge keeps the order of those that wait.
func (t *turns) charge(l *lane, spent time.Duration) {
	if spent == 0 {
		return
	}
	l.spent += spent
	if l.place >= 0 {
		l.share.lines[l.pace].waiting.put(l)
	}
	l.share.spent += spent
	for p := range l.share.lines {
		if of := &l.share.lines[p]; of.place >= 0 {
			t.lines[p].put(of)
		}
	}
}

// keep notes how soon the lane's receiver answers.
func (t *turns) keep(l *lane, p pace) {
	if l.pace == p {
		return
	}
	waits := l.place >= 0
	t.unlist(l)
	l.pace = p
	if waits {
		t.list(l)
	}
}
