package upstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// Client makes requests. That of the API follows no redirects.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// Options are what all upstreams of a server share.
type Options struct {
	// API makes the calls: it goes where the definition says.
	API Client
	// Fetch gets results from other hosts than that of the API, which the API
	// names: it goes only where the guard lets it, redirects too.
	Fetch Client
	// Secret returns what a definition names as a secret; its error is a sentence.
	Secret func(name string) (string, error)
	// Blocked reports whether an error of Fetch is the refusal of the guard. May be
	// nil.
	Blocked func(error) bool
	// Callback returns where the API may tell that work of a run has changed, or
	// "" when it can't reach this server. May be nil.
	Callback func(run string) string
	// Accounts has definitions with one secret share their limits, and Memory the rate
	// also with former ones. May be nil.
	Accounts *Accounts
	// Memory is what former adapters of the name knew. May be nil.
	Memory *Memory
}

// Adapter runs tasks at one API. It may be used concurrently.
type Adapter struct {
	name    string
	program *program
	options Options
	secrets map[string]any
	account *account
	rounds  *rounds
	memory  *Memory
	number  int // rises with each that is made
}

// New returns the adapter "http:NAME". Its error says what of the definition
// can't be used.
func New(name string, d Definition, o Options) (*Adapter, error) {
	p, err := d.withDefaults().compile()
	if err != nil {
		return nil, err
	}
	a := &Adapter{name: name, program: p, options: o, secrets: map[string]any{}, memory: cmp.Or(o.Memory, NewMemory())}
	for secret, from := range p.Secrets {
		value, err := o.Secret(from)
		if err != nil {
			return nil, &FieldError{"secrets." + secret, err}
		}
		a.secrets[secret] = value
	}
	a.account = o.Accounts.join(a.secrets, &p.Definition)
	a.rounds, a.number = newRounds(a), a.memory.count()
	return a, nil
}

// Name implements provider.Adapter.
func (a *Adapter) Name() string { return "http:" + a.name }

// Concurrency implements provider.Limited.
func (a *Adapter) Concurrency() int { return a.account.concurrency }

// Account implements provider.Sharing.
func (a *Adapter) Account() string { return a.account.name }

// Repeatable implements provider.Remote.
func (a *Adapter) Repeatable() bool {
	return a.program.Submit.Idempotency != "" || a.program.Submit.Repeatable
}

// Run implements provider.Remote.
func (a *Adapter) Run(ctx context.Context, r provider.Request, sink provider.Sink) error {
	s := a.scope(r)
	if err := ctx.Err(); err != nil {
		return a.abandon(ctx, s, err)
	}
	began := time.Now()
	if s.handle == "" {
		last, err := a.submit(ctx, r, s, sink)
		if err != nil || last.state.final() {
			return a.end(ctx, r, s, sink, last, err)
		}
	}
	r.Input = nil // which may be large, and is not needed any more
	w := a.newWatch(ctx, r, s, sink)
	parked := &provider.Parked{Wait: w.start, Resume: func() error {
		if w.err == nil && w.last.state == succeeded && r.Handle == "" {
			a.memory.note(a.name, r.Model, time.Since(began))
		}
		return a.end(ctx, r, s, sink, w.last, w.err)
	}}
	if r.Park {
		return parked
	}
	return parked.Finish()
}

// end concludes a run whose work stands so, or can't be heard of.
func (a *Adapter) end(ctx context.Context, r provider.Request, s *scope, sink provider.Sink, last *standing, err error) error {
	if err != nil {
		return a.abandon(ctx, s, err)
	}
	switch last.state {
	case failed:
		return provider.Permanent(taskhook.TaskErrorProvider, last.message)
	case cancelled:
		return provider.Permanent(taskhook.TaskErrorProvider, "The provider cancelled the work.")
	}
	err = a.collect(ctx, r, s, last, sink)
	if err != nil && !a.lasting(s) && !a.Repeatable() && !provider.IsPermanent(err) {
		return &provider.Failure{Code: taskhook.TaskErrorProvider, Err: err,
			Message: "The provider did the work, but the result could not be fetched and kept. It was not asked again, for that may cost again."}
	}
	return err
}

// lasting reports whether the work can be found again at the API.
func (a *Adapter) lasting(s *scope) bool { return a.poll() && s.handle != "" }

func (a *Adapter) scope(r provider.Request) *scope {
	s := &scope{model: r.Model, provider: r.Provider, capability: r.Capability, task: r.TaskID, run: r.RunID, handle: r.Handle, resumed: r.Handle != "", secrets: a.secrets}
	if a.options.Callback != nil {
		if u := a.options.Callback(r.RunID); u != "" {
			s.callback = u
		}
	}
	return s
}

// submit asks for the work once, and returns how it stands as far as the answer
// says.
func (a *Adapter) submit(ctx context.Context, r provider.Request, s *scope, sink provider.Sink) (*standing, error) {
	in, err := decode(r.Input)
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	q, err := a.prepare(ctx, a.program.submit, in, s)
	if err != nil {
		return nil, &provider.Unreached{Err: err}
	}
	if err := a.memory.pace(a).Wait(ctx); err != nil {
		return nil, a.noTurn(ctx, err)
	}
	if err := sink.Asking(ctx); err != nil {
		return nil, err
	}
	ctx, enough := patient(ctx)
	defer enough()
	var heard atomic.Bool // by the API, perhaps, or a part of it
	trace := &httptrace.ClientTrace{WroteHeaders: func() { heard.Store(true) }}
	got, err := a.exchange(httptrace.WithClientTrace(ctx, trace), q)
	if err := a.accepted(ctx, got, heard.Load(), err, s); err != nil {
		return nil, err
	}
	if a.program.Submit.Binary {
		return &standing{state: succeeded, outputs: []output{{inline: got.body}}}, nil
	}
	if s.handle, err = a.program.handle.text(ctx, got.json, s); err != nil {
		return nil, &provider.Unclear{Err: fmt.Errorf("find the handle in the answer: %w", err)}
	}
	if a.lasting(s) {
		if err := sink.Sent(ctx, s.handle); err != nil {
			return nil, err
		}
	}
	last, err := a.read(ctx, got.json, s)
	switch {
	case err == nil && (last.state.final() || s.handle != ""):
		return last, nil
	case s.handle != "":
		return &standing{}, nil // a poll will tell
	case err == nil:
		err = errors.New("it has no handle")
	}
	return nil, &provider.Unclear{Err: fmt.Errorf("read the answer: %w: %s", err, a.excerpt(got))}
}

// noTurn is the refusal of a call whose turn, by the limit of the account, would come
// too late for the run.
func (a *Adapter) noTurn(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &provider.Refused{After: a.program.Timeout, Err: fmt.Errorf("wait for a call that the rate allows: %w", err)}
}

// lastWord is how long an answer to a submission is waited for when the run is to end:
// it says whether the work was taken on, and by what name it is known.
const lastWord = 10 * time.Second

// patient returns a context that ends a while after ctx does.
func patient(ctx context.Context) (context.Context, func()) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastWord, cancel) })
	return later, func() {
		stop()
		cancel()
	}
}

func (a *Adapter) poll() bool { return a.program.poll != nil }

// abandon asks the API to stop what nobody wants any more; err is passed on.
func (a *Adapter) abandon(ctx context.Context, s *scope, err error) error {
	if a.program.cancel == nil || s.handle == "" || !provider.Abandoned(ctx) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if _, failed := a.ask(ctx, a.program.cancel, nil, s); failed != nil {
		return fmt.Errorf("%w (and it could not be cancelled: %w)", err, failed)
	}
	return err
}
