package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/taskhook/taskhook/client"
)

// ownType is the type of the events that the client publishes.
const ownType = "crash.test"

// stage is what the trial tells the workload.
type stage struct {
	calm    atomic.Bool            // begin nothing
	favour  atomic.Pointer[string] // the action to do more often
	backlog atomic.Bool            // one is being made
	long    atomic.Bool            // a long task is under way
	jumped  atomic.Int64           // when a server's clock was set last, in nanoseconds
}

// lasts reports whether what a server keeps for a while since a time is still there.
func (s *stage) lasts(since time.Time, life time.Duration) bool {
	return s.outlived(since, life) == 0
}

// oldTime is for how long, after its clock has jumped, a server may still do something by
// the time that it had before: removing what is old asks for the time once, and goes on.
const oldTime = 2 * time.Second

// outlived is how often a life, from a time on, may have ended.
func (s *stage) outlived(since time.Time, life time.Duration) int {
	n := int(time.Since(since) / life)
	if s.jumped.Load()+oldTime.Nanoseconds() >= since.UnixNano() {
		n++
	}
	return n
}

// workload does what clients do while servers come and go.
type workload struct {
	*stage
	client *client.Client
	dial   func(key string) *client.Client // as another client
	hooks  string                          // URL of the receiver
	main   string                          // id of the webhook that is there all the time
	ledger *clientLedger
	serial *atomic.Int64
}

// action is one thing that clients do, from its first call to its last.
type action struct {
	name   string
	weight int // how often it is done among all; 0: only when favoured
	do     func(*workload)
}

func actions() []action {
	return []action{
		{"publish", 60, (*workload).publish},
		{"submit", 30, func(w *workload) { w.submit(rand.Float64()/10, failure()) }},
		{"long task", 1, func(w *workload) { w.alone(&w.stage.long, w.longTask) }},
		{"cancel", 3, (*workload).cancel},
		{"retry", 1, (*workload).retry},
		{"test", 2, (*workload).test},
		{"replay", 2, (*workload).replay},
		{"bulk", 1, (*workload).bulk},
		{"webhooks", 2, (*workload).webhooks},
		{"gone", 1, (*workload).gone},
		{"backlog", 0, func(w *workload) { w.alone(&w.stage.backlog, w.pileUp) }},
		{"batches", 1, (*workload).batches},
		{"keys", 2, (*workload).keys},
		{"files", 2, (*workload).files},
		{"workflows", 2, (*workload).workflows},
	}
}

// run does one action after another until ctx ends.
func (w *workload) run(ctx context.Context) {
	all := actions()
	for ctx.Err() == nil {
		if w.calm.Load() {
			pause()
			continue
		}
		w.choose(all).do(w)
	}
}

// choose takes an action by weight, or every second time the favoured one.
func (w *workload) choose(all []action) action {
	favoured, total := "", 0
	if name := w.favour.Load(); name != nil && rand.IntN(2) == 0 {
		favoured = *name
	}
	for _, a := range all {
		if a.name == favoured {
			return a
		}
		total += a.weight
	}
	n := rand.IntN(total)
	for _, a := range all {
		if n -= a.weight; n < 0 {
			return a
		}
	}
	panic("unreachable")
}

// alone does what no two clients are to do at a time.
func (w *workload) alone(taken *atomic.Bool, do func()) {
	if !taken.CompareAndSwap(false, true) {
		w.publish()
		return
	}
	defer taken.Store(false)
	do()
}

// publish publishes once; without an answer the event may exist or not.
func (w *workload) publish() { w.emit(ownType) }

func (w *workload) emit(eventType string) {
	var e client.PublishedEvent
	err := once(func(ctx context.Context) (err error) {
		e, err = w.client.Publish(ctx, client.NewEvent{Type: eventType, Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, w.serial.Add(1)))})
		return err
	})
	switch {
	case err == nil:
		w.ledger.event(e.ID)
	case inDoubt(err):
		w.ledger.unanswered(eventType, 1)
		pause()
	default:
		pause()
	}
}

// requestTime is how long the client waits for an answer.
const requestTime = 5 * time.Second

// once makes a request that outlives the round, so that its answer is known.
func once(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	return do(ctx)
}

// patience is how long something may take that does not hang on one server.
const patience = 2 * time.Minute

// insist repeats a request until it is answered, be it with a refusal, which is
// returned: another server always comes. Any other error says that none came.
func insist(do func(context.Context) error) error {
	for began := time.Now(); ; {
		err := once(do)
		if err == nil || refused(err) {
			return err
		}
		if time.Since(began) > patience {
			return fmt.Errorf("get an answer within %s: %w", patience, err)
		}
		pause()
	}
}

// status returns the status of a refusal, and 0 for anything else.
func status(err error) int {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return e.Status
	}
	return 0
}

// refused reports whether the server has answered that it did nothing.
func refused(err error) bool { s := status(err); return s >= 400 && s < 500 }

// inDoubt reports whether what was asked for may have been done.
func inDoubt(err error) bool {
	return err != nil && !refused(err) && !errors.Is(err, syscall.ECONNREFUSED)
}

// pause waits for the next server.
func pause() {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
}
