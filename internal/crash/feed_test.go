package crash

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

var (
	feedKills  = flag.Int("feedkills", 10, "how often a consumer of the feed is killed")
	feedEvents = flag.Int("feedevents", 2000, "how many events are published meanwhile")
)

// TestFeedKills kills a consumer of the feed again and again while events are
// published by several clients: it misses none, sees none twice, and all in the order
// of the feed.
func TestFeedKills(t *testing.T) { testFeedKills(t, "") }

// TestFeedKillsOnPostgres does on PostgreSQL.
func TestFeedKillsOnPostgres(t *testing.T) {
	if pgtest.Need(t) {
		testFeedKills(t, pgtest.Database(t))
	}
}

func testFeedKills(t *testing.T, database string) {
	dir := t.TempDir()
	const key = "river_live_0123456789abcdefghijklmnopqrstuv"
	s, err := start(role{Data: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", Key: key, Database: database}, os.Stderr)
	if err != nil || s.addr == "" {
		t.Fatalf("the server does not start: %v", err)
	}
	defer s.kill()
	c := consumer{URL: "http://" + s.addr, Key: key, Ledger: filepath.Join(dir, "ledger")}
	p := &publisher{api: client.New(c.URL, key), ids: map[string]bool{}}
	var group sync.WaitGroup
	for range *feedKills {
		for range publishers {
			group.Go(func() { p.publish(t, *feedEvents / *feedKills / publishers) })
		}
		c.live(t, 20*time.Millisecond+rand.N(60*time.Millisecond))
		group.Wait()
	}
	want := p.ids
	deadline := time.Now().Add(2 * time.Minute)
	for seen := 0; seen < len(want) && time.Now().Before(deadline); {
		c.live(t, time.Second)
		lines, err := readConsumed(c.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		seen = len(lines)
	}
	c.judge(t, want)
}

// publishers are how many clients publish at a time.
const publishers = 4

// publisher publishes events and keeps the ids of all.
type publisher struct {
	api *client.Client

	mu  sync.Mutex
	ids map[string]bool
}

// publish publishes events, one by one and many at a time.
func (p *publisher) publish(t *testing.T, events int) {
	for left := events; left > 0; {
		batch := make([]client.NewEvent, min(left, 1+rand.IntN(40)))
		for i := range batch {
			batch[i] = client.NewEvent{Type: "order.paid", Data: json.RawMessage(`{"n":1}`)}
		}
		made, err := p.api.PublishBatch(t.Context(), batch)
		if err != nil {
			t.Errorf("publish: %v", err)
			return
		}
		p.mu.Lock()
		for _, e := range made {
			p.ids[e.ID] = true
		}
		p.mu.Unlock()
		left -= len(batch)
	}
}

// live runs the consumer for a while and kills it.
func (c consumer) live(t *testing.T, d time.Duration) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d) // kills with SIGKILL
	defer cancel()
	out, err := exec.CommandContext(ctx, self, consumerMark+string(text)).CombinedOutput()
	if ctx.Err() == nil {
		t.Fatalf("the consumer ended by itself: %v: %s", err, out)
	}
}

// judge holds the ledger against what was published, and the order of the feed.
func (c consumer) judge(t *testing.T, want map[string]bool) {
	t.Helper()
	lines, err := readConsumed(c.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range lines {
		_, id, _ := strings.Cut(line, " ")
		if seen[id] || !want[id] {
			t.Errorf("%s came again, or was never published", id)
		}
		seen[id] = true
	}
	if len(seen) != len(want) || len(want) != *feedEvents / *feedKills / publishers * publishers * *feedKills {
		t.Errorf("%d of %d events were seen", len(seen), len(want))
	}
	again := consumer{URL: c.URL, Key: c.Key, Ledger: c.Ledger + ".again"}
	for n := 0; n < len(lines); {
		again.live(t, time.Second)
		order, err := readConsumed(again.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		n = len(order)
		for i := range order {
			if order[i] != lines[i] {
				t.Fatalf("event %d of the feed is %s, and was seen as %s", i, order[i], lines[i])
			}
		}
	}
	t.Logf("%d kills while %d events were published: each seen once, in the order of the feed", *feedKills, len(want))
}
