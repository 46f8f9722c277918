package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

// fakeTx is a transaction of a database that does nothing.
type fakeTx struct {
	tx
	gate      <-chan struct{} // the commit waits for it; nil: it does not
	commitErr error
}

func (t *fakeTx) commit(context.Context) (bool, error) {
	if t.gate != nil {
		<-t.gate
	}
	return true, t.commitErr
}
func (t *fakeTx) rollback(context.Context) {}

// ledger is a kind whose items are numbers; those that are bad fail, after they
// and all others of their batch were touched.
type ledger struct {
	mu        sync.Mutex
	batches   [][]int // that were committed
	undone    []int
	doubted   []int
	bad       map[int]bool
	panicking bool
}

func (l *ledger) kind() *kind {
	return &kind{
		name: "ledger",
		apply: func(_ context.Context, _ tx, items []*write) error {
			for _, n := range numbers(items) {
				switch {
				case l.bad[n] && l.panicking:
					panic("bad")
				case l.bad[n]:
					return errBad
				}
			}
			return nil
		},
		committed: func(items []*write) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.batches = append(l.batches, numbers(items))
		},
		undone: func(items []*write, inDoubt bool) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if inDoubt {
				l.doubted = append(l.doubted, numbers(items)...)
			} else {
				l.undone = append(l.undone, numbers(items)...)
			}
		},
	}
}

var errBad = errors.New("bad item")

func numbers(items []*write) (list []int) {
	for _, w := range items {
		list = append(list, w.item.(int))
	}
	return list
}

func (l *ledger) committed() (all []int) {
	for _, batch := range l.batches {
		all = append(all, batch...)
	}
	slices.Sort(all)
	return all
}

// running returns a committer that runs until the test ends.
func running(t *testing.T, begin func(context.Context) (commitTx, error), fault FaultFunc) *committer {
	c := newCommitter(begin, fault)
	go c.run()
	t.Cleanup(c.close)
	return c
}

// gated is a committer whose first commit waits for the gate.
func gated(t *testing.T) (c *committer, open func()) {
	gate := make(chan struct{})
	var first atomic.Bool
	return running(t, func(context.Context) (commitTx, error) {
		if first.CompareAndSwap(false, true) {
			return &fakeTx{gate: gate}, nil
		}
		return &fakeTx{}, nil
	}, nil), func() { close(gate) }
}

// submit hands in the numbers 0 to n-1 while the first commit waits, and returns
// their errors after it.
func submit(t *testing.T, c *committer, k *kind, n int, open func()) []error {
	t.Helper()
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = c.do(t.Context(), k, i) })
		synctest.Wait()
	}
	open()
	group.Wait()
	return errs
}

func TestOnlyTheGuiltyFail(t *testing.T) {
	t.Parallel()
	for _, panicking := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l := &ledger{bad: map[int]bool{3: true, 5: true}, panicking: panicking}
			c, open := gated(t)
			errs := submit(t, c, l.kind(), 8, open)
			for i, err := range errs {
				if (err != nil) != l.bad[i] {
					t.Errorf("item %d: %v", i, err)
				}
				if panicking && l.bad[i] && !strings.Contains(err.Error(), "commit_test.go") {
					t.Errorf("item %d: the error does not say where it panicked: %v", i, err)
				}
			}
			if got := l.committed(); !slices.Equal(got, []int{0, 1, 2, 4, 6, 7}) {
				t.Errorf("committed %v", got)
			}
			if len(l.doubted) != 0 {
				t.Errorf("in doubt: %v", l.doubted)
			}
		})
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c, open := gated(t)
		const items = 1 + maxBatch + 100
		for i, err := range submit(t, c, l.kind(), items, open) {
			if err != nil {
				t.Fatalf("item %d: %v", i, err)
			}
		}
		var sizes []int
		for _, batch := range l.batches {
			sizes = append(sizes, len(batch))
			if !slices.IsSorted(batch) {
				t.Errorf("a batch is out of order: %v", batch)
			}
		}
		if !slices.Equal(sizes, []int{1, maxBatch, 100}) {
			t.Errorf("batches of %v", sizes)
		}
	})
}

func TestLinger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c, open := gated(t)
		k := l.kind()
		const busy = 2 * busyBatch
		// waited is how long n writers that come one after the other waited.
		waited := func(n int) time.Duration {
			began := time.Now()
			submit(t, c, k, n, func() {})
			return time.Since(began)
		}
		submit(t, c, k, 1+busy, open)
		for _, step := range []struct {
			writers int
			waits   time.Duration
		}{
			{busy, 0}, // as many as before: none of them waits for more
			{1, linger},
			{busy, 0}, // the one before says nothing of how many there are
			{1, linger},
			{1, linger},
			{1, linger},
			{1, linger},
			{1, 0}, // there was nobody else for long
			{busyBatch, 0},
		} {
			before := len(l.batches)
			if got := waited(step.writers); got != step.waits {
				t.Errorf("%d writers waited %s, want %s", step.writers, got, step.waits)
			}
			if alone := step.writers == 1; (alone || step.writers == busy) && len(l.batches) != before+1 {
				t.Errorf("%d writers took batches %v", step.writers, l.batches[before:])
			}
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c, open := gated(t)
		var group sync.WaitGroup
		var failed atomic.Int32
		for i := range 1 + maxQueued {
			group.Go(func() {
				if c.do(t.Context(), l.kind(), i) != nil {
					failed.Add(1)
				}
			})
			if i == 0 {
				synctest.Wait() // it commits
			}
		}
		synctest.Wait()
		if err := c.do(t.Context(), l.kind(), -1); taskhook.ErrorCode(err) != taskhook.CodeUnavailable {
			t.Errorf("one too many: %v", err)
		}
		open()
		group.Wait()
		if failed.Load() != 0 {
			t.Errorf("%d writes failed that had a place in the queue", failed.Load())
		}
	})
}

func TestCallerGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c, open := gated(t)
		k := l.kind()
		ctx, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				if err := c.do(ctx, k, i); err != nil {
					t.Errorf("item %d: %v", i, err)
				}
			})
			synctest.Wait()
		}
		leave()
		if err := c.do(ctx, k, 3); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that had gone before: %v", err)
		}
		open()
		group.Wait()
		if got := l.committed(); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("committed %v", got)
		}
	})
}

func TestManyCallers(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	c := running(t, func(context.Context) (commitTx, error) { return &fakeTx{}, nil }, nil)
	k := l.kind()
	const callers, each = 64, 100
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for i := range each {
				if err := c.do(t.Context(), k, caller*each+i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	got := l.committed()
	if len(got) != callers*each || len(slices.Compact(got)) != callers*each {
		t.Errorf("%d items were committed, want each of %d once", len(got), callers*each)
	}
	if len(c.queue) != 0 {
		t.Errorf("%d items wait at rest", len(c.queue))
	}
}

func TestDoubt(t *testing.T) {
	t.Parallel()
	failing := func(point string) FaultFunc {
		return func(p string) error {
			if p == point {
				return errBad
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		fault     FaultFunc
		begin     error
		commit    error
		committed bool
		inDoubt   bool
	}{
		"done":                 {committed: true},
		"no transaction":       {begin: errBad},
		"before it is applied": {fault: failing("ledger:before")},
		"after it is applied":  {fault: failing("ledger:after")},
		"before the commit":    {fault: failing("commit:before")},
		"in the commit":        {commit: errBad, inDoubt: true},
		"after the commit":     {fault: failing("commit:after"), inDoubt: true},
	} {
		l := &ledger{}
		c := running(t, func(context.Context) (commitTx, error) { return &fakeTx{commitErr: test.commit}, test.begin }, test.fault)
		err := c.do(t.Context(), l.kind(), 7)
		if test.committed != (err == nil) || !test.committed && !errors.Is(err, errBad) {
			t.Errorf("%s: %v", name, err)
		}
		if (len(l.batches) == 1) != test.committed || (len(l.doubted) == 1) != test.inDoubt || (len(l.undone) == 1) != (!test.committed && !test.inDoubt) {
			t.Errorf("%s: committed %v, undone %v, in doubt %v", name, l.batches, l.undone, l.doubted)
		}
	}
}

func TestCloseWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c, open := gated(t)
		k := l.kind()
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				if err := c.do(t.Context(), k, i); err != nil {
					t.Errorf("item %d: %v", i, err)
				}
			})
			synctest.Wait()
		}
		for range 2 {
			group.Go(func() {
				c.close()
				l.mu.Lock()
				defer l.mu.Unlock()
				if got := l.committed(); len(got) != 3 {
					t.Errorf("closed when %v were committed", got)
				}
			})
		}
		synctest.Wait()
		if err := c.do(t.Context(), k, 3); taskhook.ErrorCode(err) != taskhook.CodeUnavailable {
			t.Errorf("a write after the close: %v", err)
		}
		open()
		group.Wait()
		c.close()
	})
}

func TestKinds(t *testing.T) {
	t.Parallel()
	var s Store
	all := s.makeKinds()
	fields := reflect.ValueOf(s.kinds)
	for i := range fields.NumField() {
		if fields.Field(i).IsNil() {
			t.Errorf("the list of kinds forgets %s", fields.Type().Field(i).Name)
		}
	}
	names := map[string]bool{}
	for _, k := range all {
		names[k.name] = true
	}
	if len(names) != len(all) || len(all) != fields.NumField() {
		t.Errorf("%d names for %d kinds in %d fields", len(names), len(all), fields.NumField())
	}
	if points := FaultPoints(); len(points) != 2+2*len(all) {
		t.Errorf("%d points for %d kinds", len(points), len(all))
	}
}
