package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
	"github.com/taskhook/taskhook/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account   = "acc_a"
	eventType = "order.paid"
)

// primarySchedule is the promise of the primary API.
func primarySchedule() taskhook.Schedule {
	return taskhook.Schedule{time.Minute, 5 * time.Minute, 30 * time.Minute}
}

// house is a store with one node on fake time, and the receiver that all of its
// deliveries reach.
type house struct {
	*testing.T
	store    *store.Store
	faults   *testkit.Faults
	logs     *testkit.Logs
	receiver *receiver
	service  *Service
	options  WorkerOptions
	node     *node
	limit    int // of bytes in memory, if not the usual one
	watch    watch
}

// node is a Worker that runs.
type node struct {
	*Worker
	*ledger
	cancel context.CancelFunc
	done   chan struct{}
}

// inHouse runs a test in a bubble of fake time, with a node started.
func inHouse(t *testing.T, test func(h *house), set ...func(*WorkerOptions)) {
	t.Parallel()
	dir := datadir.Migrated(t)
	synctest.Test(t, func(t *testing.T) {
		keys, err := keyring.New(make([]byte, keyring.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		h := &house{T: t, faults: &testkit.Faults{}, logs: &testkit.Logs{}, receiver: &receiver{}}
		h.store, err = store.Open(t.Context(), store.Options{Dir: dir, Sealer: keys, Migrate: true, Eager: true, Logger: slog.New(h.logs), Fault: h.faults.At})
		if err != nil {
			t.Fatal(err)
		}
		defer h.close()
		h.service = NewService(ServiceOptions{Receivers: h.store, Queue: h.store, Held: h.store, Health: h.store, Schedule: primarySchedule(),
			CheckURL: url.Parse, EventBody: eventBody, TestBody: testBody})
		_, key := keys.JobKey()
		h.options = WorkerOptions{Sender: h.receiver, Jobs: webhook.NewJobSigner(key), Logger: slog.New(h.logs),
			Slots: 256, Timeout: 30 * time.Second, Grace: 15 * time.Second, Breaker: Breaker{Misses: 20}}
		for _, change := range set {
			change(&h.options)
		}
		h.start()
		test(h)
	})
}

func eventBody(id, eventType string, at time.Time, data json.RawMessage) []byte {
	return fmt.Appendf(nil, `{"id":%q,"type":%q,"createdAt":%d,"data":%s}`, id, eventType, at.Unix(), data)
}

func testBody(o taskhook.Outcome) []byte {
	return fmt.Appendf(nil, `{"id":%q,"type":%q,"task":%q}`, o.EventID, o.EventType, o.Task.ID)
}

// start joins with a new node.
func (h *house) start() {
	h.Helper()
	o := h.options
	id := taskhook.NewID(taskhook.PrefixNode, time.Now())
	o.Lease = func() taskhook.Lease { return taskhook.Lease{Node: id} }
	l := &ledger{lanes: h.store, queue: h.store}
	o.Lanes, o.Queue, o.Sender = l, l, l.mortal(o.Sender)
	h.node = &node{Worker: NewWorker(o), ledger: l, done: make(chan struct{})}
	if h.limit > 0 {
		h.node.memory.limit = h.limit
	}
	m := h.node.memory
	h.node.Sent = func() { h.watch.look(m) }
	if err := h.store.Join(h.Context(), taskhook.Node{ID: id, StartedAt: time.Now()}, h.node.Inbox()); err != nil {
		h.Fatal(err)
	}
	var ctx context.Context
	ctx, h.node.cancel = context.WithCancel(context.Background())
	go func(n *node) {
		defer close(n.done)
		if err := n.Run(ctx); err != nil {
			h.Error(err)
		}
	}(h.node)
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
	h.node.dead.Store(true)
	h.node.cancel()
	h.node.abandon()
	<-h.node.done
}

func (h *house) close() {
	h.Helper()
	h.faults.Set(nil)
	h.node.cancel()
	<-h.node.done
	if err := h.store.Close(); err != nil {
		h.Error(err)
	}
	if h.logs.Count("without a wake-up") > 0 {
		h.Error("the sweep found lanes that nobody had woken")
	}
	if m := h.node.memory; m.bytes != h.node.heldBytes() {
		h.Errorf("%d bytes are counted, lanes hold %d", m.bytes, h.node.heldBytes())
	}
}

func (n *node) heldBytes() (sum int) {
	for _, l := range n.memory.lanes {
		sum += l.bytes
	}
	return sum
}

// pass lets fake time go by and all work that it brings end.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// endpoint registers a receiver.
func (h *house) endpoint() taskhook.Endpoint {
	h.Helper()
	e, err := h.service.CreateEndpoint(h.Context(), account, taskhook.NewEndpoint{
		URL: "https://example.com/" + webhook.NewSecret()[6:12], Events: []string{eventType}})
	if err != nil {
		h.Fatal(err)
	}
	return e
}

// publish makes one event and returns it with its delivery.
func (h *house) publish() (taskhook.Event, taskhook.Delivery) {
	h.Helper()
	events, err := h.service.Publish(h.Context(), account, []taskhook.Publish{{Type: eventType, Data: []byte(`{"n":1}`)}})
	if err != nil {
		h.Fatal(err)
	}
	return events[0], h.deliveries(taskhook.DeliveryFilter{EventID: events[0].ID})[0]
}

// publishMany publishes n events of given size, ten at a time.
func (h *house) publishMany(n, size int) {
	h.Helper()
	data := []byte(`"` + strings.Repeat("x", size) + `"`)
	for n > 0 {
		events := make([]taskhook.Publish, min(n, 10))
		n -= len(events)
		for i := range events {
			events[i] = taskhook.Publish{Type: eventType, Data: data}
		}
		if _, err := h.service.Publish(h.Context(), account, events); err != nil {
			h.Error(err)
			return
		}
	}
}

func (h *house) deliveries(f taskhook.DeliveryFilter) []taskhook.Delivery {
	h.Helper()
	f.AccountID, f.Page = account, taskhook.Page{Limit: 100}
	list, err := h.service.Deliveries(h.Context(), f)
	if err != nil {
		h.Fatal(err)
	}
	return list.Items
}

// total counts deliveries in a state, exactly up to taskhook.MaxTotal.
func (h *house) total(state taskhook.DeliveryState) int {
	h.Helper()
	list, err := h.service.Deliveries(h.Context(), taskhook.DeliveryFilter{AccountID: account, State: state, Page: taskhook.Page{Limit: 1}})
	if err != nil {
		h.Fatal(err)
	}
	return list.Total
}

func (h *house) delivery(id string) taskhook.Delivery {
	h.Helper()
	d, err := h.service.Delivery(h.Context(), account, id)
	if err != nil {
		h.Fatal(err)
	}
	return d
}

func (h *house) attempts(id string) []taskhook.Attempt {
	h.Helper()
	a, err := h.service.Attempts(h.Context(), account, id)
	if err != nil {
		h.Fatal(err)
	}
	return a
}

// update changes an endpoint.
func (h *house) update(id string, c taskhook.EndpointChange) {
	h.Helper()
	if _, err := h.service.UpdateEndpoint(h.Context(), account, id, c); err != nil {
		h.Fatal(err)
	}
}

// post is what the receiver got.
type post struct {
	at     time.Time
	url    string
	header http.Header
	body   string
}

func (p *post) id() string { return p.header.Get(webhook.HeaderID) }

// receiver stands for the whole internet. It answers 200 unless told otherwise.
type receiver struct {
	mu     sync.Mutex
	got    []post
	answer func(ctx context.Context, p post) egress.Result
}

// Send is of Sender.
func (r *receiver) Send(ctx context.Context, q *egress.Request) egress.Result {
	p := post{at: time.Now(), url: q.URL.String(), header: q.Header, body: string(q.Body)}
	r.mu.Lock()
	r.got = append(r.got, p)
	answer := r.answer
	r.mu.Unlock()
	if answer == nil {
		return ok()
	}
	return answer(ctx, p)
}

func (r *receiver) set(answer func(ctx context.Context, p post) egress.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) posts() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]post(nil), r.got...)
}

// byID counts the posts of each event.
func (r *receiver) byID() map[string]int {
	n := map[string]int{}
	for _, p := range r.posts() {
		n[p.id()+" "+p.url]++
	}
	return n
}

func ok() egress.Result { return egress.Result{Status: 200, Class: taskhook.ClassOK} }

func status(code int) egress.Result {
	return egress.Result{Status: code, Class: taskhook.ClassStatus, Error: fmt.Sprintf("the receiver answered %d", code)}
}

// within answers after d, unless the attempt ends before.
func within(ctx context.Context, d time.Duration, then egress.Result) egress.Result {
	select {
	case <-time.After(d):
		return then
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return egress.Result{Err: ctx.Err()}
		}
		return egress.Result{Class: taskhook.ClassTimeout, Error: "no answer within the time", Err: ctx.Err()}
	}
}

// ledger stands between a node and the store: it counts, and it ends the node as
// a crash does.
type ledger struct {
	lanes   LaneStore
	queue   QueueStore
	dead    atomic.Bool
	paged   atomic.Int64 // deliveries that came by pages
	failing atomic.Int64 // pages that are yet to fail
	calls   atomic.Int64 // of any method but SweepLanes

	unreadable atomic.Pointer[string] // the lane whose endpoint can't be read
}

var errDead = errors.New("this node is dead")

func (l *ledger) gone() error {
	l.calls.Add(1)
	if l.dead.Load() {
		return errDead
	}
	return nil
}

func (l *ledger) ClaimLanes(ctx context.Context, now time.Time, node string, limit int) ([]taskhook.OwnedLane, time.Time, error) {
	if err := l.gone(); err != nil {
		return nil, time.Time{}, err
	}
	return l.lanes.ClaimLanes(ctx, now, node, limit)
}

func (l *ledger) LaneEndpoints(ctx context.Context, lanes []string) ([]taskhook.Endpoint, error) {
	if err := l.gone(); err != nil {
		return nil, err
	}
	if lane := l.unreadable.Load(); lane != nil && slices.Contains(lanes, *lane) {
		return nil, testkit.ErrDisk
	}
	return l.lanes.LaneEndpoints(ctx, lanes)
}

func (l *ledger) SettleLane(ctx context.Context, node, lane string, epoch int64, release bool) (time.Time, bool, error) {
	if err := l.gone(); err != nil {
		return time.Time{}, false, err
	}
	return l.lanes.SettleLane(ctx, node, lane, epoch, release)
}

func (l *ledger) RaiseEpoch(ctx context.Context, now time.Time, node, lane string, rest taskhook.Rest) (int64, bool, error) {
	if err := l.gone(); err != nil {
		return 0, false, err
	}
	return l.lanes.RaiseEpoch(ctx, now, node, lane, rest)
}

func (l *ledger) SweepLanes(ctx context.Context, now time.Time) (int64, error) {
	if l.dead.Load() {
		return 0, errDead
	}
	return l.lanes.SweepLanes(ctx, now)
}

func (l *ledger) DuePages(ctx context.Context, now time.Time, node string, pages []taskhook.LanePage) ([]taskhook.LaneDue, error) {
	if err := l.gone(); err != nil {
		return nil, err
	}
	if l.failing.Add(-1) >= 0 {
		return nil, testkit.ErrDisk
	}
	dues, err := l.queue.DuePages(ctx, now, node, pages)
	for _, due := range dues {
		l.paged.Add(int64(len(due.Deliveries)))
	}
	return dues, err
}

func (l *ledger) FinishDeliveries(ctx context.Context, results []*taskhook.AttemptResult) error {
	if err := l.gone(); err != nil {
		return err
	}
	return l.queue.FinishDeliveries(ctx, results)
}

// mortal is a Sender that sends nothing once the node is dead.
func (l *ledger) mortal(s Sender) Sender { return mortalSender{l, s} }

type mortalSender struct {
	ledger *ledger
	Sender
}

func (m mortalSender) Send(ctx context.Context, r *egress.Request) egress.Result {
	if m.ledger.dead.Load() {
		return egress.Result{Err: errDead}
	}
	return m.Sender.Send(ctx, r)
}
