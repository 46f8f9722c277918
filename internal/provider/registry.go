package provider

import (
	"fmt"
	"maps"
	"slices"
)

// Registry holds the adapters of this process by name. It never changes after
// NewRegistry and may be used concurrently.
type Registry struct {
	adapters map[string]Adapter
}

// NewRegistry returns a registry of the adapters. Two of the same name, or one
// without, are an error.
func NewRegistry(adapters ...Adapter) (*Registry, error) {
	r := &Registry{adapters: make(map[string]Adapter, len(adapters))}
	for _, a := range adapters {
		name := a.Name()
		if name == "" {
			return nil, fmt.Errorf("register adapter: a %T has no name", a)
		}
		if _, taken := r.adapters[name]; taken {
			return nil, fmt.Errorf("register adapter: there are two called %q", name)
		}
		r.adapters[name] = a
	}
	return r, nil
}

// Adapter returns the adapter with the name.
func (r *Registry) Adapter(name string) (Adapter, bool) {
	a, ok := r.adapters[name]
	return a, ok
}

// Names returns the names of all adapters in order.
func (r *Registry) Names() []string {
	return slices.Sorted(maps.Keys(r.adapters))
}

// Wake has the work of a run looked at now by whoever waits for it.
func (r *Registry) Wake(run string) {
	for _, a := range r.adapters {
		if w, ok := a.(Waker); ok {
			w.Wake(run)
		}
	}
}

// Concurrency returns how many runs the adapter with the name can do at once, 0
// when it knows no limit, together with all others that have the same account.
func (r *Registry) Concurrency(name string) (account string, runs int) {
	account = name
	adapter := r.adapters[name]
	if s, ok := adapter.(Sharing); ok && s.Account() != "" {
		account = "account:" + s.Account()
	}
	if l, ok := adapter.(Limited); ok {
		runs = l.Concurrency()
	}
	return account, runs
}
