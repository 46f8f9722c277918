package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/tcpproxy"
	"github.com/taskhook/taskhook/webhook"
)

// Trial is one run of the harness.
type Trial struct {
	Dir     string  // for data, ledgers and the servers' log
	Rounds  int     // kills, or faults
	Clients int     // that act at a time
	Volume  int     // deliveries that are made besides what the clients do
	Nodes   int     // servers on one database; default: 1
	Faults  []Fault // that come in turn; none: servers are killed at points
	Refuse  float64
	Log     io.Writer // of the servers
	Printf  func(format string, args ...any)
	// Database returns the URL of an empty database of PostgreSQL, another one at each
	// call; nil: servers use that of their data directory.
	Database func() string

	database string
	Data     string // directory of the servers' data; default: one below Dir
	Power    Power  // of the disk that Data is on; nil: it never goes

	// Proxy returns an address that stands for the database's, and what acts on the
	// way there; nil: there is none.
	Proxy func(database string) (url string, way *tcpproxy.Proxy, err error)

	key       string
	secret    string
	nodes     []*node
	journal   *journal // of lives
	ledger    *clientLedger
	receiver  *receiver
	stage     stage
	main      *hook             // the webhook that is there all the time
	perJob    *webhook.Verifier // of deliveries of tasks
	lives     []life
	points    map[string]int // how often a server died at each of them
	starts    []time.Duration
	poured    atomic.Int64  // of the volume: how many were acknowledged
	ahead     time.Duration // by which clocks were ahead at most
	allowance atomic.Int64  // and how many may be by now
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
	Node    int       `json:"node"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	End     string    `json:"end"`     // the point that it died at, or in words
	Stopped bool      `json:"stopped"` // it was asked to and has come to its end
	Open    bool      `json:"open"`    // nothing has ended it
	Ready   string    `json:"ready"`   // how long that took
	Struck  bool      `json:"struck"`  // by a fault that was no kill

	Clocks []time.Duration `json:"clocks,omitempty"` // by which its clock was off; none: it was right
	Frozen []span          `json:"-"`                // it did nothing
	Lapses []time.Time     `json:"-"`                // others may have taken what it had from then on
}

// Run makes the rounds, lets everything settle without faults, and judges.
func (t *Trial) Run(ctx context.Context) (*Verdict, error) {
	defer t.close()
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(t.register(ctx), t.cut()); err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	group := t.work(working)
	err := t.play(ctx)
	stop()
	group.Wait()
	if err != nil {
		return nil, fmt.Errorf("rounds: %w", err)
	}
	return t.judge(ctx)
}

// work lets the clients act until ctx ends, each at one of the nodes.
func (t *Trial) work(ctx context.Context) *sync.WaitGroup {
	var group sync.WaitGroup
	var serial atomic.Int64
	for i := range t.Clients {
		n := t.nodes[i%len(t.nodes)]
		w := &workload{stage: &t.stage, client: n.client(t.key), dial: n.client, hooks: t.receiver.name, main: t.main.ID,
			ledger: t.ledger, serial: &serial}
		group.Go(func() { w.run(ctx) })
		if t.Volume > 0 {
			group.Go(func() { t.flood(ctx, w) })
		}
	}
	return &group
}

// play makes the rounds, and leaves servers that nothing happens to any more.
func (t *Trial) play(ctx context.Context) error {
	if len(t.Faults) > 0 {
		return t.siege(ctx)
	}
	if err := t.rounds(ctx); err != nil {
		return err
	}
	return t.nodes[0].start(t.role("", 0))
}

func (t *Trial) prepare(ctx context.Context) (err error) {
	var journals [3]*journal
	for i, name := range []string{"client.jsonl", "receiver.jsonl", "lives.jsonl"} {
		if journals[i], err = openJournal(filepath.Join(t.Dir, name)); err != nil {
			return err
		}
	}
	if t.Data == "" {
		t.Data = filepath.Join(t.Dir, "data")
	}
	t.Nodes = max(t.Nodes, 1)
	t.points = map[string]int{}
	t.database = t.newDatabase()
	t.key = "thk_live_crash_harness_0123456789abcdefghijklmnop"
	t.ledger, t.journal = newClientLedger(journals[0]), journals[2]
	if t.receiver, err = newReceiver(journals[1], t.Refuse, t.Nodes); err != nil {
		return err
	}
	for i := range t.Nodes {
		n, err := t.newNode(i)
		if err != nil {
			return err
		}
		t.nodes = append(t.nodes, n)
	}
	return nil
}

// close ends what is left of the trial.
func (t *Trial) close() {
	for _, n := range t.nodes {
		n.close()
	}
	if t.receiver != nil {
		t.receiver.Close()
	}
}

func (t *Trial) newDatabase() string {
	if t.Database == nil {
		return ""
	}
	return t.Database()
}

func (t *Trial) dial(key string) *client.Client { return t.nodes[0].client(key) }

func (t *Trial) client() *client.Client { return t.dial(t.key) }

// role is that of the first node.
func (t *Trial) role(point string, visit int) role {
	r := t.nodes[0].role
	r.Point, r.Visit = point, visit
	return r
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
	made, err := t.client().CreateWebhook(ctx, client.NewWebhook{URL: t.receiver.name + configuredPath,
		Events: []string{"task.completed", "task.failed", "task.started", "task.progress", "batch.completed", ownType}})
	if err != nil {
		return err
	}
	t.main = &hook{Path: configuredPath, ID: made.ID, secrets: []secret{{made.Secret, time.Now()}}}
	t.ledger.note("webhook", t.main, func() { t.ledger.hooks[configuredPath] = t.main })
	if err := t.registerVolume(ctx); err != nil {
		return err
	}
	answer, err := http.Get("http://" + t.nodes[0].role.Listen + "/.well-known/jwks.json")
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
