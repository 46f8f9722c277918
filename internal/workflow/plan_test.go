package workflow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// graph returns a definition of steps that are written "c:a,b" for one that needs
// a and b; "c!2" may be tried again twice, "c@5" may take 5 seconds.
func graph(onContinue bool, steps ...string) *Definition {
	d := &Definition{Continue: onContinue}
	for _, text := range steps {
		name, needs, _ := strings.Cut(text, ":")
		s := Step{ID: name[:1]}
		if _, n, ok := strings.Cut(name, "!"); ok {
			s.Retries = int(n[0] - '0')
		}
		if _, n, ok := strings.Cut(name, "@"); ok {
			s.Timeout = time.Duration(n[0]-'0') * time.Second
		}
		if needs != "" {
			s.Needs = strings.Split(needs, ",")
		}
		d.Steps = append(d.Steps, s)
	}
	return d
}

// standing returns steps by one letter each: w(aiting), r(unning), s(ucceeded),
// f(ailed once), F (failed twice), u(nknown whether it was submitted), x (no task
// could be made), c(ancelled). All
// tries began 5 seconds ago and ended a second ago.
func standing(d *Definition, letters string, now time.Time) []taskhook.ExecutionStep {
	steps := make([]taskhook.ExecutionStep, len(d.Steps))
	for i, letter := range letters {
		s := taskhook.ExecutionStep{ID: d.Steps[i].ID, Tries: 1, TaskID: "task_1", StartedAt: now.Add(-5 * time.Second), FinishedAt: now.Add(-time.Second)}
		switch letter {
		case 'w':
			s = taskhook.ExecutionStep{ID: s.ID, State: taskhook.StepWaiting}
		case 'r':
			s.State, s.FinishedAt = taskhook.StepRunning, time.Time{}
		case 's':
			s.State = taskhook.StepSucceeded
		case 'f':
			s.State = taskhook.StepFailed
		case 'F':
			s.State, s.Tries = taskhook.StepFailed, 2
		case 'u':
			s.State, s.Error = taskhook.StepFailed, &taskhook.TaskError{Code: taskhook.TaskErrorSubmissionUnknown}
		case 'x':
			s.State, s.TaskID = taskhook.StepFailed, ""
		case 'c':
			s.State = taskhook.StepCancelled
		}
		steps[i] = s
	}
	return steps
}

func (p plan) String() string {
	text := fmt.Sprintf("start %v", p.start)
	if p.end != "" {
		text = string(p.end)
	}
	if len(p.failed) > 0 {
		text += fmt.Sprintf(" by %v", p.failed)
	}
	if len(p.late) > 0 {
		text += fmt.Sprintf(" late %v", p.late)
	}
	return text
}

func TestPlan(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	chain, diamond := []string{"a", "b:a", "c:b"}, []string{"a", "b:a", "c:a", "d:b,c"}
	for _, test := range []struct {
		steps      []string
		onContinue bool
		stand      string
		want       string
		next       time.Duration // from now; 0: none
	}{
		{chain, false, "www", "start [0]", 0},
		{chain, false, "rww", "start []", 0},
		{chain, false, "sww", "start [1]", 0},
		{chain, false, "ssr", "start []", 0},
		{chain, false, "sss", "completed", 0},
		{chain, false, "sfw", "failed by [b]", 0},
		{chain, true, "sfw", "failed by [b]", 0},
		{chain, false, "scw", "failed by [b]", 0},
		{diamond, false, "swww", "start [1 2]", 0},
		{diamond, false, "srsw", "start []", 0},
		{diamond, false, "sssw", "start [3]", 0},
		{diamond, false, "sfrw", "failed by [b]", 0},
		{diamond, true, "sfrw", "start [] by [b]", 0},
		{diamond, true, "sfww", "start [2] by [b]", 0},
		{diamond, true, "sfsw", "failed by [b]", 0},
		{diamond, true, "sffw", "failed by [b c]", 0},
		{[]string{"a!1", "b:a"}, false, "fw", "start [0]", 0},
		{[]string{"a!1", "b:a"}, false, "Fw", "failed by [a]", 0},
		{[]string{"a!2", "b:a"}, false, "Fw", "start []", time.Second},
		{[]string{"a!2", "b:a"}, false, "xw", "failed by [a]", 0},
		{[]string{"a!2", "b:a"}, false, "uw", "failed by [a]", 0},
		{[]string{"a!2", "b:a"}, false, "cw", "failed by [a]", 0},
		{[]string{"a@5"}, false, "r", "start [] late [0]", 0},
		{[]string{"a@6"}, false, "r", "start []", time.Second},
		{[]string{"a@6"}, false, "w", "start [0]", 6 * time.Second},
		{[]string{"a@9", "b@7"}, false, "rr", "start []", 2 * time.Second},
		{[]string{"a@5", "b:a"}, true, "sw", "start [1]", 0},
	} {
		d := graph(test.onContinue, test.steps...)
		p := d.plan(standing(d, test.stand, now), now)
		next := time.Duration(0)
		if !p.next.IsZero() {
			next = p.next.Sub(now)
		}
		if got := p.String(); got != test.want || next != test.next {
			t.Errorf("%v %s continue=%t: %s, next in %s; want %s, %s", test.steps, test.stand, test.onContinue, got, next, test.want, test.next)
		}
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 11: time.Minute} {
		if got := pause(tries); got != want {
			t.Errorf("after try %d: %s, want %s", tries, got, want)
		}
	}
}

// TestRandomGraphs runs random graphs whose steps fail at random, and wants every
// step to start after all that it needs, no more often than it may, and the whole
// to end as its steps did.
func TestRandomGraphs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := &Definition{Continue: r.IntN(2) == 0}
		for i := range 1 + r.IntN(12) {
			s := Step{ID: fmt.Sprint("s", i), Retries: r.IntN(3)}
			for j := range i {
				if r.IntN(4) == 0 {
					s.Needs = append(s.Needs, d.Steps[j].ID)
				}
			}
			d.Steps = append(d.Steps, s)
		}
		if err := runGraph(d, r); err != nil {
			t.Fatalf("seed %d, %+v: %v", seed, d.Steps, err)
		}
	}
}

func runGraph(d *Definition, r *rand.Rand) error {
	now := time.Unix(1_800_000_000, 0)
	steps := standing(d, strings.Repeat("w", len(d.Steps)), now)
	failing := r.IntN(3) == 0
	for range 1000 {
		p := d.plan(steps, now)
		if p.end != "" {
			return endOfGraph(d, steps, p)
		}
		for _, i := range p.start {
			s := &steps[i]
			if s.State == taskhook.StepRunning || s.State == taskhook.StepSucceeded || s.Tries > d.Steps[i].Retries || !d.ready(steps, i) {
				return fmt.Errorf("%s is started when it stands at %+v", s.ID, *s)
			}
			s.State, s.TaskID, s.StartedAt = taskhook.StepRunning, "task_1", now
			s.Tries++
		}
		running := slices.Collect(func(yield func(int) bool) {
			for i := range steps {
				if steps[i].State == taskhook.StepRunning && !yield(i) {
					return
				}
			}
		})
		if len(running) == 0 {
			if !p.next.After(now) {
				return fmt.Errorf("nothing goes on, and nothing is waited for: %+v", steps)
			}
			now = p.next
			continue
		}
		s := &steps[running[r.IntN(len(running))]]
		now = now.Add(time.Second)
		s.State, s.FinishedAt = taskhook.StepSucceeded, now
		if failing && r.IntN(3) == 0 {
			s.State = taskhook.StepFailed
		}
	}
	return fmt.Errorf("it never ends: %+v", steps)
}

// endOfGraph checks how a graph ended against its steps.
func endOfGraph(d *Definition, steps []taskhook.ExecutionStep, p plan) error {
	blocked := d.blocked(steps)
	for i, s := range steps {
		switch {
		case p.end == taskhook.ExecutionCompleted && s.State != taskhook.StepSucceeded:
			return fmt.Errorf("completed, but %s is %s", s.ID, s.State)
		case p.end == taskhook.ExecutionFailed && d.Continue && s.State != taskhook.StepSucceeded && !d.spent(steps, i) && !blocked[i]:
			return fmt.Errorf("failed, but %s is %s and could go on", s.ID, s.State)
		}
	}
	if (p.end == taskhook.ExecutionFailed) != (len(p.failed) > 0) {
		return fmt.Errorf("%s by %v", p.end, p.failed)
	}
	return nil
}
