package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/webhook"
)

// Trial is one run of the harness.
type Trial struct {
	Dir     string // for data, ledgers and the servers' log
	Rounds  int    // kills
	Clients int    // that act at a time
	Refuse  float64
	Log     io.Writer // of the servers
	Printf  func(format string, args ...any)
	// Database returns the URL of an empty database of PostgreSQL, another one at each
	// call; nil: servers use that of their data directory.
	Database func() string

	database string
	Data     string // directory of the servers' data; default: one below Dir
	Power    Power  // of the disk that Data is on; nil: it never goes

	key      string
	listen   string
	journal  *journal // of lives
	ledger   *clientLedger
	receiver *receiver
	stage    stage
	main     *hook             // the webhook that is there all the time
	perJob   *webhook.Verifier // of deliveries of tasks
	lives    []life
	points   map[string]int // how often a server died at each of them
	starts   []time.Duration
}

// Power is the power of a disk.
type Power interface {
	// FailAt lets the power go at the nth sync from now, when kill was called.
	FailAt(n int, kill func())
	// Cut cuts the power, if it has not gone yet, and turns it on again. No server
	// runs then.
	Cut() error
}

// life is one server's, from its start to the next one's.
type life struct {
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	End     string    `json:"end"`     // the point that it died at, or in words
	Stopped bool      `json:"stopped"` // it was asked to and has come to its end
	Ready   string    `json:"ready"`   // how long that took
}

// Run makes the rounds, lets everything settle without faults, and judges.
func (t *Trial) Run(ctx context.Context) (*Verdict, error) {
	if err := t.prepare(); err != nil {
		return nil, err
	}
	defer t.receiver.Close()
	if err := errors.Join(t.register(ctx), t.cut()); err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	var serial atomic.Int64
	for range t.Clients {
		w := &workload{stage: &t.stage, client: t.client(), dial: t.dial, hooks: t.receiver.URL, main: t.main.ID,
			ledger: t.ledger, serial: &serial}
		group.Go(func() { w.run(working) })
	}
	err := t.rounds(ctx)
	t.lives = append(t.lives, life{From: time.Now(), End: "none"})
	last, startErr := start(t.role("", 0), t.Log)
	stop()
	group.Wait()
	if err := errors.Join(err, startErr); err != nil {
		return nil, fmt.Errorf("rounds: %w", err)
	}
	defer last.kill()
	return t.judge(ctx)
}

func (t *Trial) prepare() error {
	var journals [3]*journal
	for i, name := range []string{"client.jsonl", "receiver.jsonl", "lives.jsonl"} {
		var err error
		if journals[i], err = openJournal(filepath.Join(t.Dir, name)); err != nil {
			return err
		}
	}
	if t.Data == "" {
		t.Data = filepath.Join(t.Dir, "data")
	}
	t.points = map[string]int{}
	t.database = t.newDatabase()
	t.key = "thk_live_crash_harness_0123456789abcdefghijklmnop"
	t.ledger, t.journal = newClientLedger(journals[0]), journals[2]
	t.receiver = newReceiver(journals[1], t.Refuse)
	free, err := net.Listen("tcp", "127.0.0.1:0") // links in bodies must outlive a restart
	if err != nil {
		return err
	}
	t.listen = free.Addr().String()
	return free.Close()
}

func (t *Trial) newDatabase() string {
	if t.Database == nil {
		return ""
	}
	return t.Database()
}

func (t *Trial) dial(key string) *client.Client { return client.New("http://"+t.listen, key) }

func (t *Trial) client() *client.Client { return t.dial(t.key) }

func (t *Trial) role(point string, visit int) role {
	return role{Data: filepath.Join(t.Data, "main"), Database: t.database, Listen: t.listen, Key: t.key, Point: point, Visit: visit}
}

// cut cuts the power after the end of a server.
func (t *Trial) cut() error {
	if t.Power == nil {
		return nil
	}
	return t.Power.Cut()
}

// register makes the endpoint and fetches what deliveries are verified by.
func (t *Trial) register(ctx context.Context) error {
	s, err := start(t.role("", 0), t.Log)
	if err != nil {
		return err
	}
	defer s.kill()
	made, err := t.client().CreateWebhook(ctx, client.NewWebhook{URL: t.receiver.URL + configuredPath,
		Events: []string{"task.completed", "task.failed", ownType}})
	if err != nil {
		return err
	}
	t.main = &hook{Path: configuredPath, ID: made.ID, secrets: []secret{{made.Secret, time.Now()}}}
	t.ledger.note("webhook", t.main, func() { t.ledger.hooks[configuredPath] = t.main })
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
	t.perJob, err = webhook.NewJobVerifier(keys...)
	return err
}
