package modelslab

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
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

// world is all services in one: an owner who has one task, and what they were asked
// for last. Only the catalogue is the real one.
type world struct {
	*catalogue.Catalogue
	task    taskhook.Task
	awaits  taskhook.TaskState // what tasks are after a wait
	awaited int                // how often one was waited for

	created   taskhook.NewTask
	cancelled string
	content   []byte
	list      []taskhook.Task // of the owner
	limits    taskhook.Limits // of the owner's key

	run       taskhook.Execution // of the owner
	started   taskhook.NewExecution
	perMinute int
	money     taskhook.Balance

	err error // of every service, if set
}

// builtIn is loaded once, which takes a while.
var builtIn = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load() })

func newWorld(t testing.TB) *world {
	t.Helper()
	models, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	return &world{Catalogue: models, task: finished(), run: ran(), perMinute: 10}
}

func moment(ms int) time.Time {
	return time.Date(2026, 1, 2, 10, 30, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// finished is a task like that of the seed's payload, which took 45.2 s.
func finished() taskhook.Task {
	return taskhook.Task{ID: "task_abc123", AccountID: owner, Face: Name, Provider: Name, Capability: "text-to-video", Model: "cogvideox",
		Medium: taskhook.MediumVideo, State: taskhook.TaskSucceeded, Progress: 100, Estimated: 19500 * time.Millisecond,
		Input:     []byte(`{"prompt":"A spaceship flying through an asteroid field","model_id":"cogvideox","width":512,"height":512}`),
		Echo:      []byte(`"video_001"`),
		Results:   []taskhook.Artifact{{Name: "task_abc123.mp4", Format: "mp4", Poster: &taskhook.Artifact{Name: "task_abc123-poster.jpg"}}},
		CreatedAt: moment(0), StartedAt: moment(1000), FinishedAt: moment(46204)}
}

func (f *world) Authenticate(_ context.Context, key string, _ netip.Addr) (taskhook.Identity, error) {
	switch key {
	case "":
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeUnauthenticated, "Send a key.")
	case ownerKey:
		return taskhook.Identity{AccountID: owner, KeyID: "key_1", Limits: f.limits}, nil
	case foreignKey:
		return taskhook.Identity{AccountID: "acc_foreign", KeyID: "key_2"}, nil
	}
	return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeBadKey, "There is no such key.")
}

func (f *world) Create(_ context.Context, who taskhook.Identity, n taskhook.NewTask) (taskhook.Task, bool, error) {
	f.created = n
	t := f.task
	model, err := f.Lookup(n.Provider, n.Capability, n.Model)
	if err == nil {
		err = model.Validate(n.Input)
	}
	if err == nil && strings.HasPrefix(n.WebhookURL, "http:") {
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: the URL must start with https://")
	}
	if err == nil {
		err = f.err
	}
	if err != nil {
		return t, false, err
	}
	t.AccountID, t.State, t.Results, t.Medium = who.AccountID, taskhook.TaskPending, nil, model.Medium
	t.Input, t.Echo, t.WebhookURL = n.Input, n.Echo, n.WebhookURL
	f.task.Input, f.task.Echo, f.task.Medium = t.Input, t.Echo, t.Medium
	return t, false, nil
}

func (f *world) Await(_ context.Context, account, id string) (taskhook.Task, error) {
	f.awaited++
	t, err := f.Task(context.Background(), account, id)
	t.State = f.awaits
	return t, err
}

func (f *world) Task(_ context.Context, account, id string) (taskhook.Task, error) {
	if account != owner || id != f.task.ID {
		return taskhook.Task{}, taskhook.Errorf(taskhook.CodeTaskNotFound, "There is no task %q in this account.", id)
	}
	return f.task, f.err
}

// Tasks pages by the position in the list.
func (f *world) Tasks(_ context.Context, filter taskhook.TaskFilter) (l taskhook.List[taskhook.Task], err error) {
	var all []taskhook.Task
	for _, t := range f.list {
		if t.State == filter.State && filter.AccountID == owner {
			all = append(all, t)
		}
	}
	start, _ := strconv.Atoi(filter.Cursor)
	end := min(start+filter.Limit, len(all))
	return taskhook.List[taskhook.Task]{Items: all[start:end], More: end < len(all), Next: strconv.Itoa(end), Total: len(all)}, f.err
}

func (f *world) Cancel(_ context.Context, account, id string) (taskhook.Task, error) {
	f.cancelled = id
	return f.Task(context.Background(), account, id)
}

func (f *world) Put(_ context.Context, _ string, _ taskhook.NewFile, r io.Reader) (taskhook.File, error) {
	content, err := io.ReadAll(r)
	f.content = content
	return taskhook.File{ID: "file_1"}, cmp.Or(f.err, err)
}

func (f *world) PermanentLink(file taskhook.File) string {
	return "https://x.example/files/" + file.ID + ".png?signature=s"
}

func (f *world) Balance(context.Context, string) (taskhook.Balance, error) { return f.money, f.err }

func (f *world) Permanent(a taskhook.Artifact) string {
	return "https://x.example/results/" + a.Name + "?signature=s"
}

func (f *world) Future(taskID string, index int, format string) string {
	name := taskID + "." + format
	if index > 0 {
		name = taskID + "-" + strconv.Itoa(index+1) + "." + format
	}
	return f.Permanent(taskhook.Artifact{Name: name})
}

// handler returns the face of the world with the headers of the real server.
func (f *world) handler(log *slog.Logger) http.Handler {
	face := New(Config{Keys: f, Tasks: f, Files: f, Catalogue: f, Money: f, Links: f,
		Workflows: worldFlows{f}, Executions: worldFlows{f}, RunsPerMinute: f.perMinute, BaseURL: "https://x.example/", Wait: time.Minute, Log: log})
	return httpserver.Wrap(log, face)
}

// ask sends a request as it is and returns the answer.
func (f *world) ask(t testing.TB, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	f.handler(slog.New(slog.NewTextHandler(t.Output(), nil))).ServeHTTP(rec, r)
	return rec
}

// post sends a body with the owner's key and returns the answer's status and body.
func (f *world) post(t testing.TB, target, members string) (int, string) {
	t.Helper()
	if members != "" {
		members = "," + members
	}
	w := f.ask(t, http.MethodPost, target, `{"key":"`+ownerKey+`"`+members+`}`)
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: Content-Type %s", target, got)
	}
	return w.Code, w.Body.String()
}
