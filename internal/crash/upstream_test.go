package crash

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

var paidKills = flag.Int("paidkills", 10, "how often a server is killed that asks upstream APIs for paid work")

// paidPoints are the points around asking, looking, copying and ending.
func paidPoints() []string {
	points := []string{"run:submitted", "run:sent", "artifact:stored", "run:done", "commit:before", "commit:after"}
	for _, kind := range []string{"create_task", "claim_runs", "sending_run", "sent_run", "finish_run"} {
		points = append(points, kind+":before", kind+":after")
	}
	return points
}

// vendors describe one API thrice: as one that does what it is asked twice only once, as
// one that does it, and charges for it, twice, and as one that often refuses. A model that
// the last is to run may go to the others.
const vendors = `
providers:
  plain:
    url: &url %s
    submit: {path: /jobs, body: '{task: $task}', handle: .id}
    poll: &poll {path: '/jobs/\($handle)', every: 20ms}
    state: .state
    states: &states {done: succeeded}
    outputs: .link
  safe:
    url: *url
    submit: {path: /jobs, body: '{task: $task}', handle: .id, idempotency: Idempotency-Key}
    poll: *poll
    state: .state
    states: *states
    outputs: .link
  picky:
    url: *url
    submit: {path: /picky/jobs, body: '{task: $task}', handle: .id}
    poll: *poll
    state: .state
    states: *states
    outputs: .link
models:
  acme: {shop: {vendors: [{adapter: "http:picky"}, {adapter: "http:safe"}, {adapter: "http:plain"}], capabilities: {text-to-image: any}}}
  seedream: {seedream-4-0: {adapter: "http:plain"}}
  gemini: {nano-banana-2: {adapter: "http:safe"}}
`

// vendor is the API. It charges for every submission but those with a key that it
// knows.
type vendor struct {
	mu    sync.Mutex
	paid  map[string]int    // charges by task
	known map[string]string // jobs by key
	ready map[string]time.Time
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	id, found := strings.CutPrefix(r.URL.Path, "/jobs/")
	switch {
	case strings.HasPrefix(r.URL.Path, "/picky") && rand.IntN(2) == 0:
		w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusPaymentRequired}[rand.IntN(2)])
	case r.Method == http.MethodPost:
		v.submit(w, r)
	case found:
		state := "busy"
		if time.Now().After(v.ready[id]) {
			state = "done"
		}
		fmt.Fprintf(w, `{"id":%q,"state":%q,"link":"/files/%s.png"}`, id, state, id)
	default:
		w.Header().Set("Content-Type", "image/png")
		io.WriteString(w, "\x89PNG\r\n\x1a\n picture of "+r.URL.Path)
	}
}

// submit takes a job on. One answer in twenty is lost, as by a gateway that has gone, but
// none to a repetition: a second loss makes a server wait for minutes.
func (v *vendor) submit(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Task string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	id := v.known[key]
	fresh := key == "" || id == ""
	if fresh {
		v.paid[asked.Task]++
		id = fmt.Sprintf("job_%d", len(v.ready))
		v.known[key], v.ready[id] = id, time.Now().Add(rand.N(150*time.Millisecond))
	}
	if fresh && rand.IntN(20) == 0 {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, `{"id":%q,"state":"waiting"}`, id)
}

// TestPaidKills kills a server again and again while it asks an API for paid work:
// every accepted task ends, none is paid for twice, and of those of which it is not
// known whether they were taken on none was asked for again.
func TestPaidKills(t *testing.T) {
	dir := t.TempDir()
	api := &vendor{paid: map[string]int{}, known: map[string]string{}, ready: map[string]time.Time{}}
	there := httptest.NewServer(api)
	defer there.Close()
	file := filepath.Join(dir, "vendors.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, vendors, there.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &buyer{t: t, log: serverLog(t), role: role{Data: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", Key: "river_live_0123456789abcdefghijklmnopqrstuv", Provider: file}}
	tour := newTour(paidPoints())
	for b.kills < *paidKills && t.Context().Err() == nil {
		point, visit := tour.next()
		tour.came(point, b.life(point, visit))
	}
	b.finish(api)
}

// buyer is the client of servers that are killed.
type buyer struct {
	t     *testing.T
	role  role
	log   io.Writer
	kills int

	mu       sync.Mutex
	accepted []string
}

// life is one of a server, at which four buy at the same time.
func (b *buyer) life(point string, visit int) (died bool) {
	b.kills++
	return live(b.t, b.role, b.log, point, visit, func(ctx context.Context, c *client.Client) {
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() { b.buy(ctx, c, i) })
		}
		group.Wait()
	})
}

// buy submits a task now and then.
func (b *buyer) buy(ctx context.Context, c *client.Client, turn int) {
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		who, model := "seedream", "seedream-4-0"
		switch turn % 4 {
		case 1:
			who, model = "gemini", "nano-banana-2"
		case 2, 3:
			who, model = "acme", "shop"
		}
		k, err := c.Submit(ctx, who, "text-to-image", client.Submission{Model: model, Input: json.RawMessage(`{"prompt":"a cat"}`)})
		if err == nil {
			b.mu.Lock()
			b.accepted = append(b.accepted, k.ID)
			b.mu.Unlock()
		}
	}
}

// finish lets a server end all, and judges.
func (b *buyer) finish(api *vendor) {
	s, err := start(b.role, b.log)
	if err != nil || s.addr == "" {
		b.t.Fatalf("the last server does not start: %v", err)
	}
	defer s.kill()
	c := client.New("http://"+s.addr, b.role.Key)
	deadline := time.Now().Add(2 * time.Minute)
	succeeded, unknown, by := 0, map[string]int{}, map[string]int{}
	for _, id := range b.accepted {
		k, err := c.Task(b.t.Context(), id)
		for err == nil && k.CompletedAt.IsZero() && time.Now().Before(deadline) {
			pause()
			k, err = c.Task(b.t.Context(), id)
		}
		api.mu.Lock()
		paid := api.paid[id]
		api.mu.Unlock()
		switch {
		case err != nil:
			b.t.Errorf("task %s: %v", id, err)
		case k.Status == "succeeded" && paid == 1 && len(k.Result) == 1:
			succeeded++
			if k.Provider == "acme" {
				by[k.Adapter]++
			}
		case k.Status == "failed" && k.Error.Code == "SUBMISSION_UNKNOWN" && paid <= 1 && k.Adapter != "http:safe":
			unknown[fmt.Sprintf("paid %d times", paid)]++
		default:
			b.t.Errorf("task %s of %s is %s (%+v) and was paid for %d times", id, k.Provider, k.Status, k.Error, paid)
		}
	}
	if succeeded == 0 {
		b.t.Error("nothing succeeded, so nothing is proven")
	}
	b.t.Logf("%d kills, %d tasks: %d paid for once and fetched; not known of, and not asked for again: %v; with vendors: %v", b.kills, len(b.accepted), succeeded, unknown, by)
}
