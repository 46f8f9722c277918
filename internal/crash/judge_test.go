package crash

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

// TestAccounts plants what the judge is to find. A server lives for a second each;
// the first was killed, the second stopped, the third is the last.
func TestAccounts(t *testing.T) {
	t.Parallel()
	zero := time.Now().Truncate(time.Second)
	at := func(seconds float64) time.Time { return zero.Add(time.Duration(seconds * float64(time.Second))) }
	got := func(seconds float64, status int) *receipt {
		return &receipt{Path: configuredPath, ID: "evt_1", At: at(seconds), Answered: at(seconds), Status: status, life: int(seconds)}
	}
	listed := func(seconds float64, status int) client.Attempt {
		return client.Attempt{StartedAt: at(seconds).Add(-time.Millisecond), DurationMS: 2, StatusCode: status}
	}
	tests := map[string]struct {
		state    string
		receipts []*receipt
		attempts []client.Attempt
		want     string // rules, in order
	}{
		"once":                          {"delivered", []*receipt{got(0, 200)}, []client.Attempt{listed(0, 200)}, ""},
		"refused first":                 {"delivered", []*receipt{got(0, 500), got(0.1, 200)}, []client.Attempt{listed(0, 500), listed(0.1, 200)}, ""},
		"twice, with a kill in between": {"delivered", []*receipt{got(0.9, 200), got(1.1, 200)}, []client.Attempt{listed(1.1, 200)}, ""},
		"twice in one life":             {"delivered", []*receipt{got(0.1, 200), got(0.2, 200), got(2, 200)}, []client.Attempt{listed(2, 200)}, "L4"},
		"again after it was recorded":   {"delivered", []*receipt{got(0.1, 200), got(1, 200)}, []client.Attempt{listed(0.1, 200), listed(1, 200)}, "L4"},
		"lost by a graceful stop":       {"delivered", []*receipt{got(1.5, 200), got(2, 200)}, []client.Attempt{listed(2, 200)}, "L8"},
		"lost without any end":          {"delivered", []*receipt{got(2.1, 500), got(2.2, 200)}, []client.Attempt{listed(2.2, 200)}, "L8"},
		"listed and never made":         {"delivered", []*receipt{got(0.1, 200)}, []client.Attempt{listed(0.1, 200), listed(0.5, 500)}, "L8"},
		"listed with another answer":    {"delivered", []*receipt{got(0.1, 500)}, []client.Attempt{listed(0.1, 200)}, "L8"},
		"under way when deleted":        {"cancelled", []*receipt{got(1.5, 200)}, nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := client.Delivery{ID: "dlv_1", State: tt.state, Attempts: len(tt.attempts)}
			f := &facts{lives: []life{{}, {Stopped: true}, {Open: true}}, step: clockStep, receipts: tt.receipts, byTarget: map[target]*owed{
				{configuredPath, "evt_1"}: {deliveries: []client.Delivery{d}, receipts: slices.Clone(tt.receipts)}}}
			v := &Verdict{}
			f.judgeAccounts(v, map[string][]client.Attempt{"dlv_1": tt.attempts})
			if found := v.rules(); found != tt.want {
				t.Errorf("the judge finds %q, want %q: %q", found, tt.want, v.Violations)
			}
		})
	}
}

// TestReplays plants what the judge is to find of replays of many deliveries.
func TestReplays(t *testing.T) {
	t.Parallel()
	made := func(replay, of string) client.Delivery { return client.Delivery{ReplayID: replay, ReplayOf: of} }
	tests := map[string]struct {
		list       []client.Replay
		deliveries []client.Delivery
		asked      map[string]*job
		want       string
	}{
		"as asked":                 {[]client.Replay{{ID: "a", State: "completed", Created: 2}}, []client.Delivery{made("a", "1"), made("a", "2")}, map[string]*job{"a": {}}, ""},
		"cancelled as asked":       {[]client.Replay{{ID: "a", State: "cancelled"}}, nil, map[string]*job{"a": {cancelled: true}}, ""},
		"cancelled by itself":      {[]client.Replay{{ID: "a", State: "cancelled"}}, nil, map[string]*job{"a": {}}, "L1"},
		"never ended":              {[]client.Replay{{ID: "a", State: "running"}}, nil, map[string]*job{"a": {}}, "L1"},
		"lost":                     {nil, nil, map[string]*job{"a": {}}, "L1"},
		"asked for by nobody":      {[]client.Replay{{ID: "a", State: "completed"}}, nil, nil, "L2"},
		"made by an unknown one":   {nil, []client.Delivery{made("a", "1")}, nil, "L2"},
		"one delivery, twice":      {[]client.Replay{{ID: "a", State: "completed", Created: 2}}, []client.Delivery{made("a", "1"), made("a", "1")}, map[string]*job{"a": {}}, "L4"},
		"more than it says":        {[]client.Replay{{ID: "a", State: "completed", Created: 1}}, []client.Delivery{made("a", "1"), made("a", "2")}, map[string]*job{"a": {}}, "L8"},
		"of one delivery, by each": {[]client.Replay{{ID: "a", State: "completed", Created: 1}, {ID: "b", State: "completed", Created: 1}}, []client.Delivery{made("a", "1"), made("b", "1")}, map[string]*job{"a": {}, "b": {}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, v := &facts{clientLedger: &clientLedger{jobs: tt.asked}, deliveries: tt.deliveries}, &Verdict{}
			f.judgeReplays(v, tt.list)
			if found := v.rules(); found != tt.want {
				t.Errorf("the judge finds %q, want %q: %q", found, tt.want, v.Violations)
			}
		})
	}
}

// TestKillBound plants one request more than can have been under way when the last
// outcome was handed over.
func TestKillBound(t *testing.T) {
	t.Parallel()
	now := time.Now()
	f := &facts{lives: []life{{}, {}}}
	for range slots - 1 {
		f.receipts = append(f.receipts, &receipt{At: now})
	}
	f.receipts = append(f.receipts, &receipt{At: now, Answered: now.Add(time.Second), recorded: true},
		&receipt{At: now.Add(2 * time.Second)}) // since then, so it is none of them
	v := &Verdict{}
	if f.judgeKills(v); len(v.Violations) > 0 || v.MostAtOne != slots {
		t.Errorf("%d requests are in doubt: %q", v.MostAtOne, v.Violations)
	}
	f.receipts = append(f.receipts, &receipt{At: now})
	if f.judgeKills(v); v.rules() != "L4" {
		t.Errorf("one too many is found as %q", v.Violations)
	}
}

// TestWindowBound plants one request more than a server may have answered before it has
// recorded anything.
func TestWindowBound(t *testing.T) {
	t.Parallel()
	f, v := &facts{lives: []life{{}, {}}}, &Verdict{}
	for range slots + firstWindow {
		f.receipts = append(f.receipts, &receipt{life: 1, At: time.Now()})
	}
	if f.judgeKills(v); len(v.Violations) > 0 {
		t.Errorf("as many as may be: %q", v.Violations)
	}
	f.receipts = append(f.receipts, &receipt{life: 1, At: time.Now()})
	if f.judgeKills(v); v.rules() != "L4" {
		t.Errorf("one too many is found as %q", v.Violations)
	}
}

// rules lists the rules that were broken.
func (v *Verdict) rules() string {
	var rules []string
	for _, violation := range v.Violations {
		rule, _, _ := strings.Cut(violation, ":")
		rules = append(rules, rule)
	}
	slices.Sort(rules)
	return strings.Join(slices.Compact(rules), " ")
}
