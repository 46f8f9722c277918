package crash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
	"github.com/taskhook/taskhook/internal/worker"
)

var workerKills = flag.Int("workerkills", 4, "how often a server is killed whose tasks workers fetch")

// workerPoints are the points around giving a task, hearing of its worker, taking its
// results, and ending it.
func workerPoints() []string {
	points := []string{"lease:taken", "part:kept", "lease:assembled", "commit:before", "commit:after"}
	for _, kind := range []string{"note_worker", "lease_runs", "renew_lease", "end_lease", "add_part", "finish_run", "create_task"} {
		points = append(points, kind+":before", kind+":after")
	}
	return points
}

// fetched has a model that workers fetch, with a short patience.
const fetched = `
models:
  seedream: {seedream-4-0: {adapter: worker, lease: 1s}}
`

// TestWorkerKills kills a server again and again while workers fetch tasks: every
// accepted task ends once, with the result that its worker made, and is told of once.
func TestWorkerKills(t *testing.T) { testWorkerKills(t, "") }

// TestWorkerKillsOnPostgres does on PostgreSQL.
func TestWorkerKillsOnPostgres(t *testing.T) {
	if pgtest.Need(t) {
		testWorkerKills(t, pgtest.Database(t))
	}
}

func testWorkerKills(t *testing.T, database string) {
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	file := filepath.Join(dir, "models.yaml")
	if err := os.WriteFile(file, []byte(fetched), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &yard{t: t, log: log, role: role{Data: filepath.Join(dir, "data"), Listen: freeAddress(t), Key: "river_live_0123456789abcdefghijklmnopqrstuv",
		Provider: file, Database: database}}
	f.life("", 0) // makes the database
	w := client.NewWorkers("http://"+f.role.Listen, f.workerKey())
	w.HTTP = &http.Client{Transport: &http.Transport{}}
	working, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range 3 {
		p := worker.New(worker.Options{Server: w, Adapter: maker{}, Logger: slog.New(slog.DiscardHandler),
			Ask: client.LeaseRequest{Worker: fmt.Sprintf("gpu-%d", i), Capacity: 4}})
		group.Go(func() {
			if err := p.Run(working, working); err != nil {
				t.Error(err)
			}
		})
	}
	tour := newTour(workerPoints())
	for f.kills = 0; f.kills < *workerKills && t.Context().Err() == nil; {
		point, visit := tour.next()
		tour.came(point, f.life(point, visit))
	}
	f.finish()
	stop()
	group.Wait()
	if t.Failed() {
		text, _ := os.ReadFile(log.Name())
		t.Logf("%s", text)
	}
}

// maker makes a result that tells of its task, of a size that takes several reads, and
// fails now and then in a way that passes.
type maker struct{}

func (maker) Name() string { return "maker" }

func (maker) Run(ctx context.Context, r provider.Request, sink provider.Sink) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(100 * time.Millisecond)):
	}
	if r.Attempt == 1 && rand.IntN(20) == 0 {
		return fmt.Errorf("a passing failure")
	}
	return sink.Output(ctx, provider.Output{Name: "made.txt"}, bytes.NewReader(made(r.TaskID)))
}

func made(task string) []byte { return []byte(strings.Repeat(task+"\n", 2000)) }

// yard is the client of servers that are killed, whose tasks workers fetch.
type yard struct {
	t     *testing.T
	role  role
	log   io.Writer
	kills int

	mu       sync.Mutex
	accepted []string
}

// freeAddress is one that all servers of a test can have one after the other.
func freeAddress(t *testing.T) string {
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// workerKey makes a key of workers, as the operator does.
func (f *yard) workerKey() string {
	var text string
	beside(f.t, f.role, func(db *store.Store) (err error) {
		text, _, err = account.New(db, keyring.HashKey, 0).Create(f.t.Context(), time.Now(), "",
			taskhook.NewKey{Limits: taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeWorker}}})
		return err
	})
	return text
}

// life runs a server that dies at the point, or else is killed in the middle of its
// work, and reports which.
func (f *yard) life(point string, visit int) (died bool) {
	r := f.role
	r.Point, r.Visit = point, visit
	s, err := start(r, f.log)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), lifetime+rand.N(lifetime)) // workers come back after a pause
	defer cancel()
	var group sync.WaitGroup
	if s.addr != "" && visit > 0 {
		c := client.New("http://"+s.addr, r.Key)
		for range 3 {
			group.Go(func() { f.submit(ctx, c) })
		}
	}
	if visit == 0 {
		cancel()
	}
	select {
	case <-s.exited:
		cancel()
	case <-ctx.Done():
	}
	group.Wait()
	s.kill()
	f.kills++
	return s.died == point
}

func (f *yard) submit(ctx context.Context, c *client.Client) {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		k, err := c.Submit(ctx, "seedream", "text-to-image", client.Submission{Model: "seedream-4-0", Input: json.RawMessage(`{"prompt":"a cat"}`)})
		if err == nil {
			f.mu.Lock()
			f.accepted = append(f.accepted, k.ID)
			f.mu.Unlock()
		}
	}
}

// finish lets a server end all, and judges.
func (f *yard) finish() {
	s, err := start(f.role, f.log)
	if err != nil || s.addr == "" {
		f.t.Fatalf("the last server does not start: %v", err)
	}
	defer s.kill()
	c := client.New("http://"+s.addr, f.role.Key)
	deadline := time.Now().Add(2 * time.Minute)
	lost := 0
	for _, id := range f.accepted {
		k, err := c.Task(f.t.Context(), id)
		for err == nil && k.CompletedAt.IsZero() && time.Now().Before(deadline) {
			pause()
			k, err = c.Task(f.t.Context(), id)
		}
		switch {
		case err != nil:
			f.t.Errorf("task %s: %v", id, err)
		case k.Status == "succeeded" && len(k.Result) == 1 && f.isMade(k.Result[0].URL, id):
		case k.Status == "failed" && k.Error.Code == taskhook.TaskErrorWorkerLost: // killed three times as it was given
			lost++
		default:
			f.t.Errorf("task %s is %s (%+v) with results %+v", id, k.Status, k.Error, k.Result)
		}
	}
	told := f.told(c)
	for _, id := range f.accepted {
		if told[id] != 1 {
			f.t.Errorf("task %s is told of %d times", id, told[id])
		}
	}
	if len(f.accepted) == 0 || lost > len(f.accepted)/10 {
		f.t.Errorf("%d of %d tasks were given up, so little is proven", lost, len(f.accepted))
	}
	f.t.Logf("%d kills, %d tasks: each ended and was told of once, %d as lost with three workers", f.kills, len(f.accepted), lost)
}

// isMade reports whether the result is what a worker makes of the task.
func (f *yard) isMade(url, task string) bool {
	_, _, hash, err := fetch(f.t.Context(), url)
	return err == nil && hash == sha256.Sum256(made(task))
}

// told counts the events of each task in the feed.
func (f *yard) told(c *client.Client) map[string]int {
	counts := map[string]int{}
	for after := ""; ; {
		page, err := c.Feed(f.t.Context(), client.FeedQuery{After: after})
		if err != nil {
			f.t.Fatal(err)
		}
		for _, e := range page.Events {
			for _, id := range f.accepted {
				if bytes.Contains(e.Event, []byte(`"`+id+`"`)) {
					counts[id]++
				}
			}
		}
		if after = page.Next; !page.More {
			return counts
		}
	}
}
