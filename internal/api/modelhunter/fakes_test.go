package modelhunter

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/httpserver"
)

const (
	ownerKey   = "thk_live_owner"
	foreignKey = "thk_live_foreign"
	owner      = "acc_owner"
)

// world is all services in one: an owner who has one of each thing, and what
// they were asked for last.
type world struct {
	task     taskhook.Task
	endpoint taskhook.Endpoint
	delivery taskhook.Delivery
	file     taskhook.File

	created    taskhook.NewTask
	newBatch   taskhook.NewBatch
	existed    bool
	tasks      taskhook.TaskFilter
	endpoints  taskhook.EndpointFilter
	deliveries taskhook.DeliveryFilter
	feed       taskhook.FeedQuery
	newHook    taskhook.NewEndpoint
	change     taskhook.EndpointChange
	overlap    time.Duration
	published  []taskhook.Publish
	replay     taskhook.NewReplay

	replayChange taskhook.ReplayChange
	files        taskhook.FileFilter
	newFile      taskhook.NewFile
	body         []byte

	newKey taskhook.NewKey
	money  taskhook.Balance
	usage  taskhook.UsageFilter
	limits taskhook.Limits // of the owner's key
	from   netip.Addr

	source     taskhook.Source
	started    taskhook.NewExecution
	executions taskhook.ExecutionFilter

	err error // of every service, if set
}

func day(second int) time.Time {
	return time.Date(2025, 1, 15, 10, 0, second, 123_456_789, time.UTC)
}

func newWorld() *world {
	return &world{
		task: taskhook.Task{ID: "task_abc123", AccountID: owner, Provider: "vidu", Capability: "text-to-video", Model: "viduq3-turbo",
			Medium: taskhook.MediumVideo, State: taskhook.TaskSucceeded, Progress: 100, KeyID: "key_1", Price: 320_000, Estimated: 29500 * time.Millisecond,
			Results: []taskhook.Artifact{{Name: "task_abc123.mp4", Format: "mp4", Size: 12582912, Duration: 4 * time.Second,
				Poster: &taskhook.Artifact{Role: taskhook.RolePoster, Name: "task_abc123-poster.jpg", Format: "jpg", Size: 4096}}},
			CreatedAt: day(0), StartedAt: day(1), FinishedAt: day(45), Metadata: []byte(`{"user_id":"u_123"}`)},
		endpoint: taskhook.Endpoint{ID: "wh_1", AccountID: owner, URL: "https://example.com/hook?a=1&b=2", Events: []string{"task.completed"},
			State: taskhook.EndpointActive, CreatedAt: day(0), UpdatedAt: day(1),
			Secrets: []taskhook.Secret{{Text: "whsec_new", PromotedAt: day(3)}, {Text: "whsec_old", ExpiresAt: day(4)}}},
		delivery: taskhook.Delivery{ID: "dlv_1", AccountID: owner, EventID: "evt_1", EventType: "task.completed", Subject: "task_abc123",
			EndpointID: "wh_1", URL: "https://example.com/hook", State: taskhook.DeliveryPending, Attempts: 1, LastError: "no answer",
			DueAt: day(9), CreatedAt: day(0)},
		file: taskhook.File{ID: "file_1", AccountID: owner, Filename: "cat.png", ContentType: "image/png", Size: 7, CreatedAt: day(0), CompletedAt: day(1)},
	}
}

func (f *world) Authenticate(_ context.Context, key string, from netip.Addr) (taskhook.Identity, error) {
	switch key {
	case "":
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeUnauthenticated, "Send a key.")
	case ownerKey:
		f.from = from
		return taskhook.Identity{AccountID: owner, KeyID: "key_1", Limits: f.limits}, nil
	case foreignKey:
		return taskhook.Identity{AccountID: "acc_foreign", KeyID: "key_2"}, nil
	}
	return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeBadKey, "There is no such key.")
}

// found is the error that services answer with about something of the owner.
func (f *world) found(account, id, want string) error {
	if account != owner || id != want {
		code := taskhook.CodeNotFound
		if want == f.task.ID {
			code = taskhook.CodeTaskNotFound
		}
		return taskhook.Errorf(code, "There is no %s in this account.", id)
	}
	return f.err
}

func (f *world) Create(_ context.Context, who taskhook.Identity, n taskhook.NewTask) (taskhook.Task, bool, error) {
	f.created = n
	if err := who.Need(taskhook.CreateScope(f.task.Medium)); err != nil {
		return taskhook.Task{}, false, err
	}
	t := f.task
	t.AccountID, t.State, t.Results = who.AccountID, taskhook.TaskPending, nil
	return t, f.existed, f.err
}

func (f *world) Task(_ context.Context, account, id string) (taskhook.Task, error) {
	return f.task, f.found(account, id, f.task.ID)
}

func (f *world) Tasks(_ context.Context, filter taskhook.TaskFilter) (taskhook.List[taskhook.Task], error) {
	f.tasks = filter
	return listOf(filter.AccountID, f.task, f.task.ID), f.err
}

// listOf returns the one thing that the owner has, and claims that there is more.
func listOf[T any](account string, item T, next string) taskhook.List[T] {
	if account != owner {
		return taskhook.List[T]{}
	}
	return taskhook.List[T]{Items: []T{item}, More: true, Next: next, Total: 42}
}

func (f *world) Cancel(_ context.Context, account, id string) (taskhook.Task, error) {
	return f.task, f.found(account, id, f.task.ID)
}

func (f *world) Retry(_ context.Context, who taskhook.Identity, id, _ string) (taskhook.Task, error) {
	t := f.task
	t.ID, t.RetryOf, t.State = "task_new", f.task.ID, taskhook.TaskPending
	return t, f.found(who.AccountID, id, f.task.ID)
}

// key is the one that the owner has.
func (f *world) key() taskhook.Key {
	return taskhook.Key{ID: "key_1", AccountID: owner, Name: "ci", Hint: "thk_live_ow…", CreatedAt: day(0), Limits: taskhook.Limits{
		Permissions: []taskhook.Scope{"video:create"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, ExpiresAt: day(9)}}
}

func (f *world) Balance(context.Context, string) (taskhook.Balance, error) { return f.money, f.err }

func (f *world) Usage(_ context.Context, filter taskhook.UsageFilter) (taskhook.Usage, error) {
	f.usage = filter
	row := taskhook.UsageRow{Name: "vidu/viduq3-turbo", UsageCount: taskhook.UsageCount{Succeeded: 2, Failed: 1, Cost: 640_000}}
	return taskhook.Usage{From: day(0).Truncate(time.Hour), To: day(0).Truncate(time.Hour).Add(time.Hour), Group: taskhook.UsageByModel,
		Rows: []taskhook.UsageRow{row}, Total: row.UsageCount}, f.err
}

func (f *world) CreateKey(_ context.Context, _ taskhook.Identity, n taskhook.NewKey) (string, taskhook.Key, error) {
	f.newKey = n
	return "thk_live_text", f.key(), f.err
}

func (f *world) AccountKeys(_ context.Context, filter taskhook.KeyFilter) (taskhook.List[taskhook.Key], error) {
	return listOf(filter.AccountID, f.key(), "key_1"), f.err
}

func (f *world) DeleteKey(_ context.Context, account, id string) error {
	return f.found(account, id, "key_1")
}

func (f *world) CreateEndpoint(_ context.Context, _ string, n taskhook.NewEndpoint) (taskhook.Endpoint, error) {
	f.newHook = n
	return f.endpoint, f.err
}

func (f *world) Endpoint(_ context.Context, account, id string) (taskhook.Endpoint, error) {
	return f.endpoint, f.found(account, id, f.endpoint.ID)
}

func (f *world) Endpoints(_ context.Context, filter taskhook.EndpointFilter) (taskhook.List[taskhook.Endpoint], error) {
	f.endpoints = filter
	return listOf(filter.AccountID, f.endpoint, f.endpoint.ID), f.err
}

func (f *world) UpdateEndpoint(_ context.Context, account, id string, change taskhook.EndpointChange) (taskhook.Endpoint, error) {
	f.change = change
	return f.endpoint, f.found(account, id, f.endpoint.ID)
}

func (f *world) DeleteEndpoint(_ context.Context, account, id string) error {
	return f.found(account, id, f.endpoint.ID)
}

func (f *world) RotateSecret(_ context.Context, account, id string, overlap time.Duration) (taskhook.Endpoint, error) {
	f.overlap = overlap
	return f.endpoint, f.found(account, id, f.endpoint.ID)
}

func (f *world) EndpointHealth(_ context.Context, account, id string) (taskhook.EndpointHealth, error) {
	h := taskhook.EndpointHealth{Endpoint: f.endpoint, LastSuccess: day(1), Failures: 2, Pending: 3, OldestDue: day(9),
		LastFailure: &taskhook.Failure{At: day(2), Class: taskhook.ClassTimeout, Error: "no answer"}}
	for i := range h.Traffic {
		h.Traffic[i].Start = day(0).Add(time.Duration(i-24) * time.Hour)
	}
	h.Traffic[23].Add(taskhook.ClassOK, 6, 6)
	h.Traffic[23].Add(taskhook.ClassTimeout, 2, 1)
	h.Traffic[0].Add(taskhook.ClassOK, 8, 8)
	return h, f.found(account, id, f.endpoint.ID)
}

func (f *world) TestEndpoint(_ context.Context, account, id string) (taskhook.TestResult, error) {
	return taskhook.TestResult{EventID: "evt_9", DeliveryID: "dlv_9", Status: 500, Duration: 1500 * time.Millisecond,
		Error: "The receiver answered 500."}, f.found(account, id, f.endpoint.ID)
}

func (f *world) DropHeld(_ context.Context, account, id string) (int64, error) {
	return 3, f.found(account, id, f.endpoint.ID)
}

// Events is of Feed.
func (f *world) Events(_ context.Context, q taskhook.FeedQuery, _ time.Duration) (page taskhook.FeedPage, err error) {
	f.feed = q
	if page.Next = 7; q.AccountID == owner {
		page.Events = []taskhook.Event{{ID: "evt_1", Seq: 7, AccountID: owner, Type: "order.paid", Body: []byte(`{"id":"evt_1","type":"order.paid"}`)}}
	}
	return page, f.err
}

func (f *world) End(context.Context) (taskhook.Cursor, error) { return 99, f.err }

func (f *world) Stopped() bool { return true }

func (f *world) Wanted(_ context.Context, account, id string) ([]string, error) {
	return []string{"order.*"}, f.found(account, id, f.endpoint.ID)
}

func (f *world) Sign(_ context.Context, account, id string, events []taskhook.Event) ([]http.Header, error) {
	headers := make([]http.Header, len(events))
	for i := range headers {
		headers[i] = http.Header{"Webhook-Id": {events[i].ID}}
	}
	return headers, f.found(account, id, f.endpoint.ID)
}

func (f *world) Deliveries(_ context.Context, filter taskhook.DeliveryFilter) (taskhook.List[taskhook.Delivery], error) {
	f.deliveries = filter
	return listOf(filter.AccountID, f.delivery, f.delivery.ID), f.err
}

func (f *world) Delivery(_ context.Context, account, id string) (taskhook.Delivery, error) {
	return f.delivery, f.found(account, id, f.delivery.ID)
}

func (f *world) Attempts(_ context.Context, account, id string) ([]taskhook.Attempt, error) {
	return []taskhook.Attempt{{DeliveryID: "dlv_1", Number: 1, StartedAt: day(0), Duration: 250 * time.Millisecond, Status: 503,
			Class: taskhook.ClassStatus, Error: "The receiver answered 503.", Response: []byte("<b>\xff\x00"), RetryAfter: 2 * time.Second}},
		f.found(account, id, f.delivery.ID)
}

func (f *world) Replay(_ context.Context, account, id string) (taskhook.Delivery, error) {
	d := f.delivery
	d.ID, d.ReplayOf = "dlv_2", "dlv_1"
	return d, f.found(account, id, f.delivery.ID)
}

func (f *world) Publish(_ context.Context, account string, events []taskhook.Publish) ([]taskhook.Event, error) {
	f.published = events
	out := make([]taskhook.Event, len(events))
	for i, e := range events {
		out[i] = taskhook.Event{ID: "evt_" + strings.Repeat("x", i+1), AccountID: account, Type: e.Type, CreatedAt: day(i)}
	}
	return out, f.err
}

func (f *world) Models() []*catalogue.Model {
	return []*catalogue.Model{
		{Provider: "vidu", Name: "viduq3-turbo", Capability: "text-to-video", Medium: taskhook.MediumVideo, Adapter: "http:vidu",
			Estimate: 30 * time.Second, Price: 320_000, Schema: []byte(`{"type":"object"}`)},
		{Provider: "kling", Name: "kling-v3", Capability: "image-to-video", Medium: taskhook.MediumVideo, Schema: []byte(`true`)},
	}
}

func (f *world) Expiring(a taskhook.Artifact, _ time.Time) string {
	return "https://x.example/results/" + a.Name + "?expires=1&signature=s"
}

// face returns the face of the world with the headers of the real server.
func (f *world) face(t testing.TB) (*Face, http.Handler) {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	face := New(Config{Keys: f, Tasks: f, Batches: worldBatches{f}, Endpoints: f, EndpointTools: f, Deliveries: f, Replays: worldReplays{f}, Publisher: f, Feed: f, Files: worldFiles{f}, Uploads: worldFiles{f}, Models: f, Money: f, Links: f, Log: log,
		Workflows: worldFlows{f}, Executions: worldFlows{f}, Tree: tree})
	return face, httpserver.Wrap(log, face)
}

// ask sends a request with the owner's key and returns the answer.
func (f *world) ask(t testing.TB, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+ownerKey)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	_, handler := f.face(t)
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	return rec
}
