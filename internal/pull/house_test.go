package pull

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/task"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
)

// partSize is small, so that little is much.
const partSize = 4096

const models = `
models:
  acme:
    draw: {capabilities: {text-to-video: vidu-q3}, adapter: worker, lease: 30s, timeout: 10m}
    once: {capabilities: {text-to-video: vidu-q3}, adapter: "worker:big", lease: 30s, rerun: false}
    soon: {capabilities: {text-to-video: vidu-q3}, adapter: worker, wait: 90s}
    patient: {capabilities: {text-to-video: vidu-q3}, adapter: worker, wait: 0}
    own: {capabilities: {text-to-video: vidu-q3}, adapter: "command:own"}
`

// inputs says of a file what task's tests do.
type inputs struct{}

func (inputs) Reference(_ context.Context, _ string, input json.RawMessage) (json.RawMessage, error) {
	return input, nil
}

func (inputs) Resolve(_ context.Context, account string, input json.RawMessage) (json.RawMessage, error) {
	if strings.Contains(string(input), "file:gone") {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "The file is gone.")
	}
	return json.RawMessage(strings.ReplaceAll(string(input), "file:", "link:"+account+":")), nil
}

type links struct{}

func (links) Permanent(a taskhook.Artifact) string { return a.Name }

// house is a database with a server that gives tasks to workers, on fake time.
type house struct {
	*testing.T
	store   *store.Store
	files   *artifact.Store
	service *Service
	tasks   *task.Service
	options Options
	stop    func()

	mu   sync.Mutex
	told []taskhook.Outcome // what events were made of
}

func inHouse(t *testing.T, test func(h *house)) {
	t.Parallel()
	dir := datadir.Migrated(t)
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t}
		h.open(dir)
		h.start()
		test(h)
		h.stop()
		if err := errors.Join(h.store.Close(), h.files.Close()); err != nil {
			t.Error(err)
		}
	})
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) open(dir string) {
	keys, err := keyring.New(make([]byte, keyring.KeySize))
	h.must(err)
	log := slog.New(&testkit.Logs{})
	h.store, err = store.Open(h.Context(), store.Options{Dir: dir, Sealer: keys, Migrate: true, Eager: true, Logger: log})
	h.must(err)
	h.files, err = artifact.Open(dir+"/artifacts", 1<<30)
	h.must(err)
	source, err := catalogue.Parse("test.yaml", []byte(models))
	h.must(err)
	known, err := catalogue.Load(source)
	h.must(err)
	adapters, err := provider.NewRegistry()
	h.must(err)
	outcomes := &task.Outcomes{Primary: h.tell, Links: links{}}
	endings := task.NewEndings()
	h.options = Options{Leases: h.store, Ends: h.store, Directory: h.store, Parts: h.store, Files: h.files, Inputs: inputs{}, Reports: h.store,
		Catalogue: known, Outcomes: outcomes, Endings: endings, Logger: log, Now: time.Now, Wait: 3 * time.Minute, PartSize: partSize}
	h.tasks = task.NewService(task.ServiceOptions{Store: h.store, Inputs: inputs{}, Catalogue: known, Adapters: adapters, Workers: h.store, Endings: endings,
		Created: func(adapter string) { h.service.Created(adapter) }, Cancelled: func(string) {}})
}

func (h *house) tell(o taskhook.Outcome) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, o)
	return []byte(`{"id":"` + o.EventID + `"}`)
}

// start begins a new life of the server.
func (h *house) start() {
	s := New(h.options)
	h.service = s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			h.Error(err)
		}
	}()
	h.stop = func() {
		cancel()
		<-done
	}
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (h *house) submit(account, model string, change ...func(*taskhook.NewTask)) taskhook.Task {
	h.Helper()
	n := taskhook.NewTask{Provider: "acme", Capability: "text-to-video", Model: model, Input: json.RawMessage(`{"prompt":"a cat"}`)}
	for _, do := range change {
		do(&n)
	}
	k, _, err := h.tasks.Create(h.Context(), taskhook.Identity{AccountID: account}, n)
	h.must(err)
	return k
}

func worker(name string) taskhook.Worker { return taskhook.Worker{Name: name, Capacity: 1} }

// lease takes the one task that there is for a worker, at once.
func (h *house) lease(w taskhook.Worker) Job {
	h.Helper()
	jobs, _, err := h.service.Lease(h.Context(), taskhook.Limits{}, w, 1, 0)
	h.must(err)
	if len(jobs) != 1 {
		h.Fatalf("%s got %d tasks", w.Name, len(jobs))
	}
	return jobs[0]
}

func (h *house) none(w taskhook.Worker) {
	h.Helper()
	jobs, _, err := h.service.Lease(h.Context(), taskhook.Limits{}, w, 1, 0)
	h.must(err)
	if len(jobs) > 0 {
		h.Fatalf("%s got a task", w.Name)
	}
}

// send sends an output whole and says what it is.
func (h *house) send(j Job, output int, text string) Result {
	h.Helper()
	_, err := h.service.Receive(h.Context(), j.ID, output, 0, strings.NewReader(text))
	h.must(err)
	return resultOf(text)
}

func (h *house) beat(j Job, percent int) Standing {
	h.Helper()
	answer, err := h.service.Heartbeat(h.Context(), j.ID, percent)
	h.must(err)
	return answer.Standing
}

func (h *house) read(k taskhook.Task) taskhook.Task {
	h.Helper()
	k, err := h.tasks.Task(h.Context(), k.AccountID, k.ID)
	h.must(err)
	return k
}

// expect holds that a task has come to a state, and that no file is kept but its
// results.
func (h *house) expect(k taskhook.Task, want taskhook.TaskState) taskhook.Task {
	h.Helper()
	pass(tidyEvery + time.Second)
	k = h.read(k)
	if k.State != want {
		h.Errorf("task is %s (%+v), want %s", k.State, k.Error, want)
	}
	var kept, results []string
	for id, err := range h.files.IDs(h.Context()) {
		h.must(err)
		kept = append(kept, id)
	}
	for _, a := range k.Results {
		results = append(results, a.ID)
	}
	if slices.Sort(results); !slices.Equal(kept, results) {
		h.Errorf("files %v are kept for results %v", kept, results)
	}
	return k
}

func (h *house) content(a taskhook.Artifact) string {
	h.Helper()
	f, err := h.files.Get(h.Context(), a.ID)
	h.must(err)
	defer f.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	h.must(err)
	return b.String()
}

func (h *house) code(what string, err error, want taskhook.Code) {
	h.Helper()
	if got := taskhook.ErrorCode(err); got != want {
		h.Errorf("%s: %q, want %q: %v", what, got, want, err)
	}
}
