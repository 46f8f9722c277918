package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// start is the time at which every test begins.
var start = time.UnixMilli(1_800_000_000_000).UTC()

// fixture is a database with what tests put into it.
type fixture struct {
	Database
	t   TB
	ctx context.Context
	now time.Time
}

func newFixture(t TB, db Database) *fixture {
	return &fixture{Database: db, t: t, ctx: t.Context(), now: start}
}

// ok ends the test on an error.
func (f *fixture) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("unexpected error: %v", err)
	}
}

// code ends the test unless err has the code.
func (f *fixture) code(err error, want taskhook.Code) {
	f.t.Helper()
	if got := taskhook.ErrorCode(err); got != want {
		f.t.Fatalf("error code %q, want %q: %v", got, want, err)
	}
}

// equal ends the test unless got is want.
func equal[T comparable](t TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// deepEqual is equal for what == does not compare.
func deepEqual(t TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

func (f *fixture) account() string {
	f.t.Helper()
	id := taskhook.NewID(taskhook.PrefixAccount, f.now)
	_, err := f.Store.CreateAccount(f.ctx, taskhook.Account{ID: id, Name: id, CreatedAt: f.now})
	f.ok(err)
	return id
}

// newTask returns a task and its run, for CreateTask.
func newTask(account string, now time.Time) (taskhook.Task, taskhook.Run) {
	k := taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, now), AccountID: account, Face: "modelhunter", Provider: "vidu",
		Capability: "text-to-video", Model: "vidu-q1", Medium: taskhook.MediumVideo, Input: json.RawMessage(`{"prompt":"a cat"}`),
		State: taskhook.TaskPending, Estimated: 90 * time.Second, CreatedAt: now}
	r := taskhook.Run{ID: taskhook.NewID(taskhook.PrefixRun, now), TaskID: k.ID, Number: 1, Adapter: "sandbox",
		Submission: taskhook.SubmissionUnsent, DueAt: now}
	return k, r
}

func (f *fixture) task(account string) (taskhook.Task, taskhook.Run) {
	f.t.Helper()
	k, r := newTask(account, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, r, nil)
	f.ok(err)
	return k, r
}

func newEndpoint(account string, now time.Time, events ...string) taskhook.Endpoint {
	return taskhook.Endpoint{ID: taskhook.NewID(taskhook.PrefixEndpoint, now), AccountID: account,
		URL: "https://receiver.example/hook", Events: events, State: taskhook.EndpointActive,
		Secrets: []taskhook.Secret{{Text: "whsec_bm90LXNvLXNlY3JldA", PromotedAt: now}},
		LaneID:  taskhook.NewID(taskhook.PrefixLane, now), CreatedAt: now, UpdatedAt: now}
}

func (f *fixture) endpoint(account string, events ...string) taskhook.Endpoint {
	f.t.Helper()
	e := newEndpoint(account, f.now, events...)
	f.ok(f.Store.CreateEndpoint(f.ctx, e))
	return e
}

func (f *fixture) setState(e taskhook.Endpoint, state taskhook.EndpointState) {
	f.t.Helper()
	_, err := f.Store.UpdateEndpoint(f.ctx, f.now, e.AccountID, e.ID, func(e *taskhook.Endpoint) error {
		e.State = state
		return nil
	})
	f.ok(err)
}

// schedule is that of the operator.
var schedule = taskhook.Schedule{time.Minute, 5 * time.Minute}

func newEvent(account, kind string, now time.Time) taskhook.NewEvent {
	return taskhook.NewEvent{FanOut: true, Schedule: schedule, Event: taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, now),
		AccountID: account, Type: kind, Body: []byte(`{"type":"` + kind + `"}`), CreatedAt: now}}
}

// perJob returns a delivery of the event to an origin's lane.
func perJob(e *taskhook.Event, origin string, now time.Time) taskhook.Outgoing {
	return taskhook.Outgoing{Body: []byte("per-job " + e.ID), Delivery: taskhook.Delivery{
		ID: taskhook.NewID(taskhook.PrefixDelivery, now), AccountID: e.AccountID, EventID: e.ID, EventType: e.Type, Subject: e.Subject,
		LaneID: taskhook.OriginLane(e.AccountID, origin), URL: origin + "/job", State: taskhook.DeliveryPending,
		Schedule: taskhook.Schedule{}, DueAt: now, CreatedAt: now}}
}

// publish publishes an event to the endpoints and returns what came of it.
func (f *fixture) publish(account, kind string) *taskhook.Publication {
	f.t.Helper()
	p := &taskhook.Publication{Events: []taskhook.NewEvent{newEvent(account, kind, f.now)}}
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	return p
}

// join makes a node with a memory of its own.
func (f *fixture) join() *node {
	f.t.Helper()
	n := newNode(f.now)
	f.ok(f.Store.Join(f.ctx, n.row(f.now), n))
	return n
}

// count is the number that a query answers with.
func (f *fixture) count(query string, args ...any) (n int64) {
	f.t.Helper()
	f.ok(f.Raw.QueryRowContext(f.ctx, query, args...).Scan(&n))
	return n
}

// ended returns the end of a claimed run, for FinishRun.
func ended(node string, c taskhook.ClaimedRun, state taskhook.TaskState, now time.Time) *taskhook.RunEnd {
	k := c.Task
	k.State, k.FinishedAt = state, now
	kind := taskhook.EventTaskCompleted
	if state == taskhook.TaskFailed {
		kind, k.Error = taskhook.EventTaskFailed, &taskhook.TaskError{Code: taskhook.TaskErrorProvider, Message: "It broke."}
	} else {
		k.Results = []taskhook.Artifact{newArtifact(k.ID, 0, now)}
	}
	event := newEvent(k.AccountID, kind, now)
	event.Event.Subject = k.ID
	return &taskhook.RunEnd{Node: node, Run: c.Run, Task: k, Publication: &taskhook.Publication{
		Events: []taskhook.NewEvent{event}, Deliveries: []taskhook.Outgoing{perJob(&event.Event, "https://job.example", now)}}}
}

func newArtifact(task string, index int, now time.Time) taskhook.Artifact {
	return taskhook.Artifact{ID: taskhook.NewID(taskhook.PrefixArtifact, now), TaskID: task, Index: index,
		Name: fmt.Sprintf("%s-%d.mp4", task, index), Format: "mp4", MediaType: "video/mp4", Size: 1234,
		SHA256: "ab", Duration: 4 * time.Second, Safety: taskhook.SafetyFlagged, CreatedAt: now}
}

// inline returns an artifact whose bytes are stored with it.
func inline(task string, index int, now time.Time) taskhook.Artifact {
	a := newArtifact(task, index, now)
	a.Inline, a.Content = true, []byte("the bytes of "+a.ID)
	a.Size = int64(len(a.Content))
	return a
}

// together runs do n times at once and waits for all.
func together(n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}
