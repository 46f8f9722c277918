package taskhook

import "time"

// Class names what an attempt met, for filters and hints.
type Class string

// The classes of outcome. Only ClassOK is a success.
const (
	ClassOK       Class = "ok"       // any 2xx
	ClassStatus   Class = "status"   // an answer other than 2xx
	ClassRedirect Class = "redirect" // 3xx, never followed
	ClassGone     Class = "gone"     // 410: the receiver says that it is no more
	ClassTimeout  Class = "timeout"  // no answer within 30 s
	ClassRefused  Class = "refused"  // nothing listens there
	ClassDNS      Class = "dns"      // the host name does not resolve
	ClassTLS      Class = "tls"      // no secure connection could be made
	ClassBlocked  Class = "blocked"  // the address is not one that we connect to
	ClassProtocol Class = "protocol" // what came back is not a proper HTTP answer
	ClassNetwork  Class = "network"  // the connection broke
)

// Failures lists the classes that are no success.
func Failures() []Class {
	return []Class{ClassStatus, ClassRedirect, ClassGone, ClassTimeout, ClassRefused, ClassDNS, ClassTLS, ClassBlocked,
		ClassProtocol, ClassNetwork}
}

// Classes lists every class.
func Classes() []Class { return append([]Class{ClassOK}, Failures()...) }

// Attempt is one HTTP try of a delivery.
type Attempt struct {
	DeliveryID string
	Number     int // from 1
	StartedAt  time.Time
	Duration   time.Duration
	Status     int    // HTTP status; 0 when none came
	Class      Class  //
	Error      string // a sentence when the class is not ok
	Response   []byte // the first 4 KB of the answer, as it came
	RetryAfter time.Duration
}

// Delivered reports whether the receiver has accepted.
func (a *Attempt) Delivered() bool { return a.Class == ClassOK }
