package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/testkit/program"
	"github.com/taskhook/taskhook/internal/worker"
)

const workerModels = `
models:
  acme: {draw: {adapter: worker, lease: 2s, capabilities: {text-to-image: acme-image}}}
schemas:
  acme-image: {type: object, required: [prompt], properties: {prompt: {type: string}}}
`

// withWorkers is a configuration whose model is run by workers.
func withWorkers(t *testing.T) func(*config.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "models.yaml")
	if err := os.WriteFile(file, []byte(workerModels), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *config.Config) {
		loaded, err := config.Load(&config.Config{Catalogue: []string{file}}, []string{"catalogue"}, func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		loaded.Data, loaded.Listen, loaded.Dev, loaded.BootstrapKey = c.Data, c.Listen, c.Dev, c.BootstrapKey
		*c = *loaded
	}
}

func workerKey(t *testing.T, s *program.Server) string {
	t.Helper()
	return s.NewKey(t, "", taskhook.NewKey{Limits: taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeWorker}}})
}

// workersOf starts a server whose model is run by workers, and returns it as they see
// it.
func workersOf(t *testing.T) (*program.Server, *client.Workers) {
	t.Helper()
	s := program.Start(t, withWorkers(t))
	return s, client.NewWorkers(s.URL, workerKey(t, s))
}

func draw(t *testing.T, s *program.Server) string {
	t.Helper()
	k, err := s.Submit(t.Context(), "acme", "text-to-image", client.Submission{Model: "draw", Input: json.RawMessage(`{"prompt":"a cat"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return k.ID
}

func lease(t *testing.T, w *client.Workers, name string) client.Lease {
	t.Helper()
	got, err := w.Lease(t.Context(), client.LeaseRequest{Worker: name, Capacity: 1, Wait: 5})
	if err != nil || len(got.Leases) != 1 {
		t.Fatalf("%s got %+v: %v", name, got, err)
	}
	return got.Leases[0]
}

func outputOf(text string) []client.Output {
	sum := sha256.Sum256([]byte(text))
	return []client.Output{{Name: "out.txt", Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}}
}

// breaks is a body that breaks off.
type breaks struct{ io.Reader }

func (b breaks) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("cut")
	}
	return n, err
}

// TestWorkersOverHTTP follows tasks through the API of workers: two share them, an
// upload goes on after a cut, and what comes under a lease that is over changes nothing.
func TestWorkersOverHTTP(t *testing.T) {
	t.Parallel()
	s, w := workersOf(t)
	ctx := t.Context()
	draw(t, s)
	draw(t, s)
	one, two := lease(t, w, "gpu-1"), lease(t, w, "gpu-2")
	if one.Task == two.Task || string(one.Input) != `{"prompt":"a cat"}` || one.Attempt != 1 || one.Heartbeat <= 0 {
		t.Fatalf("leases %+v, %+v", one, two)
	}
	beat, err := w.Heartbeat(ctx, one.ID, 30)
	if err != nil || beat.Status != client.LeaseContinue || beat.Heartbeat != one.Heartbeat || !beat.ExpiresAt.After(time.Now()) {
		t.Fatalf("heartbeat %+v: %v", beat, err)
	}
	if k, err := s.Task(ctx, one.Task); err != nil || k.Worker != "gpu-1" || k.Adapter != "worker" || k.Progress != 30 || k.Status != "running" {
		t.Errorf("task %+v: %v", k, err)
	}

	const text = "a picture of a cat, in words"
	if _, err := w.Send(ctx, one.ID, 0, 0, breaks{strings.NewReader(text[:10])}); err == nil {
		t.Error("a cut upload succeeds")
	}
	var have int64
	for deadline := time.Now().Add(10 * time.Second); have == 0 && time.Now().Before(deadline); { // what had arrived is being made durable
		if have, err = w.Received(ctx, one.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
	if have > 10 {
		t.Fatalf("%d bytes arrived", have)
	}
	_, err = w.Send(ctx, one.ID, 0, have+1, strings.NewReader(text[have:]))
	refused(t, "a gap", err, http.StatusConflict, "CONFLICT")
	if have, err = w.Send(ctx, one.ID, 0, have, strings.NewReader(text[have:])); err != nil || have != int64(len(text)) {
		t.Fatalf("%d bytes: %v", have, err)
	}
	if err := w.Complete(ctx, one.ID, outputOf(text)); err != nil {
		t.Fatal(err)
	}
	k, err := s.Task(ctx, one.Task)
	if err != nil || k.Status != "succeeded" || len(k.Result) != 1 || k.Result[0].SizeBytes != int64(len(text)) {
		t.Errorf("task %+v: %v", k, err)
	}

	if err := w.Release(ctx, two.ID); err != nil {
		t.Fatal(err)
	}
	again := lease(t, w, "gpu-1")
	refused(t, "completion under a lease that is over", w.Complete(ctx, two.ID, outputOf(text)), http.StatusConflict, "CONFLICT")
	if beat, err = w.Heartbeat(ctx, two.ID, 1); err != nil || beat.Status != client.LeaseLost {
		t.Errorf("heartbeat %+v: %v", beat, err)
	}
	if _, err := s.CancelTask(ctx, again.Task); err != nil {
		t.Fatal(err)
	}
	if beat, err = w.Heartbeat(ctx, again.ID, 1); err != nil || beat.Status != client.LeaseCancelled {
		t.Errorf("heartbeat %+v: %v", beat, err)
	}
}

// TestKeysOfWorkers holds that keys of workers do nothing else, and others not that.
func TestKeysOfWorkers(t *testing.T) {
	t.Parallel()
	s, w := workersOf(t)
	ctx := t.Context()
	_, err := client.NewWorkers(s.URL, program.Key).Lease(ctx, client.LeaseRequest{Worker: "w", Capacity: 1})
	refused(t, "a lease by a key that may do everything", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")
	_, err = client.NewWorkers(s.URL, "").Workers(ctx)
	refused(t, "no key", err, http.StatusUnauthorized, "AUTH_REQUIRED")
	_, err = s.CreateKey(ctx, client.NewKey{Name: "w", Permissions: map[string]bool{"worker": true}})
	refused(t, "the key of a worker, made by a tenant", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")

	limits := taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeWorker}, Models: []string{"paint"}}
	key := s.NewKey(t, "", taskhook.NewKey{Limits: limits})
	api := client.New(s.URL, key)
	_, err = api.Tasks(ctx, client.TaskQuery{})
	refused(t, "tasks", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")
	_, err = api.Submit(ctx, "acme", "text-to-image", client.Submission{Model: "draw", Input: json.RawMessage(`{"prompt":"a cat"}`)})
	refused(t, "a submission", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")
	draw(t, s)
	if got, err := client.NewWorkers(s.URL, key).Lease(ctx, client.LeaseRequest{Worker: "w", Capacity: 1}); err != nil || len(got.Leases) != 0 {
		t.Errorf("a key of another model gets %+v: %v", got, err)
	}
	for what, ask := range map[string]client.LeaseRequest{
		"no name": {Capacity: 1}, "too much": {Worker: "w", Capacity: 1000}, "a long wait": {Worker: "w", Capacity: 1, Wait: 61},
		"more than it can": {Worker: "w", Capacity: 1, Free: new(2)}, "a blank": {Worker: "w", Capacity: 1, Models: []string{"a b"}},
	} {
		if _, err := w.Lease(ctx, ask); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// making is an adapter that makes a file when it is let, or waits for its end.
type making struct{ begun, let chan struct{} }

func (m *making) Name() string { return "making" }

func (m *making) Run(ctx context.Context, _ provider.Request, sink provider.Sink) error {
	m.begun <- struct{}{}
	select {
	case <-m.let:
		sink.Progress(50)
		return sink.Output(ctx, provider.Output{Name: "out.txt"}, bytes.NewReader([]byte("made")))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestWorkerProgram holds that a worker that stops finishes what it has, gives it back
// when it is hurried, stops what was cancelled, and ends when it is drained from
// elsewhere.
func TestWorkerProgram(t *testing.T) {
	t.Parallel()
	s, w := workersOf(t)
	m := &making{begun: make(chan struct{}, 9), let: make(chan struct{}, 9)}
	run := func(session string, ctx, hurry context.Context) <-chan error {
		done := make(chan error, 1)
		p := worker.New(worker.Options{Server: w, Adapter: m, Logger: slog.New(slog.DiscardHandler),
			Ask: client.LeaseRequest{Worker: "gpu-1", Session: session, Capacity: 2}})
		go func() { done <- p.Run(ctx, hurry) }()
		return done
	}
	expect := func(what, id, status string) {
		t.Helper()
		if k, err := s.Task(t.Context(), id); err != nil || k.Status != status {
			t.Errorf("%s: %+v, %v", what, k, err)
		}
	}
	ended := func(done <-chan error) {
		t.Helper()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}

	stopping, stop := context.WithCancel(t.Context())
	done := run("one", stopping, t.Context())
	id := draw(t, s)
	<-m.begun
	stop()
	m.let <- struct{}{}
	ended(done)
	expect("under way at the stop", id, "succeeded")

	id = draw(t, s)
	expect("submitted later", id, "pending")
	hurried, hurry := context.WithCancel(t.Context())
	done = run("two", hurried, hurried)
	<-m.begun
	expect("under way", id, "running")
	hurry()
	ended(done)
	expect("under way when hurried", id, "pending")

	done = run("three", t.Context(), t.Context())
	<-m.begun
	if _, err := s.CancelTask(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := w.Drain(t.Context(), "gpu-1"); err != nil {
		t.Fatal(err)
	}
	ended(done) // for it is told of the cancel
}

// TestWorkersOfSeveralServers has a worker speak to another server with each call, as
// behind a load balancer.
func TestWorkersOfSeveralServers(t *testing.T) {
	t.Parallel()
	if !pgtest.Need(t) {
		return
	}
	url, files := pgtest.Database(t), t.TempDir()
	a := program.Start(t, func(c *config.Config) {
		withWorkers(t)(c)
		c.Files, c.DatabaseURL = files, config.NewSecret(url)
	})
	secret, err := os.ReadFile(filepath.Join(a.Config.Data, "taskhook.key"))
	if err != nil {
		t.Fatal(err)
	}
	b := program.Start(t, func(c *config.Config) {
		withWorkers(t)(c)
		c.Files, c.DatabaseURL = files, config.NewSecret(url)
		if err := os.WriteFile(filepath.Join(c.Data, "taskhook.key"), secret, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	key := workerKey(t, a)
	atA, atB := client.NewWorkers(a.URL, key), client.NewWorkers(b.URL, key)
	waiting := make(chan client.Leased)
	go func() {
		got, err := atB.Lease(t.Context(), client.LeaseRequest{Worker: "gpu-1", Capacity: 1, Wait: 30})
		if err != nil {
			t.Error(err)
		}
		waiting <- got
	}()
	id := draw(t, a)
	got := <-waiting
	if len(got.Leases) != 1 || got.Leases[0].Task != id {
		t.Fatalf("leases %+v", got)
	}
	l := got.Leases[0].ID
	const text = "half and half"
	if _, err := atB.Send(t.Context(), l, 0, 0, strings.NewReader(text[:5])); err != nil {
		t.Fatal(err)
	}
	if beat, err := atA.Heartbeat(t.Context(), l, 50); err != nil || beat.Status != client.LeaseContinue {
		t.Errorf("heartbeat %+v: %v", beat, err)
	}
	if have, err := atA.Send(t.Context(), l, 0, 5, strings.NewReader(text[5:])); err != nil || have != int64(len(text)) {
		t.Fatalf("%d bytes: %v", have, err)
	}
	if err := atB.Complete(t.Context(), l, outputOf(text)); err != nil {
		t.Fatal(err)
	}
	if err := atA.Complete(t.Context(), l, outputOf(text)); err != nil {
		t.Errorf("once more at the other: %v", err)
	}
	k, err := a.Task(t.Context(), id)
	if err != nil || k.Status != "succeeded" {
		t.Fatalf("task %+v: %v", k, err)
	}
	if status, body := fetch(t, http.MethodGet, k.Result[0].URL); status != http.StatusOK || string(body) != text {
		t.Errorf("result %d %q", status, body)
	}
}
