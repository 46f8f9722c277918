package task

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// Vendors knows how those who run models have done of late, as far as this process
// was there, and chooses between those of one model.
type Vendors struct {
	mu    sync.Mutex
	known map[string]*vendor // by adapter
	room  func(adapter string) bool
}

// vendor is how one of them has done. The zero value knows nothing.
type vendor struct {
	rests  time.Time // until then it is not asked while another may be
	misses int       // since it has last taken work on
	faults float64   // what is long ago counts little
	noted  time.Time // when faults was counted
}

// NewVendors returns a Vendors that has heard of nobody.
func NewVendors() *Vendors {
	return &Vendors{known: map[string]*vendor{}, room: func(string) bool { return true }}
}

// The bounds of how long a vendor rests that could not be reached, or whose answers are
// not clear.
const (
	minRest = time.Second
	maxRest = 5 * time.Minute
)

// faultLife is the time in which a fault comes to count half.
const faultLife = 10 * time.Minute

// complain notes that work which was taken on has come to nothing.
func (v *Vendors) complain(adapter string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.of(adapter)
	s.faults, s.noted = s.recent(now)+1, now
}

// of returns how a vendor has done; it is called with the lock held.
func (v *Vendors) of(adapter string) *vendor {
	s := v.known[adapter]
	if s == nil {
		s = &vendor{}
		v.known[adapter] = s
	}
	return s
}

// note takes in what became of asking a vendor; nil: it has taken the work on.
func (v *Vendors) note(adapter string, now time.Time, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.of(adapter)
	if busy, ok := errors.AsType[*provider.Refused](err); ok {
		s.rests = now.Add(min(max(busy.After, minRefusal), maxRefusal))
		return
	}
	_, unreached := errors.AsType[*provider.Unreached](err)
	if err == nil || !unreached && !isUnclear(err) {
		s.misses, s.rests = 0, time.Time{}
	}
	if err == nil {
		return
	}
	s.faults, s.noted = s.recent(now)+1, now
	if unreached || isUnclear(err) {
		s.rests = now.Add(min(minRest<<min(s.misses, 16), maxRest))
		s.misses++
	}
}

// recent is how much there was to complain of, of late.
func (s *vendor) recent(now time.Time) float64 {
	return s.faults * math.Exp2(-float64(now.Sub(s.noted))/float64(faultLife))
}

// rests returns how long the vendor is better left alone, in whole milliseconds: those
// are what a run's time is kept in, and one that is due a part of one too early would be
// taken on and given back until that is over.
func (v *Vendors) rests(adapter string, now time.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.known[adapter]; s != nil {
		return max(0, s.rests.Sub(now)+time.Millisecond-1).Truncate(time.Millisecond)
	}
	return 0
}

// rank is where a vendor stands in a choice; less is better.
type rank struct {
	adapter string
	rests   time.Duration
	full    bool
	by      float64 // what the model's Choice looks at
}

func compareRanks(a, b rank) int {
	return cmp.Or(cmp.Compare(a.rests, b.rests), compareFlags(a.full, b.full), cmp.Compare(a.by, b.by))
}

func compareFlags(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// choose returns which vendor of the model is to be asked, and in how long; refused has
// those that are out of the question. Empty: nobody.
func (v *Vendors) choose(m *catalogue.Model, refused string, now time.Time) (adapter string, in time.Duration) {
	var ranks []rank
	out := strings.Fields(refused)
	for _, s := range m.Vendors {
		if slices.Contains(out, s.Adapter) {
			continue
		}
		r := rank{adapter: s.Adapter, rests: v.rests(s.Adapter, now), full: !v.room(s.Adapter)}
		switch m.Choose {
		case catalogue.ChoosePrice:
			r.by = float64(s.Price)
		case catalogue.ChooseHealth:
			r.by = v.faults(s.Adapter, now)
		}
		ranks = append(ranks, r)
	}
	if len(ranks) == 0 {
		return "", 0
	}
	slices.SortStableFunc(ranks, compareRanks)
	return ranks[0].adapter, ranks[0].rests
}

func (v *Vendors) faults(adapter string, now time.Time) float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.known[adapter]; s != nil {
		return s.recent(now)
	}
	return 0
}

// judge has the vendors' reputation take in how a call has ended.
func (x *execution) judge(err error) {
	v, name, now := x.worker.Vendors, x.claimed.Run.Adapter, x.worker.Now()
	switch taken := x.claimed.Run.Handle != ""; {
	case !taken:
		v.note(name, now, err)
	case provider.IsPermanent(err):
		v.complain(name, now)
	}
}

// resting is the refusal of a run that its vendor is better not asked for now, as
// others may be; nil: it is asked.
func (x *execution) resting(now time.Time) error {
	model := x.choice()
	if model == nil {
		return nil
	}
	rest := x.worker.Vendors.rests(x.claimed.Run.Adapter, now)
	if rest == 0 {
		return nil
	}
	return &provider.Refused{After: rest, Err: errors.New("the vendor rests: it was busy, or could not be reached")}
}

// choice returns the model of a run that may go to another vendor, else nil. Work that
// was taken on, or may have been, stays where it is.
func (x *execution) choice() *catalogue.Model {
	k := &x.claimed.Task
	if x.claimed.Run.Handle != "" || x.doubtful || k.Sandbox {
		return nil
	}
	model, err := x.worker.Catalogue.Lookup(k.Provider, k.Capability, k.Model)
	if err != nil || !slices.ContainsFunc(model.Vendors, x.mayGoTo) {
		return nil
	}
	return model
}

// mayGoTo reports whether a vendor of the run's model is another one, that asks for
// work itself, and of somebody.
func (x *execution) mayGoTo(v catalogue.Vendor) bool {
	_, pulled := catalogue.Pool(v.Adapter)
	return v.Adapter != x.claimed.Run.Adapter && v.Adapter != catalogue.Sandbox && !pulled
}

// elsewhere has a run that its vendor has certainly not taken on go to another, or to
// the same one when that is the first to be of use again. It reports in how long, and
// false when nobody is left.
func (x *execution) elsewhere(now time.Time, err error) (in time.Duration, uncounted, ok bool) {
	model := x.choice()
	if model == nil || !provider.Untaken(err) {
		return 0, false, false
	}
	run := x.claimed.Run
	_, busy := errors.AsType[*provider.Refused](err)
	_, unreached := errors.AsType[*provider.Unreached](err)
	switch {
	case busy && x.impatient(now):
		return 0, false, false
	case unreached && x.claimed.Claims >= maxTries*len(model.Vendors):
		return 0, false, false
	case !busy && !unreached:
		run.Refused = strings.TrimSpace(run.Refused + " " + run.Adapter)
	}
	run.Adapter, in = x.worker.Vendors.choose(model, run.Refused, now)
	if run.Adapter == "" {
		return 0, false, false
	}
	if from := x.claimed.Run.Adapter; from != run.Adapter {
		x.worker.Logger.Info("run goes to another vendor", "task", run.TaskID, "run", run.ID, "from", from, "to", run.Adapter, "because", err)
	}
	x.claimed.Run.Adapter, x.claimed.Run.Refused = run.Adapter, run.Refused // the rest of it others read meanwhile
	return in, !unreached, true
}
