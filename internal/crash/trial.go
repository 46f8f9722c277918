package crash

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/webhook"
)

// Trial is one run of the harness.
type Trial struct {
	Dir     string // for data, ledgers and the servers' log
	Rounds  int    // kills
	Clients int    // that submit and publish at a time
	Refuse  float64
	Log     io.Writer // of the servers
	Printf  func(format string, args ...any)

	key      string
	listen   string
	ledger   *clientLedger
	receiver *receiver
	kills    []time.Time
	points   map[string]int // how often a server died at each of them
	starts   []time.Duration
}

// Run makes the rounds, lets everything settle without faults, and judges.
func (t *Trial) Run(ctx context.Context) (*Verdict, error) {
	if err := t.prepare(); err != nil {
		return nil, err
	}
	defer t.receiver.Close()
	if err := t.register(ctx); err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	var serial atomic.Int64
	for range t.Clients {
		w := &workload{client: t.client(), hook: t.receiver.URL + perJobPath, ledger: t.ledger, serial: &serial}
		group.Go(func() { w.run(working) })
	}
	err := t.rounds(ctx)
	last, startErr := start(t.role("", 0), t.Log)
	stop()
	group.Wait()
	if err != nil || startErr != nil {
		return nil, fmt.Errorf("rounds: %w, %w", err, startErr)
	}
	defer last.kill()
	return t.judge(ctx)
}

func (t *Trial) prepare() error {
	clients, err := openJournal(filepath.Join(t.Dir, "client.jsonl"))
	if err != nil {
		return err
	}
	receipts, err := openJournal(filepath.Join(t.Dir, "receiver.jsonl"))
	if err != nil {
		return err
	}
	t.points = map[string]int{}
	t.key = "thk_live_crash_harness_0123456789abcdefghijklmnop"
	t.ledger = &clientLedger{journal: clients, tasks: map[string]bool{}, events: map[string]bool{}}
	t.receiver = newReceiver(receipts, t.Refuse)
	free, err := net.Listen("tcp", "127.0.0.1:0") // links in bodies must outlive a restart
	if err != nil {
		return err
	}
	t.listen = free.Addr().String()
	return free.Close()
}

func (t *Trial) client() *client.Client { return client.New("http://"+t.listen, t.key) }

func (t *Trial) role(point string, count int64) role {
	return role{Data: filepath.Join(t.Dir, "data"), Listen: t.listen, Key: t.key, Point: point, Count: count}
}

// register makes the endpoint and fetches what the receiver verifies by.
func (t *Trial) register(ctx context.Context) error {
	s, err := start(t.role("", 0), t.Log)
	if err != nil {
		return err
	}
	defer s.kill()
	hook, err := t.client().CreateWebhook(ctx, client.NewWebhook{URL: t.receiver.URL + configuredPath,
		Events: []string{"task.completed", "task.failed", ownType}})
	if err != nil {
		return err
	}
	configured, err := webhook.NewVerifier(hook.Secret)
	if err != nil {
		return err
	}
	answer, err := http.Get("http://" + t.listen + "/.well-known/jwks.json")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	set, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	keys, err := webhook.ParseJWKS(set)
	if err != nil {
		return err
	}
	perJob, err := webhook.NewJobVerifier(keys...)
	t.receiver.configured.Store(configured)
	t.receiver.perJob.Store(perJob)
	return err
}

// roundTime is how long a server lives at most.
const roundTime = 400 * time.Millisecond

// rounds kills servers: every second one at a named point, in turn, the others at
// a random time.
func (t *Trial) rounds(ctx context.Context) error {
	points := append(store.FaultPoints(), Points()...)
	for round := range t.Rounds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r := t.role("", 0)
		if round%2 == 0 {
			r = t.role(points[(round/2)%len(points)], 1+rand.Int64N(5))
		}
		s, err := start(r, t.Log)
		if err != nil {
			return err
		}
		t.starts = append(t.starts, s.ready)
		life := time.NewTimer(time.Duration(rand.Int64N(int64(roundTime))))
		if r.Point != "" {
			life.Reset(roundTime)
		}
		where := "a random time"
		select {
		case <-s.exited:
			where = r.Point
			t.points[r.Point]++
		case <-life.C:
		}
		s.kill()
		t.kills = append(t.kills, time.Now())
		t.Printf("round %d/%d: killed at %s", round+1, t.Rounds, where)
	}
	return nil
}
