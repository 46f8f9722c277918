// Package providertest is the suite that every adapter passes, and the sink that
// adapter tests write to. It must not know any adapter.
package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/taskhook/taskhook/internal/provider"
)

// Contract is an adapter with the requests that show it.
type Contract struct {
	New func(t *testing.T) provider.Adapter

	// Good ends well, soon, with at least one output.
	Good provider.Request
	// Bad fails in a way that another try would not mend.
	Bad provider.Request
	// Endless reports progress at least once and then lasts until it is cancelled.
	Endless provider.Request
	// Deterministic promises that Good always gives the same bytes.
	Deterministic bool
}

// Exercise runs the suite.
func Exercise(t *testing.T, c Contract) {
	t.Run("good", c.good)
	t.Run("bad", c.bad)
	t.Run("cancelled before", c.cancelledBefore)
	t.Run("cancelled within", c.cancelledWithin)
	t.Run("sink fails", c.sinkFails)
	t.Run("concurrent", c.concurrent)
}

func (c Contract) good(t *testing.T) {
	t.Parallel()
	adapter := c.New(t)
	if adapter.Name() == "" || adapter.Name() != c.New(t).Name() {
		t.Errorf("name %q is empty or changes", adapter.Name())
	}
	var first Recorder
	if err := adapter.Run(t.Context(), c.Good, &first); err != nil {
		t.Fatal(err)
	}
	first.check(t)
	if !c.Deterministic {
		return
	}
	var second Recorder
	again := c.Good
	again.TaskID, again.RunID, again.Attempt = "task_again", "run_again", 2
	if err := adapter.Run(t.Context(), again, &second); err != nil {
		t.Fatal(err)
	}
	if err := first.differs(&second); err != nil {
		t.Error(err)
	}
}

func (c Contract) bad(t *testing.T) {
	t.Parallel()
	err := c.New(t).Run(t.Context(), c.Bad, &Recorder{})
	if !provider.IsPermanent(err) {
		t.Fatalf("got %v, want a permanent failure", err)
	}
	if e := provider.TaskError(err); e.Code == "" || e.Message == "" {
		t.Errorf("the user is told %+v", e)
	}
}

func (c Contract) cancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var sink Recorder
	if err := c.New(t).Run(ctx, c.Good, &sink); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if n := len(sink.Outputs()); n > 0 {
		t.Errorf("%d outputs", n)
	}
}

// cancelledWithin hangs, until the test times out, if the work is not stopped.
func (c Contract) cancelledWithin(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sink := Recorder{OnProgress: func(int) { cancel() }}
	err := c.New(t).Run(ctx, c.Endless, &sink)
	if !errors.Is(err, context.Canceled) || provider.IsPermanent(err) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func (c Contract) sinkFails(t *testing.T) {
	t.Parallel()
	full := errors.New("no room")
	sink := Recorder{OnOutput: func() error { return full }}
	if err := c.New(t).Run(t.Context(), c.Good, &sink); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

func (c Contract) concurrent(t *testing.T) {
	t.Parallel()
	adapter := c.New(t)
	var sinks [4]Recorder
	var wg sync.WaitGroup
	for i := range sinks {
		r := c.Good
		r.RunID = fmt.Sprintf("%s%d", r.RunID, i)
		wg.Go(func() {
			if err := adapter.Run(t.Context(), r, &sinks[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range sinks {
		sinks[i].check(t)
	}
}

// check holds what every successful run has shown against the contract.
func (r *Recorder) check(t *testing.T) {
	t.Helper()
	outputs := r.Outputs()
	if len(outputs) == 0 {
		t.Error("no output")
	}
	for i, o := range outputs {
		if len(o.Bytes) == 0 {
			t.Errorf("output %d is empty", i)
		}
	}
	last := 0
	for _, percent := range r.Reports() {
		if percent < last || percent > 100 {
			t.Errorf("progress %d after %d", percent, last)
		}
		last = percent
	}
}

func (r *Recorder) differs(other *Recorder) error {
	a, b := r.Outputs(), other.Outputs()
	if len(a) != len(b) {
		return fmt.Errorf("%d outputs, then %d", len(a), len(b))
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Safety != b[i].Safety || !bytes.Equal(a[i].Bytes, b[i].Bytes) {
			return fmt.Errorf("output %d differs from one run to the next", i)
		}
	}
	return nil
}
