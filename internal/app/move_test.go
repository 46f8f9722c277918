package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

func TestMoveServer(t *testing.T) {
	t.Parallel()
	if pgtest.Need(t) {
		testMoveServer(t, func(*config.Config) {})
	}
}

func TestMoveServerToBucket(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	if b, ok := bucket.Start(t); ok {
		testMoveServer(t, in(b))
	}
}

// retryAfter is long enough for the server to stop before, and to be moved.
const retryAfter = 4 * time.Second

// testMoveServer uses a server on SQLite, stops it with all sorts of work undone, and
// goes on with it on PostgreSQL.
func testMoveServer(t *testing.T, keep func(*config.Config)) {
	u := newUser(t)
	s := program.Start(t, func(c *config.Config) { c.Schedule = taskhook.Schedule{retryAfter, retryAfter} })
	u.work(s)
	before := u.sees(s)
	s.Stop(t)

	cfg := *s.Config
	cfg.DatabaseURL = config.NewSecret(pgtest.Database(t))
	keep(&cfg)
	moved, err := app.Move(t.Context(), app.MoveOptions{MoveOptions: store.MoveOptions{Dir: cfg.Data, URL: cfg.DatabaseURL.Reveal()},
		S3: cfg.S3, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if at := slices.IndexFunc(moved.Tables, func(s store.TableSum) bool { return s.Table == "tasks" }); moved.Tables[at].Rows < 5 {
		t.Errorf("moved %v", moved.Tables)
	}
	if cfg.S3.Bucket != "" {
		if got := moved.Files[store.ResultFiles]; got.Kept < 2 || got.Missing != 0 || moved.Files[store.UploadedFiles].Kept != 1 {
			t.Errorf("moved files %+v", moved.Files)
		}
		for _, folder := range []string{"artifacts", "files"} { // what the server reads is in the bucket
			if err := os.RemoveAll(filepath.Join(cfg.Data, folder)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(filepath.Join(cfg.Data, "taskhook.db")); err != nil {
		t.Fatal(err)
	}
	refusesOtherKey(t, cfg)
	next := program.Run(t, &cfg)
	defer next.Stop(t)
	after := u.sees(next)
	for what, text := range before {
		if after[what] != text {
			t.Errorf("%s was\n%s\nand is\n%s", what, text, after[what])
		}
	}
	u.goesOn(s, next)
}

// refusesOtherKey starts a server on the database with another key file.
func refusesOtherKey(t *testing.T, cfg config.Config) {
	t.Helper()
	cfg.Data = t.TempDir()
	a, err := app.Open(t.Context(), app.Options{Config: &cfg, Logger: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, store.ErrOtherKey) {
		t.Fatalf("a server with another key: %v, %v", a, err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "taskhook.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it left a key file: %v", err)
	}
}

// user is who has worked with a server, and goes on after it was moved.
type user struct {
	t                      *testing.T
	ok, failing, held, job *program.Receiver
	holds                  client.Webhook
	slow                   map[string]bool // tasks and deliveries that go on meanwhile
	links                  []string
	file                   client.File
	data                   []byte
	read                   []string // events of the feed
	cursor                 string
	execution              string
}

func newUser(t *testing.T) *user {
	return &user{t: t, ok: program.NewReceiver(t), failing: program.NewReceiver(t, 500), held: program.NewReceiver(t), job: program.NewReceiver(t),
		slow: map[string]bool{}}
}

// check ends the test on an error.
func (u *user) check(err error) {
	u.t.Helper()
	if err != nil {
		u.t.Fatal(err)
	}
}

func (u *user) submit(s *program.Server, input, hook string) string {
	u.t.Helper()
	ask := submission(json.RawMessage(input))
	ask.WebhookURL, ask.Metadata = hook, json.RawMessage(`{"big":12345678901234567890}`)
	accepted, err := s.Submit(u.t.Context(), "seedream", "text-to-image", ask)
	u.check(err)
	return accepted.ID
}

func (u *user) hook(s *program.Server, r *program.Receiver, events ...string) client.Webhook {
	u.t.Helper()
	w, err := s.CreateWebhook(u.t.Context(), client.NewWebhook{URL: r.URL, Events: events})
	u.check(err)
	return w
}

// work leaves tasks in every state, deliveries that are owed, and a feed that is read
// in part.
func (u *user) work(s *program.Server) {
	t, ctx := u.t, u.t.Context()
	u.hook(s, u.ok, "task.*", "order.paid")
	u.hook(s, u.failing, "order.paid")
	u.holds = u.hook(s, u.held, "task.completed")
	paused := "paused"
	_, err := s.UpdateWebhook(ctx, u.holds.ID, client.WebhookChange{State: &paused})
	u.check(err)
	done := u.submit(s, string(quick("")), u.job.URL)
	u.submit(s, string(quick(`,"fail":"No."`)), "")
	cancelled := u.submit(s, `{"prompt":"x","sandbox":{"seconds":3600}}`, "")
	_, err = s.CancelTask(ctx, cancelled)
	u.check(err)
	u.data = noise(t, 200)
	u.file = upload(t, s.Client, u.data)
	w, err := s.CreateWorkflow(ctx, []byte(poster))
	u.check(err)
	u.ok.Wait(t, 2)
	u.job.Wait(t, 1)
	k, err := s.Task(ctx, done)
	u.check(err)
	u.links = append(u.links, k.Result[0].URL)
	finished, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"a boat"}`), WebhookURL: u.job.URL})
	u.check(err)
	u.job.Wait(t, 2)
	x, err := s.Execution(ctx, finished.ID)
	u.check(err)
	if x.Status != "completed" {
		t.Fatalf("the execution is %+v", x)
	}
	u.readFeed(s, 2)
	_, err = s.Publish(ctx, client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{"n":1}`)})
	u.check(err)
	u.failing.Wait(t, 1)

	long := `{"prompt":"x","width":64,"height":64,"sandbox":{"seconds":2}}`
	u.slow[u.submit(s, long, u.job.URL)] = true
	slowFlow, err := s.CreateWorkflow(ctx, []byte(strings.ReplaceAll(poster, "seconds: 0", "seconds: 1")))
	u.check(err)
	running, err := s.RunWorkflow(ctx, slowFlow.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"a ship"}`), WebhookURL: u.job.URL})
	u.check(err)
	u.execution = running.ID
}

// readFeed goes on with the feed, by pages of a size.
func (u *user) readFeed(s *program.Server, pages int) {
	u.t.Helper()
	for range pages {
		page, err := s.Feed(u.t.Context(), client.FeedQuery{After: u.cursor, Limit: 1})
		u.check(err)
		for _, e := range page.Events {
			u.read = append(u.read, string(e.Event))
		}
		u.cursor = page.Next
	}
}

// own are the links to a server, whose address and time they hold.
var own = regexp.MustCompile(`http://127\.0\.0\.1:\d+/(results|files)/([^"?]+)\?[^"]*`)

// sees is what the API shows, but for what goes on meanwhile.
func (u *user) sees(s *program.Server) map[string]string {
	u.t.Helper()
	t, ctx := u.t, u.t.Context()
	all := client.PageQuery{Limit: 100}
	shown := map[string]string{}
	show := func(what string, v any, err error) {
		t.Helper()
		u.check(err)
		text, err := json.Marshal(v)
		u.check(err)
		shown[what] = own.ReplaceAllString(string(text), "$1/$2")
	}
	tasks, err := s.Tasks(ctx, client.TaskQuery{PageQuery: all})
	u.check(err)
	for _, k := range tasks.Items {
		if k.Status == "pending" || k.Status == "running" {
			u.slow[k.ID] = true
		}
		if !u.slow[k.ID] {
			show("task "+k.ID, k, nil)
		}
	}
	deliveries, err := s.Deliveries(ctx, client.DeliveryQuery{PageQuery: all})
	u.check(err)
	for _, d := range deliveries.Items {
		if d.State == "pending" && !d.Held {
			u.slow[d.ID] = true
		}
		if !u.slow[d.ID] && !u.slow[d.Subject] && d.Subject != u.execution {
			show("delivery "+d.ID, d, nil)
			attempts, err := s.Attempts(ctx, d.ID)
			show("attempts of "+d.ID, attempts, err)
		}
	}
	hooks, err := s.Webhooks(ctx, client.WebhookQuery{PageQuery: all})
	show("webhooks", hooks, err)
	files, err := s.Files(ctx, all)
	show("files", files, err)
	keys, err := s.Keys(ctx, all)
	show("keys", keys, err)
	return shown
}

// goesOn waits for what was owed and under way, reads the feed to its end and opens
// the links of before.
func (u *user) goesOn(was, s *program.Server) {
	t, ctx := u.t, u.t.Context()
	again := u.failing.Wait(t, 2)
	if a, b := again[0], again[1]; !bytes.Equal(a.Body, b.Body) || a.Header.Get("webhook-id") != b.Header.Get("webhook-id") {
		t.Errorf("the retry is %s, the first attempt was %s", b.Body, a.Body)
	}
	u.job.Wait(t, 4)
	active := "active"
	_, err := s.UpdateWebhook(ctx, u.holds.ID, client.WebhookChange{State: &active})
	u.check(err)
	u.held.Wait(t, 2)
	x, err := s.Execution(ctx, u.execution)
	u.check(err)
	if x.Status != "completed" {
		t.Errorf("the execution that was under way is %+v", x)
	}
	for _, link := range u.links {
		if status, got := fetch(t, http.MethodGet, strings.Replace(link, was.URL, s.URL, 1)); status != http.StatusOK || len(got) == 0 {
			t.Errorf("a result answers %d with %d bytes", status, len(got))
		}
	}
	f, err := s.File(ctx, u.file.ID)
	u.check(err)
	if status, got := fetch(t, http.MethodGet, f.URL); status != http.StatusOK || !bytes.Equal(got, u.data) {
		t.Errorf("the file answers %d with %d bytes", status, len(got))
	}
	_, err = s.Publish(ctx, client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{"n":2}`)})
	u.check(err)
	whole, err := s.Feed(ctx, client.FeedQuery{Limit: 500})
	u.check(err)
	u.readFeed(s, len(whole.Events)-len(u.read))
	var want []string
	for _, e := range whole.Events {
		want = append(want, string(e.Event))
	}
	once := map[string]bool{}
	for _, e := range u.read {
		once[e] = true
	}
	if !slices.Equal(u.read, want) || len(slices.Collect(maps.Keys(once))) != len(want) {
		t.Errorf("the feed was read as\n%s\nand is\n%s", strings.Join(u.read, "\n"), strings.Join(want, "\n"))
	}
}

// TestMoveFilesInterrupted kills the sending of files, and loses and damages some.
func TestMoveFilesInterrupted(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	s := program.Start(t, nil)
	r := program.NewReceiver(t)
	for _, input := range []json.RawMessage{large(), large(), quick(""), large()} { // the small one is not among the files
		ask := submission(input)
		ask.WebhookURL = r.URL
		if _, err := s.Submit(t.Context(), "seedream", "text-to-image", ask); err != nil {
			t.Fatal(err)
		}
	}
	r.Wait(t, 4)
	upload(t, s.Client, noise(t, 130))
	s.Stop(t)
	cfg := *s.Config
	in(b)(&cfg)
	ended := errors.New("ended here")
	o := app.MoveOptions{S3: cfg.S3, Logger: slog.New(slog.DiscardHandler),
		MoveOptions: store.MoveOptions{Dir: cfg.Data, URL: pgtest.Database(t), Fault: func(point string) error {
			if point == "move:files" {
				return ended
			}
			return nil
		}}}
	for range 2 { // results, then uploads
		if _, err := app.Move(t.Context(), o); !errors.Is(err, ended) {
			t.Fatal(err)
		}
		half := cfg
		half.Data, half.DatabaseURL = t.TempDir(), config.NewSecret(o.URL)
		if _, err := app.Open(t.Context(), app.Options{Config: &half, Logger: o.Logger}); !errors.Is(err, store.ErrMoving) {
			t.Errorf("a server on half of the data: %v", err)
		}
		if _, err := os.Stat(filepath.Join(half.Data, "taskhook.key")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it left a key file: %v", err)
		}
	}
	o.Fault = nil
	moved, err := app.Move(t.Context(), o)
	if err != nil || moved.Files[store.ResultFiles].Kept != 3 || moved.Files[store.UploadedFiles].Kept != 1 || objects(t, b, "artifacts") != 3 || objects(t, b, "files") != 1 {
		t.Fatalf("moved %+v, %v", moved.Files, err)
	}

	// Again, to another database: two of the three are there already, one is lost.
	o.URL = pgtest.Database(t)
	names, err := filepath.Glob(filepath.Join(cfg.Data, "artifacts", "*", "art_*"))
	if err != nil || len(names) != 3 {
		t.Fatal(names, err)
	}
	for _, name := range []string{names[0], strings.Replace(names[0], cfg.Data, filepath.Join(b.Dir, "taskhook"), 1)} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(names[1])
	if err == nil {
		err = os.WriteFile(names[1], whole[1:], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Move(t.Context(), o); err == nil || !strings.Contains(err.Error(), names[1]+" is damaged") {
		t.Fatalf("a damaged file: %v", err)
	}
	if err := os.Remove(names[1]); err != nil { // as it says
		t.Fatal(err)
	}
	moved, err = app.Move(t.Context(), o)
	if got := moved.Files[store.ResultFiles]; err != nil || got.Kept != 2 || got.Missing != 1 {
		t.Errorf("moved %+v, %v", moved.Files, err)
	}

	// The folder of the bucket is that of the database.
	stranger := program.Start(t, nil)
	stranger.Stop(t)
	o.Dir, o.URL = stranger.Config.Data, pgtest.Database(t)
	if _, err := app.Move(t.Context(), o); err == nil || !strings.Contains(err.Error(), "keeps the files of another installation") {
		t.Errorf("the bucket of another: %v", err)
	}
}
