package store

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// The bounds of group commit.
const (
	maxQueued = 8192                 // waiting writes; more are refused
	maxBatch  = 512                  // writes that share a commit
	busyBatch = 2                    // a batch larger than this makes the next ones linger
	linger    = time.Millisecond / 2 // how long a batch waits, at most, to be as large as the largest of the last
)

// kind is one sort of write. The items of a kind that share a commit are applied
// together, so that they can share statements.
type kind struct {
	name string
	sent bool // it waits for no answer, so that its statements go along with those of others
	// apply writes the items. An item that can't be done for a reason of its own
	// gets its err set and must have written nothing; an error that is returned
	// undoes the whole batch.
	apply func(ctx context.Context, t tx, items []*write) error
	// explain, which may be nil, says in other words why an item was refused.
	explain func(error) error
	// committed is called with the items that were committed, before their
	// callers are told; undone with those that were not, inDoubt when the commit
	// was sent and its outcome is unknown.
	committed func(items []*write)
	undone    func(items []*write, inDoubt bool)
}

// write is one caller's item on its way through a commit.
type write struct {
	kind *kind
	item any
	err  error
	done chan struct{} // closed when the item is committed or refused
}

// committer gathers the writes of all callers into shared transactions: while
// one commit runs the next gathers.
type committer struct {
	begin func(context.Context) (commitTx, error)
	fault FaultFunc
	eager bool // it never lingers

	wake  chan struct{} // something waits, or it is closed
	ended chan struct{} // closed when run has returned

	mu     sync.Mutex
	queue  []*write
	closed bool
	sizes  [4]int        // of the last batches, the latest first
	enough chan struct{} // closed when as many wait as are wanted; nil: nobody lingers
	want   int
}

func newCommitter(begin func(context.Context) (commitTx, error), fault FaultFunc) *committer {
	return &committer{begin: begin, fault: fault, wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

// commitTx is a transaction that can be ended.
type commitTx interface {
	tx
	// commit writes what was noted, too. With an error it says whether the transaction
	// may have been made nevertheless; if not, something that was sent has failed.
	commit(context.Context) (inDoubt bool, err error)
	rollback(context.Context)
}

// FaultFunc is called at named points before and after each write, for tests:
// an error fails the write there, as if the database had.
type FaultFunc func(point string) error

func (f FaultFunc) at(point string) error {
	if f == nil {
		return nil
	}
	return f(point)
}

// do applies the item durably and returns when it is committed or refused. A ctx
// that has ended is refused; later it is not looked at, for who stops waiting
// would not know what was written.
func (c *committer) do(ctx context.Context, k *kind, item any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &write{kind: k, item: item, done: make(chan struct{})}
	if err := c.enqueue(w); err != nil {
		return err
	}
	<-w.done
	return w.err
}

func (c *committer) enqueue(w *write) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return taskhook.Errorf(taskhook.CodeUnavailable, "The server is stopping; send the request again in a moment.")
	}
	if len(c.queue) >= maxQueued {
		return taskhook.Errorf(taskhook.CodeUnavailable, "The server has too many writes waiting; send the request again in a moment.")
	}
	c.queue = append(c.queue, w)
	if c.enough != nil && len(c.queue) >= c.want {
		close(c.enough)
		c.enough = nil
	}
	c.signal()
	return nil
}

func (c *committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run commits batch after batch until close. It is one goroutine, so that the next
// commit begins at once, and not when the scheduler comes to one of many callers.
func (c *committer) run() {
	defer close(c.ended)
	for {
		waiting, closed := c.await()
		if waiting {
			c.commit()
			continue
		}
		if closed {
			return
		}
		<-c.wake
	}
}

// await reports whether something waits, after a while in which more may have come.
func (c *committer) await() (waiting, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// The largest, for one that was cut short says nothing of how many are on their way.
	if want := slices.Max(c.sizes[:]); !c.eager && want > busyBatch && len(c.queue) > 0 && len(c.queue) < want {
		c.linger(want)
	}
	return len(c.queue) > 0, c.closed
}

// linger lets go of the mutex until as many writes wait as are wanted, though not
// for long.
func (c *committer) linger(want int) {
	enough := make(chan struct{})
	c.want, c.enough = want, enough
	c.mu.Unlock()
	timer := time.NewTimer(linger)
	select {
	case <-enough:
	case <-timer.C:
	}
	timer.Stop()
	c.mu.Lock()
	c.enough = nil
}

func (c *committer) take() (batch []*write) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), maxBatch)
	batch = append(batch, c.queue[:n]...)
	rest := copy(c.queue, c.queue[n:])
	clear(c.queue[rest:])
	c.queue = c.queue[:rest]
	copy(c.sizes[1:], c.sizes[:])
	c.sizes[0] = n
	return batch
}

// commit applies what waits in one transaction. It is taken when that has begun: so
// what came while others had their turn shares this one. When an item makes it fail
// they are tried one by one, so that only the guilty caller sees the error.
func (c *committer) commit() {
	// The work belongs to many callers: none of them may cancel it.
	ctx := context.Background()
	t, err := c.begin(ctx)
	batch := c.take()
	if err, retry := c.transact(ctx, t, err, batch); err != nil {
		for _, w := range batch {
			w.err = w.explain(err)
			if retry && len(batch) > 1 {
				c.alone(ctx, w)
			}
		}
	}
	for _, w := range batch {
		close(w.done)
	}
}

// alone applies one item in a transaction of its own.
func (c *committer) alone(ctx context.Context, w *write) {
	w.err = nil
	t, err := c.begin(ctx)
	if err, _ := c.transact(ctx, t, err, []*write{w}); err != nil {
		w.err = w.explain(err)
	}
}

func (w *write) explain(err error) error {
	if w.kind.explain == nil {
		return err
	}
	return w.kind.explain(err)
}

// transact makes the one transaction that was begun, or not for a reason. Retry says
// that it failed while items were applied, so that fewer of them may succeed.
func (c *committer) transact(ctx context.Context, t commitTx, begun error, batch []*write) (err error, retry bool) {
	groups := byKind(batch)
	inDoubt := false
	defer func() { notify(groups, err, inDoubt) }()
	if begun != nil {
		return begun, false
	}
	if err := c.applyAll(ctx, t, groups); err != nil {
		t.rollback(ctx)
		return err, true
	}
	if err := c.fault.at("commit:before"); err != nil {
		t.rollback(ctx)
		return err, false
	}
	if inDoubt, err = t.commit(ctx); err != nil {
		t.rollback(ctx)
		return err, !inDoubt
	}
	inDoubt = true
	return c.fault.at("commit:after"), false
}

// notify tells each kind how its items ended.
func notify(groups [][]*write, err error, inDoubt bool) {
	for _, group := range groups {
		switch k := group[0].kind; {
		case err == nil && k.committed != nil:
			k.committed(group)
		case err != nil && k.undone != nil:
			k.undone(group, inDoubt)
		}
	}
}

// applyAll makes a panic the error of its item: it would end the whole program.
func (c *committer) applyAll(ctx context.Context, t tx, groups [][]*write) (err error) {
	defer recovered(&err)
	for _, group := range groups {
		if err := c.apply(ctx, t, group); err != nil {
			return err
		}
	}
	return nil
}

// recovered is deferred by what calls the code of an item.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
	}
}

func (c *committer) apply(ctx context.Context, t tx, group []*write) error {
	k := group[0].kind
	if err := c.fault.at(k.name + ":before"); err != nil {
		return err
	}
	if err := k.apply(ctx, t, group); err != nil {
		return err
	}
	return c.fault.at(k.name + ":after")
}

// byKind groups the batch by kind, in the order in which the kinds first come, but
// those that wait for no answer before all others.
func byKind(batch []*write) [][]*write {
	var groups [][]*write
next:
	for _, w := range batch {
		for i := range groups {
			if groups[i][0].kind == w.kind {
				groups[i] = append(groups[i], w)
				continue next
			}
		}
		groups = append(groups, []*write{w})
	}
	slices.SortStableFunc(groups, func(a, b []*write) int { return flag(b[0].kind.sent) - flag(a[0].kind.sent) })
	return groups
}

// close refuses further writes and returns when those that wait are committed.
func (c *committer) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.signal()
	<-c.ended
}
