package crash

import (
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

// TestAccountsOfFaults plants what the judge is to find of faults that are no kills.
// All requests are of one event, to two nodes that live through it: others may take
// what the first has from second 10 on, and it is stopped from second 60 to 80. The
// clock of the second is an hour ahead from some time on.
func TestAccountsOfFaults(t *testing.T) {
	t.Parallel()
	zero := time.Now().Truncate(time.Second)
	at := func(seconds float64) time.Time { return zero.Add(time.Duration(seconds * float64(time.Second))) }
	lives := []life{
		{From: at(0), Open: true, Lapses: []time.Time{at(10), at(60)}, Frozen: []span{{at(60), at(80)}}},
		{From: at(0), Node: 1, Open: true, Clocks: []time.Duration{0, time.Hour}},
	}
	got := func(node int, seconds float64) *receipt {
		return &receipt{Path: configuredPath, ID: "evt_1", At: at(seconds), Answered: at(seconds), Timestamp: at(seconds).Truncate(time.Second), Status: 200, node: node}
	}
	listed := func(seconds float64, status int) client.Attempt {
		return client.Attempt{StartedAt: at(seconds).Add(-time.Millisecond), DurationMS: 2, StatusCode: status}
	}
	const hour = 3600
	tests := map[string]struct {
		receipts []*receipt
		attempts []client.Attempt
		want     string // rules, in order
		twice    int
	}{
		"by an owner that was then cut off": {[]*receipt{got(0, 9.9), got(1, 12)}, []client.Attempt{listed(12, 200)}, "", 1},
		"by one whose lease has ended":      {[]*receipt{got(0, 26), got(1, 13)}, []client.Attempt{listed(13, 200)}, "L8", 1},
		"by one that goes on":               {[]*receipt{got(1, 77), got(0, 80.5)}, []client.Attempt{listed(77, 200)}, "", 1},
		"by one that went on long ago":      {[]*receipt{got(1, 77), got(0, 85)}, []client.Attempt{listed(77, 200)}, "L8", 1},
		"by one that nothing happened to":   {[]*receipt{got(1, 1), got(1, 2)}, []client.Attempt{listed(2, 200)}, "L8", 1},
		"recorded, and sent again":          {[]*receipt{got(1, 1), got(1, 2)}, []client.Attempt{listed(1, 200), listed(2, 200)}, "L4", 1},
		"sent again after a lost answer":    {[]*receipt{got(1, 1), got(1, 2)}, []client.Attempt{listed(1, 0), listed(2, 200)}, "", 1},
		"by a clock that is ahead":          {[]*receipt{got(1, 2)}, []client.Attempt{listed(2+hour, 200)}, "", 0},
		"by a clock that none had":          {[]*receipt{got(1, 2)}, []client.Attempt{listed(2-hour, 200)}, "L8", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := client.Delivery{ID: "dlv_1", State: "delivered", Attempts: len(tt.attempts)}
			f := &facts{lives: lives, step: clockStep, receipts: tt.receipts, byTarget: map[target]*owed{
				{configuredPath, "evt_1"}: {deliveries: []client.Delivery{d}, receipts: slices.Clone(tt.receipts)}}}
			f.attribute()
			v := &Verdict{}
			f.judgeAccounts(v, map[string][]client.Attempt{"dlv_1": tt.attempts})
			if found := v.rules(); found != tt.want || v.Duplicates != tt.twice {
				t.Errorf("the judge finds %q and %d duplicates, want %q and %d: %q", found, v.Duplicates, tt.want, tt.twice, v.Violations)
			}
		})
	}
}

// TestLapseBound plants one request more than can be under way when a server is cut
// off.
func TestLapseBound(t *testing.T) {
	t.Parallel()
	now := time.Now()
	f := &facts{lives: []life{{Open: true, Lapses: []time.Time{now}}}}
	for range slots {
		f.receipts = append(f.receipts, &receipt{At: now}, &receipt{At: now.Add(2 * underWay)})
	}
	v := &Verdict{}
	if f.judgeLapses(v); len(v.Violations) > 0 {
		t.Errorf("%q", v.Violations)
	}
	f.receipts = append(f.receipts, &receipt{At: now.Add(2 * underWay)})
	if f.judgeLapses(v); v.rules() != "L4" {
		t.Errorf("one too many is found as %q", v.Violations)
	}
}

// TestSkew plants timestamps of wrong clocks, and one that is old.
func TestSkew(t *testing.T) {
	t.Parallel()
	now := time.Now()
	lives := []life{{From: now.Add(-time.Hour), Clocks: []time.Duration{-time.Hour, 0}}}
	for off, want := range map[time.Duration]time.Duration{0: 0, -time.Hour: 0, time.Hour: time.Hour, -10 * time.Minute: -10 * time.Minute} {
		r := &receipt{At: now, Timestamp: now.Add(off)}
		f := &facts{lives: lives, receipts: []*receipt{r}}
		if f.attribute(); r.Timestamp.Sub(now) != want {
			t.Errorf("a timestamp that is off by %s counts as off by %s, want %s", off, r.Timestamp.Sub(now), want)
		}
	}
}

// TestUnremarkable holds that what is odd in any way is looked at.
func TestUnremarkable(t *testing.T) {
	t.Parallel()
	k := target{volumePath + "1", "evt_1"}
	plain := func() *owed {
		return &owed{deliveries: []client.Delivery{{State: "delivered", Attempts: 1}}, receipts: []*receipt{{Status: 200}}}
	}
	if !plain().unremarkable(k) {
		t.Error("the attempts of what is plain are read")
	}
	for name, spoil := range map[string]func(*owed){
		"a further request":  func(o *owed) { o.receipts = append(o.receipts, o.receipts...) },
		"a further delivery": func(o *owed) { o.deliveries = append(o.deliveries, o.deliveries...) },
		"a refusal":          func(o *owed) { o.receipts[0].Status = 500 },
		"no request":         func(o *owed) { o.receipts = nil },
		"a further attempt":  func(o *owed) { o.deliveries[0].Attempts = 2 },
		"another state":      func(o *owed) { o.deliveries[0].State = "failed" },
	} {
		o := plain()
		if spoil(o); o.unremarkable(k) {
			t.Errorf("with %s the attempts are not read", name)
		}
	}
}
