package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func listTests() []test {
	return []test{
		{"filters select tasks", testTaskFilters},
		{"a walk sees every row once, under inserts", testCursorWalk},
		{"totals and searches are bounded", testSearchBounded},
		{"filters select deliveries", testDeliveryFilters},
		{"filters select failures", testFailureFilters},
		{"a search for deliveries says how far it went", testSearchedTo},
		{"filters select endpoints", testEndpointFilters},
	}
}

func testTaskFilters(t *testing.T, f *fixture) {
	account := f.account()
	var made []taskhook.Task
	for i := range 6 {
		k, run := newTask(account, f.now.Add(time.Duration(i)*time.Minute))
		if i%2 == 1 {
			k.Provider, k.Model = "kling", "kling-v3"
		}
		_, _, err := f.Store.CreateTask(f.ctx, k.CreatedAt, k, run, nil)
		f.ok(err)
		made = append(made, k)
	}
	_, err := f.Store.CancelTask(f.ctx, f.now, account, made[3].ID)
	f.ok(err)
	for name, test := range map[string]struct {
		filter taskhook.TaskFilter
		want   []int // newest first
	}{
		"all":      {taskhook.TaskFilter{}, []int{5, 4, 3, 2, 1, 0}},
		"state":    {taskhook.TaskFilter{State: taskhook.TaskCancelled}, []int{3}},
		"provider": {taskhook.TaskFilter{Provider: "kling"}, []int{5, 3, 1}},
		"model":    {taskhook.TaskFilter{Model: "vidu-q1"}, []int{4, 2, 0}},
		"times":    {taskhook.TaskFilter{From: made[1].CreatedAt, To: made[4].CreatedAt}, []int{3, 2, 1}},
		"prefix":   {taskhook.TaskFilter{Prefix: made[2].ID[:20]}, []int{2}},
		"two":      {taskhook.TaskFilter{Provider: "kling", State: taskhook.TaskPending}, []int{5, 1}},
		"none":     {taskhook.TaskFilter{Provider: "kling", Model: "vidu-q1"}, nil},
	} {
		test.filter.AccountID, test.filter.Limit = account, 100
		got, err := f.Store.Tasks(f.ctx, test.filter)
		f.ok(err)
		var want []string
		for _, i := range test.want {
			want = append(want, made[i].ID)
		}
		if ids := idsOf(got.Items, taskID); !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v", name, ids, want)
		}
		equal(t, name+": total", got.Total, len(want))
	}
}

func taskID(k taskhook.Task) string { return k.ID }

func idsOf[T any](items []T, id func(T) string) (ids []string) {
	for _, item := range items {
		ids = append(ids, id(item))
	}
	return ids
}

func testCursorWalk(t *testing.T, f *fixture) {
	account := f.account()
	var want []string
	for range 25 {
		k, _ := f.task(account)
		want = append(want, k.ID)
	}
	slices.Sort(want)
	slices.Reverse(want)
	var seen []string
	page := taskhook.Page{Limit: 7}
	for more := true; more; {
		got, err := f.Store.Tasks(f.ctx, taskhook.TaskFilter{AccountID: account, Page: page})
		f.ok(err)
		seen = append(seen, idsOf(got.Items, taskID)...)
		page.Cursor, more = got.Next, got.More
		equal(t, "a cursor when more follows", got.Next != "", more)
		f.now = f.now.Add(time.Millisecond)
		f.task(account) // newer than all that the walk comes by
	}
	if !slices.Equal(seen, want) {
		t.Fatalf("the walk saw %d rows, want %d: %v", len(seen), len(want), seen)
	}
}

// testSearchBounded has more rows than a request counts or filters.
func testSearchBounded(t *testing.T, f *fixture) {
	account := f.account()
	const rows = 20_100
	_, err := f.Raw.ExecContext(f.ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO tasks (id, account, face, provider, capability, model, medium, input, test, sandbox, state, estimated, created_at)
		SELECT 'task_' || (100000 + i), $2, 'modelhunter', 'p', 'c', 'm' || (i % 10000), 'video', '{}', 0, 0, 'pending', 0, 0 FROM n`, rows, account)
	f.ok(err)
	list := func(filter taskhook.TaskFilter) taskhook.List[taskhook.Task] {
		t.Helper()
		filter.AccountID, filter.Limit = account, 10
		got, err := f.Store.Tasks(f.ctx, filter)
		f.ok(err)
		return got
	}
	equal(t, "total", list(taskhook.TaskFilter{}).Total, taskhook.MaxTotal)
	got := list(taskhook.TaskFilter{Model: "m50"}) // three rows, of which one is over 20,000 rows away
	equal(t, "total among the newest", got.Total, 2)
	equal(t, "found", len(got.Items), 2)
	equal(t, "more may follow", got.More, true)
	got = list(taskhook.TaskFilter{Model: "m50", Page: taskhook.Page{Cursor: got.Next}})
	equal(t, "found further back", len(got.Items), 1)
	equal(t, "more follows", got.More, false)
	got = list(taskhook.TaskFilter{Model: "none"})
	equal(t, "found", len(got.Items), 0)
	equal(t, "more may follow", got.More, true)
}

func testDeliveryFilters(t *testing.T, f *fixture) {
	account := f.account()
	a, b := f.endpoint(account, "order.paid"), f.endpoint(account, "order.paid", "order.lost")
	paid, lost := newEvent(account, "order.paid", f.now), newEvent(account, "order.lost", f.now)
	lost.Event.Subject = "task_1"
	p := &taskhook.Publication{Events: []taskhook.NewEvent{paid, lost}}
	f.ok(f.Store.Publish(f.ctx, f.now, p))
	equal(t, "deliveries", len(p.Deliveries), 3)
	for name, test := range map[string]struct {
		filter taskhook.DeliveryFilter
		want   int
	}{
		"all":           {taskhook.DeliveryFilter{}, 3},
		"endpoint":      {taskhook.DeliveryFilter{EndpointID: a.ID}, 1},
		"the other":     {taskhook.DeliveryFilter{EndpointID: b.ID}, 2},
		"event":         {taskhook.DeliveryFilter{EventID: paid.Event.ID}, 2},
		"subject":       {taskhook.DeliveryFilter{Subject: "task_1"}, 1},
		"state":         {taskhook.DeliveryFilter{State: taskhook.DeliveryPending}, 3},
		"final":         {taskhook.DeliveryFilter{State: taskhook.DeliveryFailed}, 0},
		"several":       {taskhook.DeliveryFilter{EndpointID: b.ID, EventID: paid.Event.ID, State: taskhook.DeliveryPending}, 1},
		"empty subject": {taskhook.DeliveryFilter{Subject: "task_2"}, 0},
	} {
		test.filter.AccountID, test.filter.Limit = account, 100
		got, err := f.Store.Deliveries(f.ctx, test.filter)
		f.ok(err)
		equal(t, name, len(got.Items), test.want)
		equal(t, name+": total", got.Total, test.want)
	}
	other, err := f.Store.Deliveries(f.ctx, taskhook.DeliveryFilter{AccountID: f.account(), EventID: paid.Event.ID, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "foreign deliveries", len(other.Items), 0)
}

// testFailureFilters has four deliveries a minute apart, of which the second and
// third failed, each in its own way.
func testFailureFilters(t *testing.T, f *fixture) {
	account := f.account()
	e := newEndpoint(account, f.now, "a.b", "a.c")
	e.Schedule = taskhook.Schedule{}
	f.ok(f.Store.CreateEndpoint(f.ctx, e))
	n := f.join()
	var made []taskhook.Delivery
	for i, class := range []taskhook.Class{taskhook.ClassOK, taskhook.ClassTimeout, taskhook.ClassTLS, taskhook.ClassOK} {
		f.now = f.now.Add(time.Minute)
		d := f.publish(account, []string{"a.b", "a.c"}[i%2]).Deliveries[0]
		for _, d := range f.claimAll(n) {
			f.ok(f.finish(n, n.lanes[d.LaneID], result(d, class, f.now)))
		}
		made = append(made, d.Delivery)
	}
	failed := taskhook.DeliveryFailed
	for name, test := range map[string]struct {
		filter taskhook.DeliveryFilter
		want   []int // newest first
	}{
		"failed":         {taskhook.DeliveryFilter{State: failed}, []int{2, 1}},
		"failing":        {taskhook.DeliveryFilter{Failing: true}, []int{2, 1}},
		"failing event":  {taskhook.DeliveryFilter{Failing: true, EventID: made[1].EventID}, []int{1}},
		"class":          {taskhook.DeliveryFilter{LastClass: taskhook.ClassTLS}, []int{2}},
		"other class":    {taskhook.DeliveryFilter{LastClass: taskhook.ClassDNS}, nil},
		"of endpoint":    {taskhook.DeliveryFilter{LastClass: taskhook.ClassTimeout, EndpointID: e.ID}, []int{1}},
		"type":           {taskhook.DeliveryFilter{EventType: "a.c"}, []int{3, 1}},
		"failed type":    {taskhook.DeliveryFilter{EventType: "a.c", State: failed, EndpointID: e.ID}, []int{1}},
		"from":           {taskhook.DeliveryFilter{From: made[2].CreatedAt}, []int{3, 2}},
		"to":             {taskhook.DeliveryFilter{To: made[2].CreatedAt}, []int{1, 0}},
		"times":          {taskhook.DeliveryFilter{From: made[1].CreatedAt, To: made[3].CreatedAt, State: failed}, []int{2, 1}},
		"endpoint times": {taskhook.DeliveryFilter{From: made[1].CreatedAt, EndpointID: e.ID}, []int{3, 2, 1}},
		"event times":    {taskhook.DeliveryFilter{To: made[3].CreatedAt, EventID: made[0].EventID, LastClass: taskhook.ClassDNS}, nil},
		"class times":    {taskhook.DeliveryFilter{To: made[2].CreatedAt, LastClass: taskhook.ClassTimeout, EndpointID: e.ID}, []int{1}},
	} {
		test.filter.AccountID, test.filter.Limit = account, 100
		got, err := f.Store.Deliveries(f.ctx, test.filter)
		f.ok(err)
		var want []string
		for _, i := range test.want {
			want = append(want, made[i].ID)
		}
		if ids := idsOf(got.Items, deliveryID); !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v", name, ids, want)
		}
		equal(t, name+": total", got.Total, len(want))
	}
}

func deliveryID(d taskhook.Delivery) string { return d.ID }

// testSearchedTo looks for one delivery that is older than a request searches.
func testSearchedTo(t *testing.T, f *fixture) {
	account := f.account()
	f.endpoint(account, "a.b")
	oldest := f.publish(account, "a.b").Deliveries[0]
	later := f.now.Add(time.Hour)
	_, err := f.Raw.ExecContext(f.ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20100)
		INSERT INTO deliveries (id, account, event, event_type, lane, state, claim, schedule, test, due_at, created_at, finished_at)
		SELECT $1 || (10000 + i), $2, '', 'a.c', '', 'delivered', 0, '', 0, 0, 0, 0 FROM n`,
		taskhook.FloorID(taskhook.PrefixDelivery, later)[:len(oldest.ID)-5], account)
	f.ok(err)
	filter := taskhook.DeliveryFilter{AccountID: account, EventType: "a.b", Page: taskhook.Page{Limit: 10}}
	got, err := f.Store.Deliveries(f.ctx, filter)
	f.ok(err)
	equal(t, "found", len(got.Items), 0)
	equal(t, "more may follow", got.More, true)
	equal(t, "searched to", got.SearchedTo, later)
	filter.Cursor = got.Next
	got, err = f.Store.Deliveries(f.ctx, filter)
	f.ok(err)
	equal(t, "found further back", len(got.Items), 1)
	equal(t, "more follows", got.More, false)
	equal(t, "searched to the end", got.SearchedTo, time.Time{})
}

func testEndpointFilters(t *testing.T, f *fixture) {
	account := f.account()
	active, paused, deleted := f.endpoint(account, "a.b"), f.endpoint(account, "a.b"), f.endpoint(account, "a.b")
	f.setState(paused, taskhook.EndpointPaused)
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, deleted.ID))
	for state, want := range map[taskhook.EndpointState][]string{
		taskhook.EndpointActive: {active.ID}, taskhook.EndpointPaused: {paused.ID}, taskhook.EndpointDisabled: nil,
	} {
		got, err := f.Store.Endpoints(f.ctx, taskhook.EndpointFilter{AccountID: account, State: state, Page: taskhook.Page{Limit: 9}})
		f.ok(err)
		if ids := idsOf(got.Items, func(e taskhook.Endpoint) string { return e.ID }); !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v", state, ids, want)
		}
	}
	got, err := f.Store.Endpoints(f.ctx, taskhook.EndpointFilter{AccountID: account, Page: taskhook.Page{Limit: 9}})
	f.ok(err)
	equal(t, "all", got.Total, 2)
}
