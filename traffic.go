package taskhook

import "time"

// Traffic counts the attempts of a span of time, and the deliveries that they
// ended.
type Traffic struct {
	Start     time.Time
	Attempts  map[Class]int
	Delivered int // deliveries that were accepted
	GivenUp   int // deliveries that ended as failed
}

// Succeeded is how many attempts were accepted.
func (t *Traffic) Succeeded() int { return t.Attempts[ClassOK] }

// Failed is how many attempts were not.
func (t *Traffic) Failed() (n int) {
	for class, attempts := range t.Attempts {
		if class != ClassOK {
			n += attempts
		}
	}
	return n
}

// Rate is the part of the attempts that succeeded, from 0 to 1; false when there
// was none.
func (t *Traffic) Rate() (float64, bool) {
	good, bad := t.Succeeded(), t.Failed()
	if good+bad == 0 {
		return 0, false
	}
	return float64(good) / float64(good+bad), true
}

// Add counts attempts of a class, some of which ended their deliveries.
func (t *Traffic) Add(class Class, attempts, ended int) {
	if t.Attempts == nil {
		t.Attempts = map[Class]int{}
	}
	t.Attempts[class] += attempts
	if class == ClassOK {
		t.Delivered += ended
	} else {
		t.GivenUp += ended
	}
}

// DayTraffic is the traffic of 24 hours, oldest first. The hours are not those of
// the clock: the last one ends with the present minute.
type DayTraffic [24]Traffic

// LastHour is the traffic of the last 60 minutes.
func (d *DayTraffic) LastHour() *Traffic { return &d[len(d)-1] }

// Sum is the traffic of the whole day.
func (d *DayTraffic) Sum() *Traffic {
	sum := &Traffic{Start: d[0].Start}
	for i := range d {
		for class, attempts := range d[i].Attempts {
			sum.Add(class, attempts, 0)
		}
		sum.Delivered += d[i].Delivered
		sum.GivenUp += d[i].GivenUp
	}
	return sum
}

// Failure is an attempt that failed, in short.
type Failure struct {
	At     time.Time // when it ended
	Class  Class
	Status int    // HTTP status; 0 when none came
	Error  string // a sentence
}

// Hint says what to do about it.
func (f *Failure) Hint() string { return Hint(&Attempt{Class: f.Class, Status: f.Status}) }

// EndpointHealth says how an endpoint fares.
type EndpointHealth struct {
	Endpoint    Endpoint
	LastSuccess time.Time // zero: never
	LastFailure *Failure  // nil: never
	Failures    int       // attempts that failed since one succeeded
	Traffic     DayTraffic
	Pending     int       // deliveries that it is owed, at most MaxTotal; held when it is not active
	OldestDue   time.Time // when the first of them is due; zero: nothing is owed
	Rest        Rest
}

// Overview says what an account has to do, and how its deliveries fare.
type Overview struct {
	Unfinished int // tasks, at most MaxTotal
	Pending    int // deliveries, at most MaxTotal
	Traffic    DayTraffic
}
