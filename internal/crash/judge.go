package crash

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

// Verdict is what the ledgers say.
type Verdict struct {
	Kills, Stops            int
	Points                  map[string]int // how often a server died at each
	Missed                  []string       // points that no server came to
	Tasks, Events, Unknown  int
	Webhooks, Keys, Files   int
	Batches, Passing        int // Passing: requests that told how far tasks were
	Deliveries, Requests    int
	Duplicates, Unrecorded  int // requests: accepted again; not recorded before a kill
	MostAtOne, MostUnderWay int // of the unrecorded at one kill: all; those that still held a slot
	SlowestStart            time.Duration
	Violations              []string // each names the rule that it breaks
}

// violate notes a broken rule; the rules are L0 the server's own end, L1 loss, L2
// invention, L3 identity, L4 duplicates, L6 results, L8 accounting, L9 answers.
func (v *Verdict) violate(rule, format string, args ...any) {
	v.Violations = append(v.Violations, rule+": "+fmt.Sprintf(format, args...))
}

// String is a summary for the log.
func (v *Verdict) String() string {
	return fmt.Sprintf(`%d kills, %d graceful stops; %d of %d points reached
%d tasks and %d events acknowledged, %d unknown; %d batches, %d webhooks, %d keys, %d files
%d requests told of progress; %d deliveries, %d requests, %d of them accepted again; %d unrecorded at kills, at most %d at one, of which at most %d of %d still held a slot
slowest start %s; violations: %v`,
		v.Kills, v.Stops, len(v.Points), len(v.Points)+len(v.Missed), v.Tasks, v.Events, v.Unknown, v.Batches, v.Webhooks, v.Keys, v.Files,
		v.Passing, v.Deliveries, v.Requests, v.Duplicates, v.Unrecorded, v.MostAtOne, v.MostUnderWay, slots, v.SlowestStart.Round(time.Millisecond), v.byRule())
}

// byRule counts the violations of each rule.
func (v *Verdict) byRule() map[string]int {
	counts := map[string]int{}
	for _, violation := range v.Violations {
		rule, _, _ := strings.Cut(violation, ":")
		counts[rule]++
	}
	return counts
}

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

// facts is what the ledgers and the server's own lists say, put together.
type facts struct {
	*clientLedger
	lives      []life
	step       time.Duration // by which times of a server can be off
	receipts   []*receipt
	passing    []*receipt // of tasks on their way
	tasks      map[string]client.Task
	deliveries []client.Delivery
	byTarget   map[target]*owed
}

// target is one event at one receiver.
type target struct{ path, id string }

// owed is what the server says and the receiver got of a target.
type owed struct {
	deliveries []client.Delivery
	receipts   []*receipt
}

// accepted returns the requests that were answered with 2xx.
func (o *owed) accepted() (list []*receipt) {
	for _, r := range o.receipts {
		if r.Status == http.StatusOK {
			list = append(list, r)
		}
	}
	return list
}

// judge waits until the server owes nothing and holds the ledgers against what it
// says.
func (t *Trial) judge(ctx context.Context) (*Verdict, error) {
	f, err := t.gather(ctx)
	if err != nil {
		return nil, err
	}
	v := &Verdict{Points: t.points, Tasks: len(f.clientLedger.tasks), Events: len(f.events), Unknown: sum(f.unknown),
		Webhooks: len(f.hooks), Keys: len(f.keys), Files: len(f.files), Deliveries: len(f.deliveries), Requests: len(f.receipts),
		Batches: len(f.batches), Passing: len(f.passing),
		SlowestStart: slices.Max(append(t.starts, 0)), Violations: f.broken}
	for _, l := range f.lives {
		switch {
		case l.Open:
		case l.Stopped:
			v.Stops++
		default:
			v.Kills++
		}
	}
	for _, point := range Points() {
		if t.points[point] == 0 {
			v.Missed = append(v.Missed, point)
		}
	}
	f.judgeLoss(v)
	f.judgeInvention(v)
	f.judgeIdentity(v, t.perJob)
	f.judgeHooks(v)
	replays, err := pages(func(p client.PageQuery) (client.Page[client.Replay], error) {
		return t.client().Replays(ctx, client.ReplayQuery{PageQuery: p})
	})
	if err != nil {
		return nil, fmt.Errorf("list replays: %w", err)
	}
	f.judgeReplays(v, replays)
	batches, err := t.batches(ctx)
	if err != nil {
		return nil, err
	}
	f.judgeBatches(v, batches)
	f.judgePassing(v)
	attempts, err := f.attempts(ctx, t.client())
	if err != nil {
		return nil, err
	}
	f.judgeAccounts(v, attempts)
	t.judgeAnswers(ctx, v, f)
	return v, nil
}

// gather waits for the server to settle and puts all facts together.
func (t *Trial) gather(ctx context.Context) (*facts, error) {
	tasks, deliveries, err := t.settle(ctx)
	if err != nil {
		return nil, err
	}
	lives := t.lives
	for _, n := range t.nodes {
		n.life.Open = true
		lives = append(lives, n.life)
	}
	f := &facts{clientLedger: t.ledger, lives: lives, step: clockStep, receipts: t.receiver.ledger.all(), tasks: map[string]client.Task{},
		deliveries: deliveries, byTarget: map[target]*owed{}}
	if t.Database != nil {
		f.step = databaseStep
	}
	for _, k := range tasks {
		f.tasks[k.ID] = k
	}
	f.openFlows(ctx, t.client())
	for _, d := range deliveries {
		o := f.owed(targetOf(d))
		o.deliveries = append(o.deliveries, d)
	}
	f.attribute()
	f.setPassingAside()
	for _, r := range f.receipts {
		o := f.owed(target{r.Path, r.ID})
		o.receipts = append(o.receipts, r)
	}
	return f, nil
}

// attribute gives each request to the last life of its node that began before, and
// finds out how wrong the clock was by which it was signed.
func (f *facts) attribute() {
	byNode := map[int][]int{}
	for i, l := range f.lives {
		byNode[l.Node] = append(byNode[l.Node], i)
	}
	for _, r := range f.receipts {
		lives := byNode[r.node]
		i := len(lives) - 1
		for i > 0 && f.lives[lives[i]].From.After(r.At) {
			i--
		}
		r.life = lives[i]
		for _, skew := range f.lives[r.life].Clocks {
			if r.Timestamp.Add(-skew).Sub(r.At).Abs() < r.Timestamp.Add(-r.skew).Sub(r.At).Abs() {
				r.skew = skew
			}
		}
		r.Timestamp = r.Timestamp.Add(-r.skew)
	}
}

func (f *facts) owed(k target) *owed {
	if f.byTarget[k] == nil {
		f.byTarget[k] = &owed{}
	}
	return f.byTarget[k]
}

func targetOf(d client.Delivery) target {
	u, err := url.Parse(d.URL)
	if err != nil {
		return target{d.URL, d.EventID}
	}
	return target{u.Path, d.EventID}
}
