package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// models maps one model to each adapter of the tests.
const models = `
models:
  acme:
    one: {capabilities: {text-to-video: vidu-q3}, adapter: "command:one", timeout: 10m, estimate: 7s}
    single: {capabilities: {text-to-video: vidu-q3}, adapter: "command:single", timeout: 10m}
    picky: {capabilities: {text-to-video: vidu-q3}, adapter: "command:picky"}
    paid: {capabilities: {text-to-video: vidu-q3}, adapter: "http:paid", timeout: 10m}
    sold: {capabilities: {text-to-video: vidu-q3}, vendors: [{adapter: "http:paid", model: paid-1, price: 0.02}, {adapter: "http:other", price: 0.01}], price: 0, timeout: 10m}
    cheap: {capabilities: {text-to-video: vidu-q3}, vendors: [{adapter: "http:paid", price: 0.02}, {adapter: "http:other", price: 0.01}], choose: price, price: 0}
    sound: {capabilities: {text-to-video: vidu-q3}, vendors: [{adapter: "http:paid"}, {adapter: "http:other"}], choose: health}
    nobody: {capabilities: {text-to-video: vidu-q3}}
`

// loaded is the catalogue of all tests, which takes a while to read.
var loaded = sync.OnceValues(func() (*catalogue.Catalogue, error) {
	source, err := catalogue.Parse("test.yaml", []byte(models))
	if err != nil {
		return nil, err
	}
	return catalogue.Load(source)
})

// inputs holds that files are references inside: a link to one is "link:x".
type inputs struct{}

func (inputs) Reference(_ context.Context, account string, input json.RawMessage) (json.RawMessage, error) {
	if strings.Contains(string(input), "link:foreign") {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "No such file.")
	}
	return json.RawMessage(strings.ReplaceAll(string(input), "link:", "file:")), nil
}

func (inputs) Resolve(_ context.Context, account string, input json.RawMessage) (json.RawMessage, error) {
	if strings.Contains(string(input), "file:gone") {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "The file is gone.")
	}
	return json.RawMessage(strings.ReplaceAll(string(input), "file:", "fresh:"+account+":")), nil
}

// house is a store with one node that runs tasks on fake time, by adapters that
// do what a test tells them.
type house struct {
	*testing.T
	store   *store.Store
	files   *files
	faults  *testkit.Faults
	logs    *testkit.Logs
	one     *script
	single  *script
	paid    *remote
	other   *remote
	service *Service
	options WorkerOptions
	node    *node
	claimed func(runs []taskhook.ClaimedRun) // called when a claim is stored, and not yet known; may be nil
	lost    atomic.Bool                      // the node has lost its place, and the process has joined as another

	mu   sync.Mutex
	told []taskhook.Outcome // by the renderer of the primary form
}

// node is a Worker that runs.
type node struct {
	*Worker
	runs   *mortalRuns
	cancel context.CancelFunc
	done   chan struct{}
}

// inHouse runs a test in a bubble of fake time, with a node started.
func inHouse(t *testing.T, test func(h *house)) {
	t.Parallel()
	dir := datadir.Migrated(t)
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t, faults: &testkit.Faults{}, logs: &testkit.Logs{}, one: &script{name: "command:one"}, single: &script{name: "command:single", slots: 1},
			paid: &remote{script: script{name: "http:paid"}}, other: &remote{script: script{name: "http:other"}}}
		h.open(dir)
		defer h.close()
		h.start()
		test(h)
	})
}

func (h *house) open(dir string) {
	keys, err := keyring.New(make([]byte, keyring.KeySize))
	if err != nil {
		h.Fatal(err)
	}
	log := slog.New(h.logs)
	h.store, err = store.Open(h.Context(), store.Options{Dir: dir, Sealer: keys, Migrate: true, Eager: true, Logger: log, Fault: h.faults.At})
	if err != nil {
		h.Fatal(err)
	}
	kept, err := artifact.Open(dir+"/artifacts", 1<<20)
	if err != nil {
		h.Fatal(err)
	}
	h.files = &files{Store: kept}
	known, err := loaded()
	if err != nil {
		h.Fatal(err)
	}
	adapters, err := provider.NewRegistry(h.one, h.single, h.paid, h.other, &picky{script{name: "command:picky"}}, &script{name: catalogue.Sandbox})
	if err != nil {
		h.Fatal(err)
	}
	outcomes := Outcomes{Primary: h.tell, Schedule: taskhook.Schedule{time.Minute}, Links: links{}, Faces: map[string]FaceWebhook{
		"face": {Render: func(o taskhook.Outcome) []byte { return []byte("face " + o.EventID) }, Schedule: taskhook.Schedule{time.Hour}}}}
	h.options = WorkerOptions{Progress: h.store, Files: h.files, Inputs: inputs{}, Adapters: adapters, Catalogue: known, Outcomes: outcomes, Logger: log, Endings: NewEndings(), Vendors: NewVendors()}
	h.service = NewService(ServiceOptions{Store: h.store, Inputs: inputs{}, Catalogue: known, Adapters: adapters, CheckURL: url.Parse, Endings: h.options.Endings, Vendors: h.options.Vendors,
		Created: func(adapter string) { h.node.Created(adapter) }, Cancelled: func(id string) { h.node.Cancelled(id) }})
}

// start joins with a new node.
func (h *house) start() {
	h.Helper()
	o := h.options
	id := taskhook.NewID(taskhook.PrefixNode, time.Now())
	o.Lease = func() taskhook.Lease {
		if h.lost.Load() {
			return taskhook.Lease{Node: id + "_next"}
		}
		return taskhook.Lease{Node: id}
	}
	runs := &mortalRuns{RunStore: h.store, SubmissionStore: h.store, claimed: h.claimed}
	o.Runs, o.Ledger = runs, runs
	if err := h.store.Join(h.Context(), taskhook.Node{ID: id, StartedAt: time.Now()}, noInbox{}); err != nil {
		h.Fatal(err)
	}
	n := &node{Worker: NewWorker(o), runs: runs, done: make(chan struct{})}
	h.node = n
	var ctx context.Context
	ctx, n.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(n.done)
		if err := n.Run(ctx); err != nil {
			h.Error(err)
		}
	}()
}

// stop ends the node gracefully.
func (h *house) stop() {
	h.node.cancel()
	<-h.node.done
	if err := h.store.Leave(context.Background(), h.node.Lease().Node); err != nil {
		h.Error(err)
	}
}

// crash ends the node as a kill does: nothing that it learns is kept any more.
func (h *house) crash() {
	h.node.runs.dead.Store(true)
	h.node.cancel()
	<-h.node.done
}

func (h *house) close() {
	h.faults.Set(nil)
	h.node.cancel()
	<-h.node.done
	if n := len(h.node.running); n > 0 {
		h.Errorf("%d runs are left", n)
	}
	if err := errors.Join(h.store.Close(), h.files.Close()); err != nil {
		h.Error(err)
	}
}

// pass lets fake time go by and all work that it brings end.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// newTask asks for a model of acme.
func newTask(model string) taskhook.NewTask {
	return taskhook.NewTask{Face: "face", Provider: "acme", Capability: "text-to-video", Model: model, Input: json.RawMessage(`{"prompt":"a cat"}`)}
}

// create submits a task of an account.
func (h *house) create(account, model string) taskhook.Task {
	h.Helper()
	k, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: account}, newTask(model))
	if err != nil {
		h.Fatal(err)
	}
	return k
}

// read returns a task as it is now.
func (h *house) read(k taskhook.Task) taskhook.Task {
	h.Helper()
	k, err := h.service.Task(h.Context(), k.AccountID, k.ID)
	if err != nil {
		h.Fatal(err)
	}
	return k
}

// expect holds that a task has come to a state and that as many events tell of it
// as they should.
func (h *house) expect(k taskhook.Task, want taskhook.TaskState) taskhook.Task {
	h.Helper()
	k = h.read(k)
	if k.State != want {
		h.Errorf("task is %s (%+v), want %s", k.State, k.Error, want)
	}
	told := 0
	if want == taskhook.TaskSucceeded || want == taskhook.TaskFailed {
		told = 1
	}
	if got := h.events(k.ID); len(got) != told {
		h.Errorf("%d events tell of it, want %d", len(got), told)
	}
	if kept := h.files.ids(h.T); len(kept) != len(k.Results) {
		h.Errorf("%d files are kept for %d results", len(kept), len(k.Results))
	}
	return k
}

// events are those about a task that are durable.
func (h *house) events(taskID string) (found []taskhook.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.told {
		if o.Task.ID != taskID {
			continue
		}
		if e, err := h.store.Event(context.Background(), o.Task.AccountID, o.EventID); err == nil {
			found = append(found, e)
		}
	}
	return found
}

// tell is the primary form.
func (h *house) tell(o taskhook.Outcome) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, o)
	return fmt.Appendf(nil, "primary %s %s %v", o.EventID, o.EventType, o.Links)
}

type links struct{}

func (links) Permanent(a taskhook.Artifact) string { return "https://here/" + a.Name }

type noInbox struct{}

func (noInbox) Reserve(string, int64, int) bool { return false }
func (noInbox) Cancel(string, int64, int)       {}
func (noInbox) Push([]taskhook.Outgoing)        {}
func (noInbox) Wake(string, bool)               {}
func (noInbox) Refresh(string, bool)            {}

// script is an adapter that does what it is told, and notes when. Without being
// told it yields one output.
type script struct {
	name  string
	slots int

	mu   sync.Mutex
	runs []begun
	do   func(ctx context.Context, r provider.Request, sink provider.Sink) error
}

// begun is one call of Run.
type begun struct {
	at      time.Time
	request provider.Request
}

func (s *script) Name() string     { return s.name }
func (s *script) Concurrency() int { return s.slots }

func (s *script) Run(ctx context.Context, r provider.Request, sink provider.Sink) error {
	s.mu.Lock()
	s.runs = append(s.runs, begun{time.Now(), r})
	do := s.do
	s.mu.Unlock()
	if do == nil {
		return output(ctx, sink, "a.txt")
	}
	return do(ctx, r, sink)
}

func (s *script) set(do func(ctx context.Context, r provider.Request, sink provider.Sink) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.do = do
}

func (s *script) begun() []begun {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.runs)
}

// remote is a script whose work goes on elsewhere.
type remote struct {
	script
	repeatable bool
	account    string
	wait       func(ctx context.Context) error // before it asks; may be nil
}

// Run says that it asks before it does, and then does what it is told.
func (r *remote) Run(ctx context.Context, q provider.Request, sink provider.Sink) error {
	if q.Handle == "" && r.wait != nil {
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
	if q.Handle == "" {
		if err := sink.Asking(ctx); err != nil {
			return err
		}
	}
	return r.script.Run(ctx, q, sink)
}

func (r *remote) Account() string { return r.account }

func (r *remote) Repeatable() bool { return r.repeatable }

// output yields one result.
func output(ctx context.Context, sink provider.Sink, name string) error {
	return sink.Output(ctx, provider.Output{Name: name}, strings.NewReader("the bytes of "+name))
}

// working lasts for d and then yields one output.
func working(d time.Duration) func(context.Context, provider.Request, provider.Sink) error {
	return func(ctx context.Context, _ provider.Request, sink provider.Sink) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
		}
		return output(ctx, sink, "a.txt")
	}
}

// picky takes no cats.
type picky struct{ script }

func (*picky) Validate(input json.RawMessage) error {
	if strings.Contains(string(input), "cat") {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "input.prompt", "No cats.")
	}
	return nil
}

// files keeps results, and is full or away when told so.
type files struct {
	*artifact.Store
	full atomic.Int64 // how many puts are refused
	away atomic.Int64 // how many puts find no storage
}

func (f *files) Take(ctx context.Context, id, name string, r io.Reader, small int64) (artifact.File, []byte, error) {
	if f.full.Add(-1) >= 0 {
		return artifact.File{}, nil, fmt.Errorf("store artifact: %w", taskhook.Errorf(taskhook.CodeStorageFull, "The disk is full."))
	}
	if f.away.Add(-1) >= 0 {
		return artifact.File{}, nil, fmt.Errorf("store artifact: %w", taskhook.Errorf(taskhook.CodeUnavailable, "The bucket does not answer."))
	}
	return f.Store.Take(ctx, id, name, r, small)
}

func (f *files) ids(t *testing.T) (ids []string) {
	t.Helper()
	for id, err := range f.IDs(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// mortalRuns is a RunStore that a dead node can't reach.
type mortalRuns struct {
	RunStore
	SubmissionStore
	dead    atomic.Bool
	calls   atomic.Int64
	claimed func(runs []taskhook.ClaimedRun)
}

var errDead = errors.New("this node is dead")

func (m *mortalRuns) gone() error {
	m.calls.Add(1)
	if m.dead.Load() {
		return errDead
	}
	return nil
}

func (m *mortalRuns) ClaimRuns(ctx context.Context, now time.Time, node, adapter, last string, limit int) ([]taskhook.ClaimedRun, string, error) {
	if err := m.gone(); err != nil {
		return nil, last, err
	}
	runs, last, err := m.RunStore.ClaimRuns(ctx, now, node, adapter, last, limit)
	if m.claimed != nil && len(runs) > 0 {
		m.claimed(runs)
	}
	return runs, last, err
}

func (m *mortalRuns) SendingRun(ctx context.Context, node string, r taskhook.Run) (bool, error) {
	if err := m.gone(); err != nil {
		return false, err
	}
	return m.SubmissionStore.SendingRun(ctx, node, r)
}

func (m *mortalRuns) SentRun(ctx context.Context, node string, r taskhook.Run) (bool, error) {
	if err := m.gone(); err != nil {
		return false, err
	}
	return m.SubmissionStore.SentRun(ctx, node, r)
}

func (m *mortalRuns) ReleaseRun(ctx context.Context, node string, r taskhook.Run, due time.Time, uncounted bool) error {
	if err := m.gone(); err != nil {
		return err
	}
	return m.RunStore.ReleaseRun(ctx, node, r, due, uncounted)
}

func (m *mortalRuns) FinishRun(ctx context.Context, now time.Time, e *taskhook.RunEnd) error {
	if err := m.gone(); err != nil {
		return err
	}
	return m.RunStore.FinishRun(ctx, now, e)
}
