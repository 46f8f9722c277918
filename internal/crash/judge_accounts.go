package crash

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/taskhook/taskhook/client"
)

// judgeAccounts is L8, and L4 with it: each attempt that the server lists is one
// request at the receiver, and a request that it does not list was under way when
// a server was killed. Only such a one is made again after an acceptance.
func (f *facts) judgeAccounts(v *Verdict, attempts map[string][]client.Attempt) {
	for k, o := range f.byTarget {
		if settled := o.match(v, k, attempts, f); settled {
			f.judgeTarget(v, k, o)
			continue
		}
		for _, r := range o.receipts {
			r.excused = true
		}
	}
	f.judgeKills(v)
	f.judgeLapses(v)
}

// readers is how many requests for attempts are made at a time.
const readers = 4

// sample is one in how many of the unremarkable targets the attempts are read all the
// same.
const sample = 20

// unremarkable reports whether a target of the volume got one request, which it
// accepted, and the server says just that without listing it.
func (o *owed) unremarkable(k target) bool {
	return strings.HasPrefix(k.path, volumePath) && len(o.deliveries) == 1 && len(o.receipts) == 1 && len(o.accepted()) == 1 &&
		o.deliveries[0].State == "delivered" && o.deliveries[0].Attempts == 1
}

// attempts reads the attempts of all deliveries whose receiver got something, but of
// the unremarkable ones only of some.
func (f *facts) attempts(ctx context.Context, c *client.Client) (map[string][]client.Attempt, error) {
	list := make([][]client.Attempt, len(f.deliveries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, d := range f.deliveries {
		if k := targetOf(d); d.Attempts == 0 || rand.IntN(sample) > 0 && f.owed(k).unremarkable(k) {
			continue
		}
		group.Go(func() (err error) {
			list[i], err = c.Attempts(ctx, d.ID)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	byDelivery := make(map[string][]client.Attempt, len(f.deliveries))
	for i, d := range f.deliveries {
		if list[i] != nil {
			byDelivery[d.ID] = list[i]
		}
	}
	return byDelivery, nil
}

// By how much the times that a server shows can be off: the start of an attempt is read
// from two clocks, one for when it was and one for how long it took, between which a
// busy machine may let others work; and where the times are the database's, what the
// way there takes is guessed.
const (
	clockStep    = 200 * time.Millisecond
	databaseStep = 600 * time.Millisecond
)

// match finds the request of each attempt that was answered. Settled is false when
// a deletion has cut the target's deliveries short, so that attempts under way were
// not recorded.
func (o *owed) match(v *Verdict, k target, attempts map[string][]client.Attempt, f *facts) (settled bool) {
	if o.unremarkable(k) && attempts[o.deliveries[0].ID] == nil {
		o.receipts[0].recorded = true
		return true
	}
	var all []client.Attempt
	settled = true
	for _, d := range o.deliveries {
		list := attempts[d.ID]
		if len(list) != d.Attempts {
			v.violate("L8", "delivery %s counts %d attempts and lists %d", d.ID, d.Attempts, len(list))
		}
		all = append(all, list...)
		settled = settled && d.State != "cancelled"
	}
	end := func(a client.Attempt) time.Time {
		return a.StartedAt.Add(time.Duration(a.DurationMS)*time.Millisecond + f.step)
	}
	slices.SortFunc(all, func(a, b client.Attempt) int { return end(a).Compare(end(b)) })
	slices.SortFunc(o.receipts, func(a, b *receipt) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Status, b.Status)) })
	// find returns the request of an attempt: that which came soonest after its start.
	find := func(a client.Attempt, status func(int) bool) (found *receipt) {
		least := time.Duration(math.MaxInt64)
		for _, r := range o.receipts {
			for _, off := range f.lives[r.life].clocks() {
				at := r.At.Add(off)
				if far := at.Sub(a.StartedAt).Abs(); !r.recorded && status(r.Status) && far < least && !at.Before(a.StartedAt.Add(-f.step)) && !at.After(end(a)) {
					found, least = r, far
				}
			}
		}
		return found
	}
	for _, a := range all {
		if a.StatusCode == 0 {
			continue
		}
		if r := find(a, func(status int) bool { return status == a.StatusCode }); r != nil {
			r.recorded = true
			continue
		}
		v.violate("L8", "the server lists an attempt at %s of %s with status %d, which did not reach %s: %s", a.StartedAt, k.id, a.StatusCode, k.path, o)
	}
	for _, a := range all { // an answer can be lost on its way
		if a.StatusCode == 0 {
			if r := find(a, func(int) bool { return true }); r != nil {
				r.recorded, r.unlearnt = true, true
			}
		}
	}
	return settled
}

// judgeTarget looks at the requests of one event to one receiver that are not
// listed: no delivery has two in one life, and none in a life without a kill.
func (f *facts) judgeTarget(v *Verdict, k target, o *owed) {
	unrecorded := map[int]int{} // by life
	doubtful := 0               // acceptances that the server did not learn of
	for _, r := range o.receipts {
		if r.unlearnt && r.Status == http.StatusOK {
			doubtful++
		}
		if r.recorded {
			continue
		}
		v.Unrecorded++
		unrecorded[r.life]++
		if r.Status == http.StatusOK {
			doubtful++
		}
		if !f.lives[r.life].excuses(r) {
			v.violate("L8", "a request of %s to %s is not listed, though its server was not killed: %s%s", k.id, k.path, o, &f.lives[r.life])
		}
	}
	for life, n := range unrecorded {
		if n > len(o.deliveries) {
			v.violate("L4", "%d requests of %s to %s in life %d are not listed, of %d deliveries: %s", n, k.id, k.path, life, len(o.deliveries), o)
		}
	}
	delivered := 0
	for _, d := range o.deliveries {
		if d.State == "delivered" {
			delivered++
		}
	}
	accepted := len(o.accepted())
	if accepted > delivered+doubtful {
		v.violate("L4", "%s was accepted %d times at %s: %d deliveries are delivered, and the server did not learn of %d acceptances",
			k.id, accepted, k.path, delivered, doubtful)
	}
	v.Duplicates += max(accepted-len(o.deliveries), 0)
}

// String lists the requests, for whoever looks into a violation.
func (o *owed) String() string {
	var b strings.Builder
	for _, r := range o.receipts {
		fmt.Fprintf(&b, "\n  life %d of node %d, %s, answered %s later with %d, listed: %t",
			r.life, r.node, r.At.Format(time.RFC3339Nano), r.Answered.Sub(r.At), r.Status, r.recorded)
	}
	return b.String()
}

// laneRoom is how many deliveries of one receiver a server holds in memory in any
// way: waiting, on their way, or being recorded.
const laneRoom = 512

// firstWindow is how many results a server gathers, at most, before it has recorded any,
// and window how many at any time; as many as it has slots may be under way besides.
const (
	firstWindow = 64
	window      = 1024
)

// judgeKills bounds what one kill leaves in doubt. Outcomes are recorded in the
// order in which sends hand them over, and a send holds its slot until it has. So
// when the last outcome that was recorded was handed over, whatever had come to the
// receiver before that one was answered, and is not recorded, still held a slot. The
// others came since, no more than the memory of a lane.
func (f *facts) judgeKills(v *Verdict) {
	type lane struct {
		life int
		path string
	}
	last, lost, ofLane := make([]time.Time, len(f.lives)), make([][]*receipt, len(f.lives)), map[lane]int{}
	wrote := make([]bool, len(f.lives)) // a result, maybe one that is in no list
	for _, r := range f.passing {
		wrote[r.life] = true
	}
	for _, r := range f.receipts {
		wrote[r.life] = wrote[r.life] || r.excused || r.recorded || f.lives[r.life].Struck
		switch {
		case r.excused:
		case !r.recorded:
			lost[r.life] = append(lost[r.life], r)
			ofLane[lane{r.life, r.Path}]++
		case r.Answered.After(last[r.life]):
			last[r.life] = r.Answered
		}
	}
	for life, list := range lost {
		v.MostAtOne = max(v.MostAtOne, len(list))
		under := 0
		for _, r := range list {
			if !r.At.After(last[life]) {
				under++
			}
		}
		v.MostUnderWay = max(v.MostUnderWay, under)
		if under >= slots && !f.lives[life].Struck { // a write that fails makes way for others
			v.violate("L4", "%d requests of life %d are not listed, though one that was answered after they came is; %d can be under way",
				under, life, slots)
		}
		bound := slots + window
		if !wrote[life] {
			bound = slots + firstWindow
		}
		if len(list) > bound {
			v.violate("L4", "%d requests of life %d are not listed, of at most %d", len(list), life, bound)
		}
	}
	for l, n := range ofLane {
		if n > laneRoom {
			v.violate("L4", "%d requests to %s in life %d are not listed; a server holds %d", n, l.path, l.life, laneRoom)
		}
	}
}
