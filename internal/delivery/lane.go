package delivery

import (
	"time"

	"github.com/taskhook/taskhook"
)

// The bounds of what a lane holds in memory and sends at a time.
const (
	laneRoom     = 512          // deliveries of one lane in memory
	lowWater     = laneRoom / 4 // a page is loaded when fewer are left
	startSends   = 2            // concurrency that a lane starts with
	maxSends     = 64           // and that it may grow to
	settleAfter  = time.Second  // a lane that was empty for this long is marked idle
	releaseAfter = time.Minute  // and after this long given up
	totalBytes   = 64 << 20     // bodies of all lanes in memory
)

// lane is the part of a lane that is in this process's memory. The Worker's mutex
// guards it.
type lane struct {
	id       string
	endpoint string // empty: per-job deliveries of one origin
	epoch    int64
	target   *target // where and how it sends; nil until loaded
	last     *target // the one before, for sends that were under way

	queue    []taskhook.Outgoing // waiting for their turn, in order
	held     int                 // in memory in any way: reserved, queued, in flight, being recorded
	inFlight int
	sends    int // concurrency allowed
	listed   bool

	direct   bool      // nothing older waits in the database: fresh deliveries come straight here
	changes  int       // counts the refreshes of its endpoint
	refusals int       // counts those that did not
	nextLoad time.Time // when the database has something due; zero: nothing
	busy     bool      // the Worker is asking the database about it

	stopped bool      // paused, deleted or lost: send nothing more, give it up when drained
	doubt   bool      // what memory holds is uncertain: free all of it when drained
	parting bool      // it is being given up
	settled bool      // its row says that it is idle
	since   time.Time // when it became empty

	at    time.Time // its place in the agenda: when it needs the Worker
	index int       // -1: not in the agenda
}

func newLane(owned taskhook.OwnedLane, now time.Time) *lane {
	return &lane{id: owned.ID, endpoint: owned.EndpointID, epoch: owned.Epoch, sends: startSends, nextLoad: now, since: now, index: -1}
}

// sendable reports whether the lane has something to send now.
func (l *lane) sendable() bool {
	return len(l.queue) > 0 && l.inFlight < l.sends && l.target != nil && !l.stopped && !l.doubt
}

// admits reports whether a fresh delivery under the epoch may come straight here.
func (l *lane) admits(epoch int64) bool {
	return l.epoch == epoch && l.direct && !l.stopped && !l.doubt && !l.parting && l.held < laneRoom
}

// refuse notes that a fresh delivery went to the database instead.
func (l *lane) refuse(now time.Time) {
	l.direct = false
	l.refusals++
	if l.nextLoad.IsZero() || l.nextLoad.After(now) {
		l.nextLoad = now
	}
}

// owe notes that the database has a delivery that falls due.
func (l *lane) owe(due time.Time) {
	if l.nextLoad.IsZero() || due.Before(l.nextLoad) {
		l.nextLoad = due
	}
}

// drained reports whether no send is under way or unrecorded.
func (l *lane) drained() bool { return l.held == len(l.queue) }

// need is what a lane wants of the Worker.
type need int

const (
	needNothing need = iota
	needTarget       // read its endpoint
	needRelease      // give it up
	needEpoch        // free what memory holds
	needPage         // claim what is due
	needSettle       // mark it idle
)

// wants says what the lane needs next, and from when on.
func (l *lane) wants() (need, time.Time) {
	switch {
	case l.busy:
		return needNothing, time.Time{}
	case l.doubt && l.drained():
		return needEpoch, l.since
	case l.doubt:
		return needNothing, time.Time{}
	case l.stopped && l.drained():
		return needRelease, l.since
	case l.stopped:
		return needNothing, time.Time{}
	case l.target == nil:
		return needTarget, l.since
	case !l.nextLoad.IsZero() && len(l.queue) <= lowWater && l.held < laneRoom:
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

// agenda is the heap of lanes that need the Worker, by when.
type agenda []*lane

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push adds a lane; it is for package heap.
func (a *agenda) Push(x any) {
	l := x.(*lane)
	l.index = len(*a)
	*a = append(*a, l)
}

// Pop takes the last lane; it is for package heap.
func (a *agenda) Pop() any {
	old := *a
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	l.index = -1
	return l
}
