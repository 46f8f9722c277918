package delivery

import (
	"time"

	"github.com/taskhook/taskhook"
)

// The bounds of what a lane holds in memory and sends at a time.
const (
	laneRoom     = 512          // deliveries of one lane in memory
	laneBytes    = 4 << 20      // and their bodies, but for the last one
	lowWater     = laneRoom / 4 // a page is loaded when fewer are left
	firstPage    = 16           // deliveries of a lane's first page, whose bodies may be of any size
	leastPage    = 8            // and of the next ones, at least
	startSends   = 1            // concurrency that a lane starts with: one send finds out whether its receiver answers
	maxSends     = 64           // and that it may grow to
	slowAfter    = time.Second  // a send that takes longer is slow
	settleAfter  = time.Second  // a lane that was empty for this long is marked idle
	releaseAfter = time.Minute  // and after this long given up
)

// lane is the part of a lane that is in this process's memory, whose mutex guards
// it.
type lane struct {
	id       string
	account  string
	endpoint string // empty: per-job deliveries of one origin
	epoch    int64
	node     string  // that owns it: this process, unless it was taken for dead since
	target   *target // where and how it sends; nil until loaded

	queue    []taskhook.Outgoing // waiting for their turn, in order
	fresh    []taskhook.Outgoing // likewise, and not behind what is being caught up with
	newest   bool                // the next one to send is of those
	passing  map[string]*passing // events that pass and are to be sent here, by subject; often nil
	held     int                 // in memory in any way: reserved, queued, in flight, being recorded
	known    map[string]struct{} // the ids of those, but for what is only reserved
	bytes    int                 // of their bodies
	page     int                 // deliveries that one of this lane may bring, by what the last did; 0: none was
	typical  int                 // size of a body, by the last page; 0: not known yet
	inFlight int
	sends    int // concurrency that the receiver bears
	throttle throttle
	misses   int           // attempts that failed in a row
	missing  time.Time     // when the first of them began
	rest     taskhook.Rest // its breaker, and what the receiver asked for
	quiet    time.Time     // until when it sends nothing; zero: it may
	pace     pace
	share    *share        // its account's
	spent    time.Duration // in sends
	lasts    time.Duration // the last send did
	place    int           // among the lanes that wait for a turn; -1: it does not

	direct   bool      // nothing older waits in the database, but for news: fresh deliveries come straight here
	news     int       // counts how often it was said that something did not
	unread   bool      // and the database was not asked for it yet
	pushed   subjects  // of what came straight here since the database was asked, until it answers; nil: it is not asked
	changes  int       // counts the refreshes of its endpoint
	nextLoad time.Time // when the database has something due; zero: nothing

	busy     bool      // the Worker is asking the database about it
	failures int       // of that, in a row
	pause    time.Time // after a failure: do not ask before

	stopped bool      // paused, deleted or lost: send nothing more, give it up when drained
	freeing bool      // what memory holds is uncertain, or would only lie there: free all of it when drained
	parting bool      // it is being given up
	settled bool      // its row says that it is idle
	since   time.Time // when it became empty

	at    time.Time // its place in the agenda: when it needs the Worker
	index int       // -1: not in the agenda
}

func newLane(owned taskhook.OwnedLane, node string, now time.Time) *lane {
	l := &lane{id: owned.ID, account: owned.AccountID, endpoint: owned.EndpointID, epoch: owned.Epoch, node: node, sends: startSends,
		rest: owned.Rest, quiet: owned.Rest.Until, nextLoad: now, since: now, place: -1, index: -1,
		known: map[string]struct{}{}}
	if l.endpoint == "" {
		l.target = originTarget()
	}
	return l
}

// sendable reports whether the lane has something to send now.
func (l *lane) sendable() bool {
	return l.queued() > 0 && l.target != nil && l.inFlight < l.concurrency() && l.quiet.IsZero() && !l.stopped && !l.freeing
}

// concurrency is how many sends may be under way; there must be a target.
func (l *lane) concurrency() int {
	switch {
	case l.probing():
		return 1
	case l.target.maxInFlight > 0:
		return min(l.sends, l.target.maxInFlight)
	}
	return l.sends
}

func (l *lane) queued() int { return len(l.queue) + len(l.fresh) }

// add puts a fresh delivery in the queue.
func (l *lane) add(d taskhook.Outgoing) {
	if l.throttle.catchingUp() {
		l.fresh = append(l.fresh, d)
		return
	}
	l.queue = append(l.queue, d)
}

// pop takes the next delivery to send; there must be one. While the lane catches up
// old and fresh ones take turns.
func (l *lane) pop() taskhook.Outgoing {
	from := &l.queue
	if len(l.queue) == 0 || l.newest && len(l.fresh) > 0 {
		from = &l.fresh
	}
	l.newest = !l.newest
	d := (*from)[0]
	(*from)[0] = taskhook.Outgoing{}
	*from = (*from)[1:]
	return d
}

// hasRoom reports whether one more delivery may be held. When the memory of all
// lanes is full only an empty lane may hold one, so that it gets on at all.
func (l *lane) hasRoom(full bool) bool {
	return l.held == 0 || !full && l.held < laneRoom && l.bytes < laneBytes
}

// hasFreshRoom reports whether a fresh delivery may come straight to memory: half of
// it is kept for what is being caught up with.
func (l *lane) hasFreshRoom(full bool) bool {
	return l.hasRoom(full) && (!l.throttle.catchingUp() || len(l.fresh) < laneRoom/2)
}

// room is how many deliveries a page may bring, by the size of the last ones.
func (l *lane) room(full bool) int {
	n := firstPage
	switch {
	case full, l.probing():
		n = 1
	case l.typical > 0:
		n = max(min((laneBytes-l.bytes)/l.typical, l.page), 1)
	}
	return max(min(n, laneRoom-l.held), 1)
}

// fit chooses the size of the next page by what the last brought, so that pages of
// lanes in which little is new share a commit.
func (l *lane) fit(brought int, all bool) {
	if all {
		l.page = max(2*brought, leastPage)
		return
	}
	l.page = min(max(2*l.page, 2*brought, leastPage), laneRoom)
}

// hear notes that something was brought that did not come straight here: by another
// node, or for want of room. Fresh deliveries go on to come straight here while that is
// about to be read, but not when it has to wait for room, for then there would be no
// end to what overtakes it.
func (l *lane) hear(now time.Time) {
	l.news++
	l.unread = true
	l.owe(now)
}

// open reports whether a fresh delivery may come straight here.
func (l *lane) open() bool {
	return l.direct && !(l.unread && len(l.queue) > lowWater) && !l.stopped && !l.freeing && !l.parting
}

// owe notes that the database has a delivery that falls due.
func (l *lane) owe(due time.Time) {
	if l.nextLoad.IsZero() || due.Before(l.nextLoad) {
		l.nextLoad = due
	}
}

// drained reports whether no send is under way or unrecorded.
func (l *lane) drained() bool { return l.held == l.queued() }

// failed makes the lane wait longer for each failure in a row, so that neither a
// database that is down nor an endpoint that can't be read keeps us busy.
func (l *lane) failed(now time.Time) {
	l.pause = now.Add(errorPause << min(l.failures, maxDoublings))
	l.failures++
}

// need is what a lane wants of the Worker.
type need int

const (
	needNothing need = iota
	needTarget       // read its endpoint
	needRelease      // give it up
	needSend         // it may send again
	needEpoch        // free what memory holds
	needPage         // read what is due
	needSettle       // mark it idle
)

// wants says what the lane needs next, and from when on.
func (l *lane) wants(full bool) (need, time.Time) {
	if l.busy {
		return needNothing, time.Time{}
	}
	what, when := l.lacks(full)
	if when.Before(l.pause) {
		when = l.pause
	}
	return what, when
}

func (l *lane) lacks(full bool) (need, time.Time) {
	switch {
	case (l.freeing || l.stopped) && !l.drained():
		return needNothing, time.Time{}
	case l.freeing:
		return needEpoch, l.since
	case l.stopped:
		return needRelease, l.since
	case !l.quiet.IsZero():
		return needSend, l.quiet
	case l.target == nil:
		return needTarget, l.since
	case !l.nextLoad.IsZero() && len(l.queue) <= lowWater && l.hasRoom(full):
		if l.held == 0 && l.nextLoad.After(l.since.Add(releaseAfter)) {
			return needRelease, l.since.Add(releaseAfter)
		}
		return needPage, l.nextLoad
	case l.held > 0:
		return needNothing, time.Time{}
	case !l.settled:
		return needSettle, l.since.Add(settleAfter)
	default:
		return needRelease, l.since.Add(releaseAfter)
	}
}

// grow and shrink follow what the receiver bears.
func (l *lane) grow()   { l.sends = min(l.sends*2, maxSends) }
func (l *lane) shrink() { l.sends = max(l.sends/2, 1) }
