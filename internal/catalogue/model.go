package catalogue

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/taskhook/taskhook"
)

// AnyName is the name under which a provider's open entries stand: they admit a
// model of any name.
const AnyName = "*"

// Sandbox is the name of the adapter that makes up results.
const Sandbox = "sandbox"

// Model is one thing that can be asked for: a model of a provider with one of its
// capabilities. A model of two capabilities is two Models.
type Model struct {
	Provider   string // "vidu"
	Name       string // "viduq3-pro", or AnyName in a listing
	Capability string // "text-to-video"
	Medium     taskhook.Medium
	Schema     json.RawMessage // JSON Schema 2020-12 of the input, refers to nothing outside
	Adapter    string          // "command:espeak", that of the first vendor, or empty: nothing runs it yet
	Vendors    []Vendor        // all who can run it, as they are written
	Choose     Choice          // between them
	Estimate   time.Duration   // told to clients until past runs say better
	Timeout    time.Duration   // hard deadline of one run
	Price      taskhook.Money  // of a task, whoever runs it
	Lease      time.Duration   // how long a worker that has a task may be silent before it counts as lost
	Rerun      bool            // another worker may then do the task anew
	Wait       *time.Duration  // how long a task may wait for a worker, 0: for ever; nil: as the server has it for all

	schema *jsonschema.Schema
	// loose holds the fields that a text may stand for, and is nil where the
	// provider's API is strict.
	loose map[string]valueForm
}

// defaultLease is the lease of a model that does not say.
const defaultLease = time.Minute

// Pool returns the pool of workers that an adapter stands for: of "worker:NAME" the
// name. ok is false for adapters that this server works itself.
func Pool(adapter string) (pool string, ok bool) {
	if adapter == "worker" {
		return taskhook.DefaultPool, true
	}
	return strings.CutPrefix(adapter, "worker:")
}

// AdapterFor returns the name of the adapter that runs a task of the model: the
// sandbox for test keys, else the model's own, else, in development mode only,
// the sandbox. A live key never gets a made-up result unless the operator mapped
// the model to the sandbox, so otherwise the error is a taskhook.Error with
// CodeUnavailable that says what to configure.
func (m *Model) AdapterFor(test, dev bool) (string, error) {
	switch {
	case test:
		return Sandbox, nil
	case m.Adapter != "":
		return m.Adapter, nil
	case dev:
		return Sandbox, nil
	}
	return "", taskhook.Errorf(taskhook.CodeUnavailable, "no provider for %s: nothing on this server runs it; "+
		`write models: {%s: {"%s": {adapter: "command:NAME"}}} (or sandbox) into taskhook.yaml, `+
		"or use a test key for sandbox results", m.Name, m.Provider, m.Name)
}
