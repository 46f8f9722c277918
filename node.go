package taskhook

import "time"

// Node is one process that works on the database.
type Node struct {
	ID        string // new at each start, and when the process was taken for dead
	StartedAt time.Time
	Version   string // of the program, for people
	Host      string // that it runs on, for people
	// Files stands for where it keeps results: nodes of one database share that.
	Files string
	// Former is the node that a process with the same data directory was, which its
	// lock proves to be dead; empty: not known.
	Former string
}

// NodeState is a node and what it has in hand, for people.
type NodeState struct {
	Node
	LeaseUntil time.Time // by the clock of the database; zero: the lock of the data directory is the lease
	Gone       bool      // its lease has ended, or its session has: others remove it, and take what it has
	Lanes      int       // that it owns
	Runs       int       // likewise, unfinished
}

// The times of a lease. A process that is gone is found out when its lease has
// ended; the margin is what one that was held up may still be busy with what it
// began before.
const (
	LeaseLife   = 15 * time.Second
	LeaseMargin = 5 * time.Second
)

// Lease says as which node a process works, and for how long it may without asking.
type Lease struct {
	Node  string    // its id; empty: it is none, and must not work
	Until time.Time // by its own clock; zero: for as long as it lives
}

// Allows reports whether something may be begun now, such as a send.
func (l Lease) Allows(now time.Time) bool {
	return l.Node != "" && (l.Until.IsZero() || l.Until.Sub(now) >= LeaseMargin)
}

// News are what other nodes did that one has to know.
type News struct {
	Mark  int64      // what came up to it is in here
	Lanes []LaneNews // that the node owns
	Free  bool       // a lane that nobody owns is due
}

// LaneNews is about a lane.
type LaneNews struct {
	Lane    string
	Changed bool // its endpoint was; else only that something is due
}
