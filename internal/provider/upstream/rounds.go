package upstream

import (
	"context"
	"fmt"
	"sync"
)

// The calls that look how work stands at one time.
const (
	singleLooks = 128 // at one piece of work each
	batchLooks  = 4   // at many
)

// rounds gathers looks that fall due together: while the calls for some are under
// way, the next gather.
type rounds struct {
	adapter *Adapter
	turns   chan struct{} // holds one element for each call

	mu       sync.Mutex
	gathered []*watch
}

func newRounds(a *Adapter) *rounds {
	calls := singleLooks
	if a.poll() && a.program.Poll.Batch > 1 {
		calls = batchLooks
	}
	return &rounds{adapter: a, turns: make(chan struct{}, calls)}
}

// add has work looked at, by this goroutine if those that do so are not enough.
func (r *rounds) add(w *watch) {
	r.mu.Lock()
	r.gathered = append(r.gathered, w)
	r.mu.Unlock()
	for {
		select {
		case r.turns <- struct{}{}:
		default:
			return // who has a turn looks for more before they let it go, and once more after
		}
		next := r.take()
		for ; len(next) > 0; next = r.take() {
			r.serve(next)
		}
		<-r.turns
		if r.empty() {
			return
		}
	}
}

func (r *rounds) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.gathered) == 0
}

// take returns the looks of the next call.
func (r *rounds) take() []*watch {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next []*watch
	for len(r.gathered) > 0 && len(next) < r.adapter.program.Poll.Batch {
		if w := r.gathered[0]; w.ctx.Err() == nil { // else nobody wants to know any more
			next = append(next, w)
		}
		r.gathered = r.gathered[1:]
	}
	if len(r.gathered) == 0 {
		r.gathered = nil
	}
	return next
}

// serve makes one call. It is nobody's alone, so the end of a run does not break it
// off.
func (r *rounds) serve(looks []*watch) {
	found, err := r.call(context.WithoutCancel(looks[0].ctx), looks)
	for i, w := range looks {
		switch {
		case err != nil:
			w.told(nil, err)
		case found[i] == nil:
			w.told(nil, errStrange)
		default:
			w.told(found[i], nil)
		}
	}
}

// call returns what the API says of each; nil: it does not know the work.
func (r *rounds) call(ctx context.Context, looks []*watch) ([]any, error) {
	a, s := r.adapter, *looks[0].scope
	for _, l := range looks {
		s.handles = append(s.handles, l.scope.handle)
	}
	got, err := a.ask(ctx, a.program.poll, nil, &s)
	if err != nil {
		return nil, err
	}
	if err := a.seen(got); err != nil {
		return nil, err
	}
	if a.program.item == nil {
		return []any{got.json}, nil
	}
	items, err := a.program.item.all(ctx, got.json, &s)
	if err != nil {
		return nil, fmt.Errorf("find the parts of the answer: %w", err)
	}
	byHandle := make(map[string]any, len(items))
	for _, item := range items {
		handle, err := a.program.itemOf.text(ctx, item, &s)
		if err != nil {
			return nil, fmt.Errorf("find the handle in a part of the answer: %w", err)
		}
		byHandle[handle] = item
	}
	found := make([]any, len(looks))
	for i, w := range looks {
		found[i] = byHandle[w.scope.handle]
	}
	return found, nil
}
