package muapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

const (
	ownerKey   = "thk_live_owner"
	foreignKey = "thk_live_foreign"
	testKey    = "thk_test_owner"
	owner      = "acc_owner"
	keyID      = "key_06h043tb9ftqe9g8h5q3m1n2p4"
)

// world is all services in one: an owner who has one of each thing, and what they
// were asked for last.
type world struct {
	task    taskhook.Task
	created taskhook.NewTask
	filter  taskhook.TaskFilter
	newKey  taskhook.NewKey
	deleted string
	file    taskhook.NewFile
	bytes   string
	models  []*catalogue.Model
	limits  taskhook.Limits // of the owner's key
	run     taskhook.Execution
	started taskhook.NewExecution
	source  taskhook.Source // of the workflow that was made or changed
	changed string          // id of the workflow that was
	renamed string

	startErr error // of Start

	err error // of every service, if set
}

func at(second int) time.Time {
	return time.Date(2026, 3, 1, 9, 30, second, 123_456_789, time.UTC)
}

func newWorld() *world {
	return &world{run: ran(),
		task: taskhook.Task{ID: "task_1", AccountID: owner, Face: Name, Provider: Name, Capability: "text-to-image", Model: "flux-dev-image",
			Medium: taskhook.MediumImage, State: taskhook.TaskSucceeded, Price: 4200,
			Results:   []taskhook.Artifact{{Name: "task_1.png", Poster: &taskhook.Artifact{Name: "task_1-poster.jpg"}}, {Name: "task_1-2.png", Safety: taskhook.SafetyFlagged}},
			CreatedAt: at(0), StartedAt: at(1), FinishedAt: at(1).Add(2310 * time.Millisecond)},
		models: []*catalogue.Model{
			{Provider: Name, Name: "flux-dev-image", Capability: "text-to-image", Price: 4200, Schema: []byte(`{"type":"object"}`)},
			{Provider: Name, Name: "mmaudio-v2/text-to-audio", Capability: "text-to-audio", Schema: []byte(`{}`)},
			{Provider: Name, Name: "twice", Capability: "text-to-image"}, {Provider: Name, Name: "twice", Capability: "image-to-image"},
			{Provider: Name, Name: "keys", Capability: "text-to-image"}, {Provider: Name, Name: catalogue.AnyName, Capability: "text-to-image"},
			{Provider: "vidu", Name: "viduq3-pro", Capability: "text-to-video"},
		},
	}
}

// in returns the world with its task in a state.
func (f *world) in(state taskhook.TaskState) *world {
	f.task.State = state
	switch state {
	case taskhook.TaskFailed:
		f.task.Error = &taskhook.TaskError{Code: taskhook.TaskErrorProvider, Message: "the input image could not be read"}
		f.task.Results = nil
	case taskhook.TaskPending, taskhook.TaskQueued, taskhook.TaskRunning:
		f.task.Results, f.task.FinishedAt = nil, time.Time{}
	case taskhook.TaskCancelled:
		f.task.Results, f.task.StartedAt = nil, time.Time{}
	}
	return f
}

func (f *world) Authenticate(_ context.Context, key string, _ netip.Addr) (taskhook.Identity, error) {
	switch key {
	case "":
		return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeUnauthenticated, "Send a key.")
	case ownerKey:
		return taskhook.Identity{AccountID: owner, KeyID: keyID, Limits: f.limits}, nil
	case testKey:
		return taskhook.Identity{AccountID: owner, KeyID: keyID, Test: true}, nil
	case foreignKey:
		return taskhook.Identity{AccountID: "acc_foreign", KeyID: "key_2"}, nil
	}
	return taskhook.Identity{}, taskhook.Errorf(taskhook.CodeBadKey, "There is no such key.")
}

func (f *world) Create(_ context.Context, who taskhook.Identity, n taskhook.NewTask) (taskhook.Task, bool, error) {
	f.created = n
	if err := who.Need(taskhook.CreateScope(f.task.Medium)); err != nil {
		return taskhook.Task{}, false, err
	}
	t := f.task
	t.AccountID, t.State, t.Results = who.AccountID, taskhook.TaskPending, nil
	return t, false, f.err
}

func (f *world) Task(_ context.Context, account, id string) (taskhook.Task, error) {
	if account != owner || id != f.task.ID {
		return taskhook.Task{}, taskhook.Errorf(taskhook.CodeTaskNotFound, "There is no task %s.", id)
	}
	return f.task, f.err
}

func (f *world) Await(ctx context.Context, account, id string) (taskhook.Task, error) {
	return f.Task(ctx, account, id)
}

func (f *world) Tasks(_ context.Context, filter taskhook.TaskFilter) (l taskhook.List[taskhook.Task], err error) {
	f.filter = filter
	if filter.AccountID == owner {
		l = taskhook.List[taskhook.Task]{Items: []taskhook.Task{f.task}, More: true, Next: f.task.ID, Total: 42}
	}
	return l, f.err
}

func (f *world) Cancel(ctx context.Context, account, id string) (taskhook.Task, error) {
	return f.Task(ctx, account, id)
}

func (f *world) CreateKey(_ context.Context, _ taskhook.Identity, n taskhook.NewKey) (string, taskhook.Key, error) {
	f.newKey = n
	return "thk_live_new", taskhook.Key{ID: keyID, Name: n.Name, Test: n.Test, CreatedAt: at(0)}, f.err
}

// AccountKeys has two pages.
func (f *world) AccountKeys(_ context.Context, filter taskhook.KeyFilter) (l taskhook.List[taskhook.Key], err error) {
	switch {
	case filter.AccountID != owner:
	case filter.Cursor == "":
		l = taskhook.List[taskhook.Key]{Items: []taskhook.Key{{ID: "key_06h043tb9ftqe9g8h5q3m1n2p5", Name: "first", CreatedAt: at(1)}}, More: true, Next: "key_x"}
		l.Items[0].ID = taskhook.NewID(taskhook.PrefixKey, at(1))
	default:
		l.Items = []taskhook.Key{{ID: keyID, Name: "ci", Test: true, CreatedAt: at(0), Limits: taskhook.Limits{ExpiresAt: at(0)}}}
	}
	return l, f.err
}

func (f *world) DeleteKey(_ context.Context, _, id string) error {
	f.deleted = id
	return f.err
}

func (f *world) Put(_ context.Context, account string, n taskhook.NewFile, r io.Reader) (taskhook.File, error) {
	content, err := io.ReadAll(r)
	f.file, f.bytes = n, string(content)
	if err == nil {
		err = f.err
	}
	return taskhook.File{ID: "file_1", AccountID: account, ContentType: "image/png"}, err
}

func (f *world) Form(_, filename string, _ time.Time) (taskhook.UploadForm, error) {
	if filename == "x" {
		return taskhook.UploadForm{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "filename", "Use another name.")
	}
	return taskhook.UploadForm{URL: "https://x.example/files/", Fields: map[string]string{"key": "file_1.png", "signature": "s"}}, f.err
}

func (f *world) ReceiveForm(ctx context.Context, fields map[string]string, r io.Reader) (taskhook.File, error) {
	if fields["signature"] != "s" {
		return taskhook.File{}, taskhook.Errorf(taskhook.CodeForbidden, "The form is not valid.")
	}
	return f.Put(ctx, owner, taskhook.NewFile{}, r)
}

func (f *world) PermanentLink(file taskhook.File) string {
	return "https://x.example/files/" + file.ID + ".png?signature=s&a"
}

func (f *world) Models() []*catalogue.Model { return f.models }

func (f *world) Balance(context.Context, string) (taskhook.Balance, error) {
	return taskhook.Balance{Available: 42_500_000}, f.err
}

func (f *world) Permanent(a taskhook.Artifact) string {
	return "https://x.example/results/" + a.Name + "?signature=s"
}

// face returns the face over the world.
func (f *world) face(t testing.TB) *Face {
	return New(Config{Keys: f, Tasks: f, Files: f, Models: f, Money: f, Links: f,
		Workflows: worldFlows{f}, Definitions: worldFlows{f}, Executions: worldFlows{f}, BaseURL: "https://x.example",
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
}

// ask sends a request of the owner.
func (f *world) ask(t testing.TB, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	return f.askAs(t, ownerKey, method, path, body)
}

func (f *world) askAs(t testing.TB, key, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("x-api-key", key)
	return f.send(t, r)
}

func (f *world) send(t testing.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	f.face(t).ServeHTTP(rec, r)
	return rec
}
