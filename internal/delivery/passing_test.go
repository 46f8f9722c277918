package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

// job is a running task of which the endpoints of the account are told.
type job struct {
	*house
	run      taskhook.ClaimedRun
	node     string
	sequence int
}

func (h *house) job() *job {
	h.Helper()
	now, node := time.Now(), h.node.Lease().Node
	k := taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, now), AccountID: account, Medium: taskhook.MediumVideo,
		Input: json.RawMessage(`{}`), State: taskhook.TaskPending, CreatedAt: now}
	r := taskhook.Run{ID: taskhook.NewID(taskhook.PrefixRun, now), TaskID: k.ID, Number: 1, Adapter: "x", Submission: taskhook.SubmissionUnsent, DueAt: now}
	if _, _, err := h.store.CreateTask(h.Context(), now, k, r, nil); err != nil {
		h.Fatal(err)
	}
	runs, _, err := h.store.ClaimRuns(h.Context(), now, node, "x", "", 1)
	if err != nil {
		h.Fatal(err)
	}
	return &job{house: h, run: runs[0], node: node}
}

func (j *job) event(kind, text string) taskhook.NewEvent {
	now := time.Now()
	return taskhook.NewEvent{FanOut: true, Schedule: primarySchedule(), Event: taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, now),
		AccountID: account, Type: kind, Subject: j.run.Task.ID, Body: []byte(j.run.Task.ID + " " + text), CreatedAt: now}}
}

func (j *job) progress() {
	j.Helper()
	j.sequence++
	r := &taskhook.Report{Node: j.node, RunID: j.run.Run.ID, Sequence: j.sequence, Event: j.event(taskhook.EventTaskProgress, fmt.Sprint(j.sequence))}
	if err := j.store.Tell(j.Context(), time.Now(), []*taskhook.Report{r}); err != nil {
		j.Error(err)
	}
}

func (j *job) end() {
	j.Helper()
	k := j.run.Task
	k.State, k.FinishedAt, k.Error = taskhook.TaskFailed, time.Now(), &taskhook.TaskError{}
	e := &taskhook.RunEnd{Node: j.node, Run: j.run.Run, Task: k,
		Publication: &taskhook.Publication{Events: []taskhook.NewEvent{j.event(taskhook.EventTaskFailed, "end")}}}
	if err := j.store.FinishRun(j.Context(), k.FinishedAt, e); err != nil {
		j.Error(err)
	}
}

// got are the bodies that the receiver was sent of the job, in order.
func (j *job) got() (texts []string) {
	for _, p := range j.receiver.posts() {
		if text, ok := strings.CutPrefix(p.body, j.run.Task.ID+" "); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func (j *job) expect(want ...string) {
	j.Helper()
	if got := j.got(); !slices.Equal(got, want) {
		j.Errorf("the receiver got %q, want %q", got, want)
	}
}

// follow makes an endpoint that wants progress and ends.
func (h *house) follow() taskhook.Endpoint {
	e := h.endpoint()
	h.update(e.ID, taskhook.EndpointChange{Events: &[]string{taskhook.EventTaskProgress, "task.*"}})
	return e
}

func TestProgressIsSentAsItComes(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow()
		j := h.job()
		for range 3 {
			j.progress()
			pass(time.Second)
		}
		j.end()
		pass(time.Second)
		j.expect("1", "2", "3", "end")
	})
}

func TestLatestProgressWins(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow()
		h.receiver.set(func(ctx context.Context, p post) egress.Result { return within(ctx, 3*time.Second, ok()) })
		j := h.job()
		for range 5 {
			j.progress()
			pass(500 * time.Millisecond)
		}
		pass(5 * time.Second)
		j.expect("1", "5")
		pass(5 * time.Second)
		j.end()
		pass(5 * time.Second)
		j.expect("1", "5", "end")
	})
}

func TestEndBreaksProgressOff(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.follow()
		hung := 0
		h.receiver.set(func(ctx context.Context, p post) egress.Result {
			if strings.HasSuffix(p.body, " end") {
				return ok()
			}
			defer func() { hung++ }()
			return within(ctx, time.Hour, ok())
		})
		j := h.job()
		j.progress()
		pass(time.Second)
		j.progress()
		pass(time.Second)
		began := time.Now()
		j.end()
		pass(patience / 2)
		j.expect("1")
		pass(patience)
		j.expect("1", "end")
		if last := h.receiver.posts()[1]; last.at.Sub(began) != patience || hung != 1 {
			t.Errorf("the end was sent after %s, with %d attempts broken off", last.at.Sub(began), hung)
		}
		if d := h.deliveries(taskhook.DeliveryFilter{EndpointID: e.ID}); len(d) != 1 || d[0].State != taskhook.DeliveryDelivered {
			t.Errorf("left are %+v", d)
		}
		pass(time.Hour)
		j.expect("1", "end")
	})
}

func TestProgressIsNotRetriedOnceOver(t *testing.T) {
	for name, over := range map[string]func(j *job){"newer": (*job).progress, "end": (*job).end} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.follow()
				h.receiver.set(func(_ context.Context, p post) egress.Result {
					if strings.HasSuffix(p.body, " 1") {
						return status(500)
					}
					return ok()
				})
				j := h.job()
				j.progress()
				pass(90 * time.Second)
				j.expect("1", "1") // nothing came since, so it is tried again
				over(j)
				pass(time.Hour)
				if got := j.got(); len(got) != 3 || got[2] == "1" {
					t.Errorf("the receiver got %q", got)
				}
			})
		})
	}
}

func TestProgressIsNotReplayed(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.follow()
		h.job().progress()
		pass(time.Second)
		d := h.deliveries(taskhook.DeliveryFilter{EndpointID: e.ID})[0]
		_, err := h.service.Replay(h.Context(), account, d.ID)
		if taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("a replay ends in %v", err)
		}
	})
}

// TestProgressRacesTheEnd lets receivers be slow, fail and hang, and nodes die:
// nothing of a task's way begins to be sent once its end has.
func TestProgressRacesTheEnd(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inHouse(t, func(h *house) {
				random := rand.New(rand.NewPCG(seed, 1))
				upTo := func(d time.Duration) time.Duration { return rand.N(d) }
				h.follow()
				h.follow()
				h.receiver.set(func(ctx context.Context, p post) egress.Result {
					got := within(ctx, upTo(2*time.Second), ok())
					if got.Class == taskhook.ClassOK && rand.IntN(4) == 0 {
						return status(503)
					}
					return got
				})
				jobs := []*job{h.job(), h.job(), h.job()}
				for range 12 {
					for _, j := range jobs {
						j.progress()
					}
					pass(time.Duration(random.IntN(700)) * time.Millisecond)
				}
				for _, j := range jobs {
					go j.progress()
					j.end()
				}
				if seed%2 == 0 {
					h.crash()
					h.start()
				}
				pass(2 * time.Hour)
				synctest.Wait()
				for _, j := range jobs {
					h.ordered(j)
				}
			})
		})
	}
}

// ordered holds what each endpoint got of a job to its order.
func (h *house) ordered(j *job) {
	h.Helper()
	ended := map[string]bool{}
	for _, p := range h.receiver.posts() {
		text, ok := strings.CutPrefix(p.body, j.run.Task.ID+" ")
		switch {
		case !ok:
		case text == "end":
			ended[p.url] = true
		case ended[p.url]:
			h.Errorf("%s got %s after the end", p.url, text)
		}
	}
	if len(ended) != 2 {
		h.Errorf("%d endpoints were told of the end", len(ended))
	}
}

// TestPageBehindAPush has the end of a task come straight while a page is asked for,
// whose answer still has progress of it: that is freed instead of sent.
func TestPageBehindAPush(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := newMemory(8, totalBytes)
	l := newLane(taskhook.OwnedLane{ID: "lane_1", Epoch: 1}, "", now)
	l.target = nil // it sends nothing yet
	m.adopt(l)
	_, news := m.pages([]*lane{l})
	out := func(kind string) taskhook.Outgoing {
		return taskhook.Outgoing{Epoch: 1, Body: []byte("x"), Delivery: taskhook.Delivery{ID: kind, LaneID: l.id, EventType: kind, Subject: "task_1"}}
	}
	m.hold(l, 1)
	m.Push([]taskhook.Outgoing{out(taskhook.EventTaskCompleted)})
	m.answered(l, func() {
		m.take(l, &taskhook.LaneDue{Lane: l.id, Epoch: 1, Deliveries: []taskhook.Outgoing{out(taskhook.EventTaskProgress)}}, news[0], now)
	})
	if !l.freeing {
		t.Errorf("it would be sent: %+v", l.queue)
	}
}

// TestReplacedInPlace counts what memory holds while progress is replaced.
func TestReplacedInPlace(t *testing.T) {
	t.Parallel()
	m := newMemory(8, totalBytes)
	l := newLane(taskhook.OwnedLane{ID: "lane_1", Epoch: 1}, "", time.Now())
	l.target = nil // it sends nothing yet
	m.adopt(l)
	push := func(id, kind, subject string) {
		m.hold(l, len(id))
		m.Push([]taskhook.Outgoing{{Epoch: 1, Body: []byte(id), Delivery: taskhook.Delivery{ID: id, LaneID: l.id, EventType: kind, Subject: subject}}})
	}
	for _, step := range []struct{ id, kind, subject, want string }{
		{"a1", taskhook.EventTaskStarted, "a", "a1"},
		{"b1", taskhook.EventTaskProgress, "b", "a1 b1"},
		{"a2", taskhook.EventTaskProgress, "a", "a2 b1"},
		{"c", "order.paid", "", "a2 b1 c"},
		{"a3", taskhook.EventTaskProgress, "a", "a3 b1 c"},
		{"end", taskhook.EventTaskFailed, "a", "b1 c end"},
		{"b22", taskhook.EventTaskProgress, "b", "b22 c end"},
	} {
		push(step.id, step.kind, step.subject)
		var got []string
		bytes := 0
		for _, d := range l.queue {
			got, bytes = append(got, d.ID), bytes+len(d.Body)
		}
		if text := strings.Join(got, " "); text != step.want || l.held != len(got) || l.bytes != bytes {
			t.Errorf("after %s: %s (held %d, %d bytes), want %s", step.id, text, l.held, l.bytes, step.want)
		}
	}
	m.clear(l)
	if l.held != 0 || m.bytes != 0 || len(l.passing) > 0 {
		t.Errorf("cleared, it holds %d of %d bytes", l.held, m.bytes)
	}
}
