package provider

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
)

// Registry holds the adapters of this process by name. It may be used concurrently.
type Registry struct {
	adapters atomic.Pointer[map[string]Adapter]
}

// NewRegistry returns a registry of the adapters. Two of the same name, or one
// without, are an error.
func NewRegistry(adapters ...Adapter) (*Registry, error) {
	found := make(map[string]Adapter, len(adapters))
	for _, a := range adapters {
		name := a.Name()
		if name == "" {
			return nil, fmt.Errorf("register adapter: a %T has no name", a)
		}
		if _, taken := found[name]; taken {
			return nil, fmt.Errorf("register adapter: there are two called %q", name)
		}
		found[name] = a
	}
	r := &Registry{}
	r.adapters.Store(&found)
	return r, nil
}

// Renew takes in the adapters of another registry. Those that it does not have stay,
// for the work that still waits for them.
func (r *Registry) Renew(other *Registry) {
	all := maps.Clone(*r.adapters.Load())
	maps.Copy(all, *other.adapters.Load())
	r.adapters.Store(&all)
}

// Adapter returns the adapter with the name.
func (r *Registry) Adapter(name string) (Adapter, bool) {
	a, ok := (*r.adapters.Load())[name]
	return a, ok
}

// Names returns the names of all adapters in order.
func (r *Registry) Names() []string {
	return slices.Sorted(maps.Keys(*r.adapters.Load()))
}

// Wake has the work of a run looked at now by whoever waits for it.
func (r *Registry) Wake(run string) {
	for _, a := range *r.adapters.Load() {
		if w, ok := a.(Waker); ok {
			w.Wake(run)
		}
	}
}

// Concurrency returns how many runs the adapter with the name can do at once, 0
// when it knows no limit, together with all others that have the same account.
func (r *Registry) Concurrency(name string) (account string, runs int) {
	account = name
	adapter, _ := r.Adapter(name)
	if s, ok := adapter.(Sharing); ok && s.Account() != "" {
		account = "account:" + s.Account()
	}
	if l, ok := adapter.(Limited); ok {
		runs = l.Concurrency()
	}
	return account, runs
}
