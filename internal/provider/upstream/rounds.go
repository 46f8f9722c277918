package upstream

import (
	"context"
	"fmt"
	"sync"
)

// The calls that look how work stands at one time.
const (
	singleLooks = 16 // at one piece of work each
	batchLooks  = 4  // at many
)

// rounds gathers looks that fall due together: while the calls for some are under
// way, the next gather.
type rounds struct {
	adapter *Adapter
	turns   chan struct{} // holds one element for each call

	mu       sync.Mutex
	gathered []*look
}

// look is one that waits for its answer.
type look struct {
	scope *scope
	done  chan struct{} // closed when in and err are there
	in    any           // what the API says of the work
	err   error
}

func newRounds(a *Adapter) *rounds {
	calls := singleLooks
	if a.poll() && a.program.Poll.Batch > 1 {
		calls = batchLooks
	}
	return &rounds{adapter: a, turns: make(chan struct{}, calls)}
}

// look returns what the API says of the work.
func (r *rounds) look(ctx context.Context, s *scope) (any, error) {
	l := &look{scope: s, done: make(chan struct{})}
	r.mu.Lock()
	r.gathered = append(r.gathered, l)
	r.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.done:
			return l.in, l.err
		case r.turns <- struct{}{}:
			r.serve(context.WithoutCancel(ctx))
			<-r.turns
		}
	}
}

// take returns the looks of the next call.
func (r *rounds) take() []*look {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.gathered), r.adapter.program.Poll.Batch)
	next := r.gathered[:n:n]
	r.gathered = r.gathered[n:]
	return next
}

// serve makes one call, for whoever waits.
func (r *rounds) serve(ctx context.Context) {
	looks := r.take()
	if len(looks) == 0 {
		return
	}
	if err := r.call(ctx, looks); err != nil {
		for _, l := range looks {
			l.in, l.err = nil, err
		}
	}
	for _, l := range looks {
		close(l.done)
	}
}

func (r *rounds) call(ctx context.Context, looks []*look) error {
	a, s := r.adapter, *looks[0].scope
	for _, l := range looks {
		s.handles = append(s.handles, l.scope.handle)
	}
	got, err := a.ask(ctx, a.program.poll, nil, &s)
	if err != nil {
		return err
	}
	if err := a.seen(got); err != nil {
		return err
	}
	if a.program.item == nil {
		looks[0].in = got.json
		return nil
	}
	items, err := a.program.item.all(ctx, got.json, &s)
	if err != nil {
		return fmt.Errorf("find the parts of the answer: %w", err)
	}
	byHandle := make(map[string]any, len(items))
	for _, item := range items {
		handle, err := a.program.itemOf.text(ctx, item, &s)
		if err != nil {
			return fmt.Errorf("find the handle in a part of the answer: %w", err)
		}
		byHandle[handle] = item
	}
	for _, l := range looks {
		var ok bool
		if l.in, ok = byHandle[l.scope.handle]; !ok {
			l.err = errStrange
		}
	}
	return nil
}
